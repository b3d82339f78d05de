//! `firstsight explain`: all that is known of a cluster, a finding, an event or a record.

use std::sync::Arc;

use firstsight_aws::access::Access;
use firstsight_inspection::explain::{Answer, Question, explain};
use firstsight_inspection::{FoundRecord, Settings};
use firstsight_sink::Explanation;
use firstsight_sink::explanation::Kept;
use firstsight_sink::terminal::{TerminalOptions, render_explanation};
use firstsight_store::Store;

use crate::args::{ExplainArgs, Telling};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::iam::Iam;
use crate::opening::{self, Besides};
use crate::output;

/// What is asked, and whether all of it was read.
struct Read {
    store: Arc<dyn Store>,
    records: Vec<FoundRecord>,
    kept: Kept,
    complete: bool,
    /// AWS, where the source is there.
    access: Option<Access>,
}

pub(crate) async fn run(args: ExplainArgs, context: &Context) -> Result<Done, Failure> {
    let read = read(&args, context).await?;
    let question = Question {
        id: &args.id,
        inspection: &Settings::default().inspection,
        records: &read.records,
        kept: read.kept.clone(),
    };
    let answer = explain(&*read.store, &question).await;
    read.store.close().await;
    let mut answer = answer?;
    if args.iam.asked_or(read.access.is_some()) {
        let iam = Iam {
            access: read.access.as_ref(),
            aws: &args.reading.reading.groups.aws,
        };
        for facts in &mut answer.facts {
            iam.complete_keys(&mut facts.keys, context).await;
        }
    }
    output::emit(&told(&answer, &args, context), args.output.as_deref())?;
    if answer.left_out > 0 {
        context.hint(&format!(
            "{} more clusters of this event are left out",
            answer.left_out
        ));
    }
    Ok(Done::of(read.complete))
}

async fn read(args: &ExplainArgs, context: &Context) -> Result<Read, Failure> {
    if args.sources.is_empty() {
        return Ok(Read {
            store: opening::state_for_want_of_a_source(args.state.as_deref(), context).await?,
            records: Vec::new(),
            kept: match &args.state {
                Some(path) => Kept::At(path.display().to_string()),
                None => Kept::Default,
            },
            complete: true,
            access: None,
        });
    }
    let besides = Besides {
        look_for: Some(args.id.trim().to_owned()),
        iam: args.iam.asked_or(false),
        ..Besides::default()
    };
    let whole = opening::whole(&args.sources, &args.reading, besides, context).await?;
    whole.judge_every_hour(context).await?;
    Ok(Read {
        complete: whole.read.complete(),
        store: whole.store,
        records: whole.read.looked_for,
        kept: Kept::Nowhere,
        access: whole.access,
    })
}

fn told(answer: &Answer, args: &ExplainArgs, context: &Context) -> String {
    let explanations: Vec<Explanation> = answer
        .facts
        .iter()
        .map(|facts| Explanation::of(facts, context.locale))
        .collect();
    let options = TerminalOptions {
        width: context.width,
        color: args.output.is_none() && context.color,
        locale: context.locale,
    };
    match args.format {
        Telling::Json => firstsight_sink::json::render_explanations(&explanations),
        Telling::Table => {
            let pages: Vec<String> = explanations
                .iter()
                .map(|one| render_explanation(one, &options))
                .collect();
            pages.join("\n\n")
        }
    }
}
