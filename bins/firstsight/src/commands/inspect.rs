//! `firstsight inspect`: judge one window.

use std::sync::Arc;

use firstsight_cloudtrail::{Hour, Redaction, TimeRange};
use firstsight_engine::{Finding, Time};
use firstsight_inspection::alert::Alerting;
use firstsight_inspection::{
    CatchUp, Ingest, Ingested, InspectionError, Judged, Run, RunPlan, Settings, Windows, deliver_events,
    judge_due, report,
};
use firstsight_sink::page::PageSink;
use firstsight_sink::terminal::TerminalOptions;
use firstsight_sink::{Records, Rendering, Report, SinkError};
use firstsight_store::Store;

use crate::alerts::Alerts;
use crate::args::{Format, Inspect, Output};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::iam::Iam;
use crate::opening::cloudwatch::Groups;
use crate::opening::{self, Opened, Way};
use crate::output;

/// The sink that stands for what this command prints.
pub(super) const PRINTED: &str = "printed";

pub(crate) async fn run(mut args: Inspect, context: &Context) -> Result<Done, Failure> {
    let alerts = alerts(&args, context)?;
    args.reading.stored.config.clone_from(&args.config);
    let as_of = as_of(&args, context)?;
    let redaction = opening::redaction(&args.reading)?;
    let opened = opening::source(
        &args.sources,
        &args.reading,
        Way::ranged(args.state.is_some(), args.iam.asked_or(false)),
        context,
    )
    .await?;
    let store = opening::store(args.state.as_deref()).await?;
    let outcome = inspect(
        &args,
        (as_of, redaction),
        &opened,
        (&store, alerts.as_ref()),
        context,
    )
    .await;
    store.close().await;
    outcome
}

/// The sinks besides what is printed. What could not be sent has to be remembered for the next run.
fn alerts(args: &Inspect, context: &Context) -> Result<Option<Alerts>, Failure> {
    let named = args.config.as_deref().filter(|path| !path.as_os_str().is_empty());
    let Some(path) = named else {
        return Ok(None);
    };
    if args.state.is_none() {
        return Err(Failure::usage(
            "--config needs --state FILE: without a state it is not known what was sent before, and what could not be sent \
             would be lost",
        ));
    }
    Alerts::open(path, context).map(Some)
}

/// The asked end of the window: a time that CloudTrail has lived in.
fn as_of(args: &Inspect, context: &Context) -> Result<Option<Hour>, Failure> {
    let asked = args.as_of.map(|when| when.hour(context.now));
    match asked {
        Some(end) if end > context.now.hour().plus(1) => Err(Failure::usage(format!(
            "--as-of {end} lies in the future: nothing is known of that hour yet"
        ))),
        Some(end) if end.start() < Time::CLOUDTRAIL_START => Err(Failure::usage(format!(
            "--as-of {end} lies before CloudTrail's first day, 2013-11-13"
        ))),
        asked => Ok(asked),
    }
}

async fn inspect(
    args: &Inspect,
    (as_of, redaction): (Option<Hour>, Redaction),
    opened: &Opened,
    (store, alerts): (&Arc<dyn Store>, Option<&Alerts>),
    context: &Context,
) -> Result<Done, Failure> {
    let settings = Settings {
        alerting: Alerting {
            sinks: vec![PRINTED.to_owned()],
            ..alerts.map(Alerts::alerting).unwrap_or_default()
        },
        ..opening::settings(&args.judging)
    };
    let ingest = Ingest {
        redaction,
        ..opened.reading(context, TimeRange::ALL)
    };
    let plan = plan(opened, &settings, as_of, ingest);
    let options = Ingest {
        range: plan.range(&**store).await?,
        ..plan.ingest.clone()
    };
    let read = opening::read(opened, store, &options, context).await?;
    let (_, newest) = opening::extent(&**store, opened, &read).await?;
    let behind_newest = newest.hour().plus(1);
    let end = plan.end_behind(&read, Some(newest));
    let windows = judge_due(&**store, &settings, &plan.due(end, &read)).await?;
    let run = Run {
        inspection: &settings.inspection,
        windows: &windows,
        read: &read,
        sources: vec![opened.name()],
        notes: notes(args, opened, &windows, &read, behind_newest),
        sink: Some(PRINTED),
    };
    let mut report = report(&**store, &opening::view(&args.judging), run).await?;
    if args.iam.asked_or(opened.groups.is_some()) {
        iam(args, opened).complete(&mut report, context).await;
    }
    // What is printed may fail (a closed pipe); whoever is to be alerted is all the same.
    let printed = print(&**store, &report, &args.output, context).await;
    if let Some(alerts) = alerts {
        alerts.deliver(store, None, context).await?;
    }
    printed?;
    store.purge(&plan.retention(&read, end, Some(newest))).await?;
    Ok(done(&report, read.complete(), args.fail_on_new))
}

/// A run that catches up with everything. What is printed comes between its steps, so that they are gone one by one.
fn plan<'a>(opened: &'a Opened, settings: &'a Settings, as_of: Option<Hour>, ingest: Ingest) -> RunPlan<'a> {
    RunPlan {
        settings,
        source: &opened.source,
        ingest,
        end: as_of,
        newest: opened.newest,
        is_service: opened.is_service(),
        catch_up: CatchUp::ALL,
    }
}

fn iam<'a>(args: &'a Inspect, opened: &'a Opened) -> Iam<'a> {
    Iam {
        access: opened.groups.as_ref().map(|groups| &groups.access),
        aws: &args.reading.groups.aws,
    }
}

