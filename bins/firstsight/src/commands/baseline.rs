//! `firstsight baseline`: known clusters carried from one state to another, or forgotten.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use firstsight_store::baseline::{self, BaselineError};
use firstsight_store::{BaselineCluster, ClusterQuery, ClusterRow, Store};

use super::people::{named, said};
use crate::args::people::{Baseline, Export, Forget, Import};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::{opening, output, tables};

pub(crate) async fn run(action: Baseline, context: &Context) -> Result<Done, Failure> {
    match action {
        Baseline::Export(args) => export(args, context).await,
        Baseline::Import(args) => import(args, context).await,
        Baseline::Forget(args) => forget(args, context).await,
    }
}

async fn export(args: Export, context: &Context) -> Result<Done, Failure> {
    let store = opening::state_to_read(args.state.path.as_deref(), context).await?;
    let query = ClusterQuery {
        accounts: args.accounts,
        ..ClusterQuery::default()
    };
    let clusters = store.export_baseline(&query).await?;
    store.close().await;
    let document = firstsight_sink::json::harmless(&baseline::write(&clusters));
    output::emit(&document, args.output.as_deref())?;
    if args.output.is_some() {
        context.hint(&format!("{} exported", clusters_counted(clusters.len() as u64)));
    }
    Ok(Done::Well)
}

async fn import(args: Import, context: &Context) -> Result<Done, Failure> {
    let clusters = read(&args.file)?;
    let store = opening::state_to_fill(args.state.path.as_deref(), context).await?;
    let said = said(&args.voice, context);
    let imported = store.import_baseline(&clusters, &said).await?;
    store.close().await;
    output::print(&format!(
        "{} imported with {}, {} known already\n",
        clusters_counted(imported.new_clusters),
        counted(imported.new_templates, "fine template"),
        imported.known_clusters
    ))?;
    Ok(Done::Well)
}

/// All of a document, before anything is changed.
fn read(file: &Path) -> Result<Vec<BaselineCluster>, Failure> {
    let read = |input: &mut dyn BufRead| {
        baseline::read(input).map_err(|error| Failure::new(format!("{}: {}", file.display(), told(&error))))
    };
    if file.as_os_str() == "-" {
        return read(&mut std::io::stdin().lock());
    }
    let opened =
        File::open(file).map_err(|error| Failure::new(format!("cannot read {}: {error}", file.display())))?;
    read(&mut BufReader::new(opened))
}

fn told(error: &BaselineError) -> String {
    firstsight_inspection::chain(error)
}

async fn forget(args: Forget, context: &Context) -> Result<Done, Failure> {
    let state = args.state.path.as_deref();
    if !args.yes {
        let store = opening::state_to_read(state, context).await?;
        let rows = asked(&*store, &args).await?;
        store.close().await;
        output::print(&lines("would be forgotten", &rows))?;
        return Err(Failure::usage(format!(
            "nothing was forgotten: add --yes to forget {}",
            clusters_counted(rows.len() as u64)
        )));
    }
    let store = opening::state_to_change(state, context).await?;
    let rows = asked(&*store, &args).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    store.forget_clusters(&ids, &said(&args.voice, context)).await?;
    store.close().await;
    output::print(&lines("forgotten", &rows))?;
    Ok(Done::Well)
}

/// The clusters that are to be forgotten.
async fn asked(store: &dyn Store, args: &Forget) -> Result<Vec<ClusterRow>, Failure> {
    if !args.clusters.is_empty() {
        return named(store, &args.clusters).await;
    }
    let query = ClusterQuery {
        accounts: args.accounts.clone(),
        ..ClusterQuery::default()
    };
    Ok(store.clusters(&query).await?)
}

fn clusters_counted(number: u64) -> String {
    counted(number, "cluster")
}

fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn lines(what: &str, rows: &[ClusterRow]) -> String {
    let mut text = String::new();
    for row in rows {
        let _ = writeln!(text, "{what}  {}", tables::cluster_line(row));
    }
    text
}
