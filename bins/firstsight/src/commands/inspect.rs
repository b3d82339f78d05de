//! `firstsight inspect`: judge one window.

use std::sync::Arc;

use firstsight_cloudtrail::{Hour, TimeRange};
use firstsight_engine::Time;
use firstsight_inspection::{
    Due, Ingested, InspectionError, Judged, RetryPolicy, Settings, Windows, deliver, include,
    include_findings, judge_due, report, undelivered,
};
use firstsight_sink::page::PageSink;
use firstsight_sink::terminal::TerminalOptions;
use firstsight_sink::{Report, SinkError};
use firstsight_store::{Retention, Store};

use crate::args::{Format, Inspect, Output};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening::{self, Opened};
use crate::output;

/// The sink that stands for what this command prints.
const PRINTED: &str = "printed";
/// What could not be printed is due again at once: the next run shows it.
const AT_ONCE: RetryPolicy = RetryPolicy {
    first_wait: 0,
    longest_wait: 0,
};
/// Identities are remembered for this long after their arrival.
const DEDUP_HORIZON: i64 = 48 * 3_600_000;
/// Records may be delivered a day late by files that tell their hour.
const SLACK_HOURS: i64 = 24;

pub(crate) async fn run(args: Inspect, context: &Context) -> Result<Done, Failure> {
    let opened = opening::source(&args.sources, context).await?;
    let store = opening::store(args.state.as_deref()).await?;
    let outcome = inspect(&args, &opened, &store, context).await;
    store.close().await;
    outcome
}

async fn inspect(
    args: &Inspect,
    opened: &Opened,
    store: &Arc<dyn Store>,
    context: &Context,
) -> Result<Done, Failure> {
    let settings = Settings {
        sinks: vec![PRINTED.to_owned()],
        ..opening::settings(&args.judging)
    };
    let read = read(opened, store, &settings, args.as_of, context).await?;
    let end = window_end(&**store, args, opened, &read).await?;
    let due = Due {
        catch_up: args.as_of.is_none(),
        cancel: context.cancel.clone(),
        ..Due::new(end, read.complete(), context.now)
    };
    let windows = judge_due(&**store, &settings, &due).await?;
    let report = told(args, opened, &**store, &settings, &windows, &read).await?;
    print(&**store, &report, &args.output, context).await?;
    forget(&**store, &settings, end, context).await?;
    Ok(done(&report, args.fail_on_new))
}

/// The report of a run: the asked window, what was new in earlier ones, and events that were never printed.
async fn told(
    args: &Inspect,
    opened: &Opened,
    store: &dyn Store,
    settings: &Settings,
    windows: &Windows,
    read: &Ingested,
) -> Result<Report, Failure> {
    let mut notes = notes(args, &windows.asked, read);
    notes.extend(notes_on_earlier(windows));
    if !opened.passed_over.is_empty() {
        notes.push(format!("passed over: {}", opened.passed_over));
    }
    let mut report = report(store, settings, &windows.asked, read, vec![opened.name()], notes).await?;
    include_findings(&mut report, settings, &windows.earlier);
    let waiting = undelivered(store, &settings.inspection, PRINTED).await?;
    include(&mut report, waiting);
    Ok(report)
}

/// The hour that was asked for, else the one behind the newest record.
async fn window_end(
    store: &dyn Store,
    args: &Inspect,
    opened: &Opened,
    read: &Ingested,
) -> Result<Hour, Failure> {
    if let Some(end) = args.as_of {
        return Ok(end);
    }
    let (_, last) = opening::extent(store, opened, read).await?;
    Ok(last.hour().plus(1))
}

async fn read(
    opened: &Opened,
    store: &Arc<dyn Store>,
    settings: &Settings,
    as_of: Option<Hour>,
    context: &Context,
) -> Result<Ingested, Failure> {
    let range = match (as_of, opened.newest) {
        (Some(end), _) => settings.reach(end),
        (None, Some(end)) => {
            let reach = settings.reach(end);
            TimeRange::new(reach.start.plus_millis(-SLACK_HOURS * 3_600_000), reach.end)
        }
        (None, None) => TimeRange::ALL,
    };
    opening::read(opened, store, &opening::reading(context, range), context).await
}

