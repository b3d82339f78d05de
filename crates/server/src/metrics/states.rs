//! Metrics of inspections and their states.

use firstsight_daemon::{Control, InspectionState};
use firstsight_inspection::{Outcome, RunRecord};
use firstsight_store::{DeliveryState, Totals};

use super::sheet::{Labels, Sheet};
use super::{between, count, flag, seconds};

fn of(inspection: &str) -> Labels {
    vec![("inspection", inspection.to_owned())]
}

fn with(mut labels: Labels, name: &'static str, value: &str) -> Labels {
    labels.push((name, value.to_owned()));
    labels
}

pub(super) async fn write(control: &dyn Control, sheet: &mut Sheet) {
    let inspections = control.inspections();
    schedule(&inspections, sheet);
    last_runs(&inspections, sheet);
    what_was_read(&inspections, sheet);
    let mut totals = Vec::new();
    for inspection in &inspections {
        totals.push((inspection.name.as_str(), read(control, &inspection.name).await));
    }
    states(&totals, sheet);
    outbox(&totals, sheet);
}

/// How much a state holds; `None` where it cannot be read, which is a metric of its own.
async fn read(control: &dyn Control, inspection: &str) -> Option<Totals> {
    let totals = control.store(inspection)?.totals().await;
    totals
        .inspect_err(|error| tracing::warn!(inspection, %error, "a state cannot be read"))
        .ok()
}

fn schedule(inspections: &[InspectionState], sheet: &mut Sheet) {
    let each =
        |value: fn(&InspectionState) -> f64| inspections.iter().map(move |one| (of(&one.name), value(one)));
    sheet.gauges(
        "inspection_enabled",
        "Whether an inspection runs by itself",
        each(|one| flag(one.effective.enabled)),
    );
    sheet.gauges(
        "inspection_running",
        "Whether a run goes on",
        each(|one| flag(one.running.is_some())),
    );
    let help = "How many runs in a row have failed";
    sheet.gauges(
        "inspection_consecutive_failures",
        help,
        each(|one| f64::from(one.failures)),
    );
    let next = inspections
        .iter()
        .filter_map(|one| Some((of(&one.name), seconds(one.next?.starts))));
    sheet.gauges(
        "next_run_timestamp_seconds",
        "When an inspection runs next, since the epoch",
        next,
    );
    let help = "Runs that ended, by outcome, since the start";
    sheet.counters("runs", help, inspections.iter().flat_map(outcomes));
}

/// Each outcome, those too that have not come yet: a rate needs the zero.
fn outcomes(inspection: &InspectionState) -> Vec<(Labels, u64)> {
    let total = |outcome: &Outcome| {
        let known = inspection.totals.iter().find(|(known, _)| known == outcome);
        let labels = with(of(&inspection.name), "outcome", outcome.as_str());
        (labels, known.map_or(0, |(_, count)| *count))
    };
    Outcome::ALL
        .iter()
        .filter(|outcome| **outcome != Outcome::Running)
        .map(total)
        .collect()
}

fn last_runs(inspections: &[InspectionState], sheet: &mut Sheet) {
    let each = |value: fn(&RunRecord) -> Option<f64>| {
        inspections
            .iter()
            .filter_map(move |one| Some((of(&one.name), value(one.last.as_ref()?)?)))
    };
    let help = "When the last run that ended began, since the epoch";
    sheet.gauges(
        "last_run_start_timestamp_seconds",
        help,
        each(|run| Some(seconds(run.started))),
    );
    let help = "When the last run ended, since the epoch";
    sheet.gauges(
        "last_run_end_timestamp_seconds",
        help,
        each(|run| run.ended.map(seconds)),
    );
    let help = "How long the last run took";
    let took = |run: &RunRecord| Some(between(run.started, run.ended?));
    sheet.gauges("last_run_duration_seconds", help, each(took));
    let help = "How far the newest record lay behind the end of the last run";
    let lag = |run: &RunRecord| Some(between(run.newest_record?, run.ended?));
    sheet.gauges("source_lag_seconds", help, each(lag));
    let well = inspections
        .iter()
        .filter_map(|one| Some((of(&one.name), seconds(one.last_ok.as_ref()?.ended?))));
    sheet.gauges(
        "last_success_timestamp_seconds",
        "When a run ended well last, since the epoch",
        well,
    );
}

fn what_was_read(inspections: &[InspectionState], sheet: &mut Sheet) {
    let each = |value: fn(&RunRecord) -> u64| {
        inspections
            .iter()
            .filter_map(move |one| Some((of(&one.name), count(value(one.last.as_ref()?)))))
    };
    sheet.gauges(
        "last_run_read_bytes",
        "Bytes that the last run read",
        each(|run| run.counts.bytes),
    );
    sheet.gauges(
        "last_run_records",
        "Records of any kind that it read",
        each(|run| run.counts.records),
    );
    let help = "Error records that it read, repeated ones too";
    sheet.gauges(
        "last_run_error_records",
        help,
        each(|run| run.counts.error_records),
    );
    let help = "Error events in it that had not been known";
    sheet.gauges(
        "last_run_new_error_events",
        help,
        each(|run| run.counts.new_events),
    );
    sheet.gauges(
        "last_run_findings",
        "Findings that it recorded",
        each(|run| run.counts.findings),
    );
    let help = "Units and partitions that it could not read to their end";
    sheet.gauges("last_run_unread_units", help, each(|run| run.counts.unread));
    let rejects = inspections.iter().flat_map(|one| {
        let rejects = one.last.iter().flat_map(|run| &run.counts.rejects);
        rejects.map(|(reason, number)| (with(of(&one.name), "reason", reason), count(*number)))
    });
    sheet.gauges(
        "last_run_rejects",
        "Items that it could not take for records, by reason",
        rejects,
    );
}

fn states(totals: &[(&str, Option<Totals>)], sheet: &mut Sheet) {
    let help = "Whether an inspection's state can be read";
    sheet.gauges(
        "state_up",
        help,
        totals
            .iter()
            .map(|(name, totals)| (of(name), flag(totals.is_some()))),
    );
    let each = |value: fn(&Totals) -> u64| {
        totals
            .iter()
            .filter_map(move |(name, totals)| Some((of(name), count(value(totals.as_ref()?)))))
    };
    sheet.gauges("clusters", "Recorded clusters", each(|totals| totals.clusters));
    sheet.gauges("open_faults", "Open faults", each(|totals| totals.open_faults));
    sheet.gauges("events", "Events that are kept", each(|totals| totals.events));
    sheet.gauges(
        "state_bytes",
        "Bytes of a state on the disk",
        each(|totals| totals.bytes),
    );
    let newest = totals
        .iter()
        .filter_map(|(name, totals)| Some((of(name), seconds(totals.as_ref()?.newest_record?))));
    sheet.gauges(
        "newest_record_timestamp_seconds",
        "The newest record's time, since the epoch",
        newest,
    );
}

fn outbox(totals: &[(&str, Option<Totals>)], sheet: &mut Sheet) {
    let waits = |state: DeliveryState| [DeliveryState::Pending, DeliveryState::Parked].contains(&state);
    let rows = totals.iter().flat_map(|(name, totals)| {
        let deliveries = totals.iter().flat_map(|totals| &totals.deliveries);
        let kept = deliveries.filter(move |(_, state, _)| waits(*state));
        kept.map(|(sink, state, number)| {
            let labels = with(with(of(name), "sink", sink), "state", state.as_str());
            (labels, count(*number))
        })
    });
    sheet.gauges(
        "outbox_deliveries",
        "Deliveries that wait (pending) or were refused for good (parked)",
        rows,
    );
}
