//! `firstsight demo`: sample, inspect, and an HTML report, in one command.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use firstsight_inspection::{Run, Settings, View, Windows, judge_window, report};
use firstsight_sink::Records;

use crate::args::{DemoArgs, Format};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;
use crate::output;

/// Stands in a folder that a demo has made, so that the next one may replace it.
const MARK: &str = ".firstsight-demo";

pub(crate) async fn run(args: DemoArgs, context: &Context) -> Result<Done, Failure> {
    let trail = prepare(&args.out)?;
    let sample = super::sample::make(&args.shape, context)?;
    let written = super::sample::write_all(&sample, None, &trail, context)?;
    let (start, end) = (sample.config().start(), sample.config().end);
    context.hint(&format!(
        "sample: {} records in {} files, {start} to {end}, an attack planted in the last hour",
        written.records, written.files
    ));
    let report = inspect(&trail, end, context).await?;
    let page = args.out.join("report.html");
    let html = super::inspect::render(&report, Format::Html, Records::Shown, false, context);
    output::to_file(&html, &page).map_err(|error| output::cannot_write(&page, &error))?;
    output::print(&super::inspect::render(
        &report,
        Format::Table,
        Records::Shown,
        context.color,
        context,
    ))?;
    let page = page.canonicalize().unwrap_or(page);
    output::print(&format!(
        "\nReport to open: {}\nThe same by hand: firstsight inspect {}\n",
        page.display(),
        trail.display()
    ))?;
    Ok(Done::Well)
}

async fn inspect(
    trail: &Path,
    end: firstsight_cloudtrail::Hour,
    context: &Context,
) -> Result<firstsight_sink::Report, Failure> {
    let settings = Settings {
        inspection: "demo".to_owned(),
        ..Settings::default()
    };
    let opened = opening::paths(&[trail.to_owned()], context).await?;
    let store: Arc<dyn firstsight_store::Store> = opening::store(None).await?;
    let options = opened.reading(context, settings.reach(end));
    let read = opening::read(&opened, &store, &options, context).await?;
    let asked = judge_window(&*store, &settings, end, read.complete(), context.now).await?;
    let windows = Windows::only(asked);
    let run = Run {
        inspection: &settings.inspection,
        windows: &windows,
        read: &read,
        sources: vec![opened.name()],
        notes: vec!["sample data: accounts, people and addresses are made up".to_owned()],
        sink: None,
    };
    Ok(report(&*store, &View::default(), run).await?)
}

/// The folder for the trail, empty: one that an earlier demo made is replaced, any other is left alone.
fn prepare(out: &Path) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| output::cannot_write(out, &error);
    let mark = out.join(MARK);
    let trail = out.join("trail");
    if matches!(mark.try_exists(), Ok(true)) {
        match std::fs::remove_dir_all(&trail) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    } else if out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::usage(format!(
            "{} is not empty: name another folder with --out",
            out.display()
        )));
    }
    std::fs::create_dir_all(out).map_err(failed)?;
    std::fs::write(
        &mark,
        "made by firstsight demo, which replaces it when it runs again\n",
    )
    .map_err(failed)?;
    Ok(trail)
}