fn notes(args: &Inspect, judged: &Judged, read: &Ingested) -> Vec<String> {
    let mut notes = Vec::new();
    if args.state.is_none() {
        notes.push(format!(
            "no --state: the baseline ({}) was read from the same source, and nothing is remembered after this run",
            judged.baseline
        ));
    }
    if read.skipped > 0 {
        notes.push(format!(
            "{} files had been read by an earlier run and were passed over",
            read.skipped
        ));
    }
    if judged.rejudged {
        notes
            .push("this window had been judged before: findings stand as they were recorded then".to_owned());
    }
    if args.as_of.is_none() {
        notes.push(format!(
            "window: the hour of the newest record, {} (choose another with --as-of)",
            judged.window.end.hour().plus(-1)
        ));
    }
    if judged
        .verdict
        .accounts
        .iter()
        .any(|account| account.learning.is_some())
    {
        notes.push(
            "accounts with too little history are learning: shown, not alerted (--min-history 0 to alert)"
                .into(),
        );
    }
    notes
}

fn notes_on_earlier(windows: &Windows) -> Vec<String> {
    let mut notes = Vec::new();
    let (reopened, missed): (Vec<&Judged>, Vec<&Judged>) =
        windows.earlier.iter().partition(|judged| judged.rejudged);
    if !reopened.is_empty() {
        notes.push(format!(
            "late records had reopened {} earlier windows: what is new in them is marked late",
            reopened.len()
        ));
    }
    if let (Some(first), Some(last)) = (missed.first(), missed.last()) {
        let span = TimeRange::new(first.window.start, last.window.end);
        notes.push(format!(
            "caught up with {} windows since the last run ({span}): their findings are here too",
            missed.len()
        ));
    }
    if windows.left_out > 0 {
        notes.push(format!(
            "{} older windows since the last run were not judged; 'firstsight replay' does that",
            windows.left_out
        ));
    }
    notes
}

/// Renders the report, and hands it over as a delivery: only what was printed is delivered.
async fn print(store: &dyn Store, report: &Report, to: &Output, context: &Context) -> Result<(), Failure> {
    let text = render(report, to.format, to.output.is_none() && context.color, context);
    let path = to.output.clone();
    let sink = PageSink::new("output", text, move |text: &str| match &path {
        None => output::to_stdout(text),
        Some(path) => output::to_file(text, path),
    });
    let delivered = deliver(store, PRINTED, &sink, context.now, AT_ONCE)
        .await
        .map(|_| ());
    let written = delivered.and_then(|()| Ok(sink.write()?));
    written.map_err(|error| match (error, &to.output) {
        (InspectionError::Sink(SinkError::Unavailable { source, .. }), Some(path)) => {
            output::cannot_write(path, &*source)
        }
        (InspectionError::Sink(SinkError::Unavailable { source, .. }), None) => {
            Failure::new(format!("cannot write to standard output: {source}"))
        }
        (error, _) => error.into(),
    })
}

pub(crate) fn render(report: &Report, format: Format, color: bool, context: &Context) -> String {
    match format {
        Format::Table => {
            let options = TerminalOptions {
                width: context.width,
                color,
            };
            firstsight_sink::terminal::render(report, &options)
        }
        Format::Json => firstsight_sink::json::render(report),
        Format::Ndjson => firstsight_sink::json::render_lines(report),
        Format::Html => firstsight_sink::html::render(report),
    }
}

async fn forget(store: &dyn Store, settings: &Settings, end: Hour, context: &Context) -> Result<(), Failure> {
    let before = end.plus(-settings.retention_hours).start();
    let identities_before: Time = context.now.plus_millis(-DEDUP_HORIZON);
    store
        .purge(&Retention {
            before,
            identities_before,
        })
        .await?;
    Ok(())
}

fn done(report: &Report, fail_on_new: bool) -> Done {
    if fail_on_new && report.findings.iter().any(|finding| !finding.learning) {
        Done::New
    } else if report.complete {
        Done::Well
    } else {
        Done::Incomplete
    }
}