fn notes(
    args: &Inspect,
    opened: &Opened,
    windows: &Windows,
    read: &Ingested,
    behind_newest: Hour,
) -> Vec<String> {
    let judged = &windows.asked;
    let mut notes = Vec::new();
    if args.state.is_none() {
        notes.push(format!(
            "no --state: the baseline ({}) was read from the same source, and nothing is remembered after this run",
            judged.baseline
        ));
    }
    if read.skipped > 0 {
        let files = counted(usize::try_from(read.skipped).unwrap_or(usize::MAX), "file");
        notes.push(format!("{files} of an earlier run passed over"));
    }
    if judged.rejudged {
        notes
            .push("this window had been judged before: findings stand as they were recorded then".to_owned());
    }
    notes.extend(note_on_window(args, judged, read, behind_newest));
    let errors: u64 = judged.verdict.accounts.iter().map(|account| account.errors).sum();
    if args.state.is_none() && errors == 0 && read.counters.error_events > 0 {
        notes.push(format!(
            "{} error events lie before the window: 'firstsight replay' judges every hour",
            read.counters.error_events
        ));
    }
    notes.extend(notes_on_accounts(args, judged));
    notes.extend(notes_on_earlier(windows));
    notes.extend(
        read.unacknowledged
            .iter()
            .map(|said| format!("not acknowledged, may come again: {said}")),
    );
    if !opened.passed_over.is_empty() {
        notes.push(format!("passed over: {}", opened.passed_over));
    }
    // What was not read may be newer.
    let tells = args.as_of.is_none() && read.complete();
    notes.extend(opened.stopped(behind_newest).filter(|_| tells));
    notes.extend(opened.groups.iter().flat_map(Groups::notes));
    notes
}

/// How the window stands to the newest record.
fn note_on_window(args: &Inspect, judged: &Judged, read: &Ingested, behind_newest: Hour) -> Option<String> {
    let newest = behind_newest.plus(-1);
    let end = judged.window.end.hour();
    if end > behind_newest {
        let newest = if read.complete() {
            format!("the newest record is from the hour {newest}")
        } else {
            format!("the newest record that could be read is from the hour {newest}")
        };
        return Some(format!("{newest}, before the window's end: nothing can recover"));
    }
    if args.as_of.is_some() {
        return None;
    }
    Some(if end == behind_newest {
        format!("window: the hour of the newest record, {newest} (choose another with --as-of)")
    } else {
        format!(
            "the hour of the newest record, {newest}, is still filling up: --as-of {behind_newest} looks at it"
        )
    })
}

fn notes_on_accounts(args: &Inspect, judged: &Judged) -> Vec<String> {
    let known = &judged.verdict.accounts;
    let unknown = |asked: &&String| !known.iter().any(|account| account.account == **asked);
    let mut notes: Vec<String> = args
        .judging
        .accounts
        .iter()
        .filter(unknown)
        .map(|asked| format!("no record of account {asked} is known"))
        .collect();
    if known.iter().any(|account| account.learning.is_some()) {
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
        let count = counted(reopened.len(), "earlier window");
        notes.push(format!(
            "records had come for {count}: what is new in them is marked late"
        ));
    }
    if let (Some(first), Some(last)) = (missed.first(), missed.last()) {
        let span = TimeRange::new(first.window.start, last.window.end);
        let count = counted(missed.len(), "window");
        notes.push(format!(
            "caught up with {count} since the last run ({span}): their findings are here too"
        ));
    }
    notes
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

/// Renders the report, and hands it over as a delivery of its events: only what was printed is delivered.
async fn print(store: &dyn Store, report: &Report, to: &Output, context: &Context) -> Result<(), Failure> {
    let color = to.output.is_none() && context.color;
    let text = render(report, to.format, to.records(), color, context);
    let path = to.output.clone();
    let sink = PageSink::new("output", text, move |text: &str| match &path {
        None => output::to_stdout(text),
        Some(path) => output::to_file(text, path),
    });
    let delivered = deliver_events(store, PRINTED, &sink, &report.events, context.now).await;
    delivered.map(|_| ()).map_err(|error| match (error, &to.output) {
        (InspectionError::Sink(SinkError::Unavailable { source, .. }), Some(path)) => {
            output::cannot_write(path, &*source)
        }
        (InspectionError::Sink(SinkError::Unavailable { source, .. }), None) => {
            Failure::new(format!("cannot write to standard output: {source}"))
        }
        (error, _) => error.into(),
    })
}

/// The report's events as OCSF: it knows what is open, goes on and is over, and nothing of what alerts nobody.
pub(crate) fn ocsf(report: &Report, rendering: Rendering) -> String {
    let events = report.events.iter();
    events
        .map(|event| firstsight_sink::ocsf::render_event(event, rendering))
        .collect()
}

pub(crate) fn render(
    report: &Report,
    format: Format,
    records: Records,
    color: bool,
    context: &Context,
) -> String {
    let rendering = Rendering {
        locale: context.locale,
        records,
    };
    match format {
        Format::Table => {
            let options = TerminalOptions {
                width: context.width,
                color,
                locale: context.locale,
            };
            firstsight_sink::terminal::render(report, &options)
        }
        Format::Json => firstsight_sink::json::render_with(report, rendering),
        Format::Ndjson => firstsight_sink::json::render_lines_with(report, rendering),
        Format::Html => firstsight_sink::html::render_with(report, rendering),
        Format::Ocsf => ocsf(report, rendering),
    }
}

/// News are findings that no earlier run has told.
fn done(report: &Report, complete: bool, fail_on_new: bool) -> Done {
    let is_news = |finding: &Finding| !finding.learning && !finding.recorded;
    if fail_on_new && report.findings.iter().any(is_news) {
        Done::New
    } else if complete {
        Done::Well
    } else {
        Done::Incomplete
    }
}
