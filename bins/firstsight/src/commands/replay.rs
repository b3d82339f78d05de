//! `firstsight replay`: a back-test.

use std::sync::Arc;

use firstsight_inspection::{Judged, Replay, Run, Settings, View, Windows, replay, report};
use firstsight_sink::{Rendering, Report, SeverityCounts};

use super::inspect::ocsf;
use crate::args::{Format, ReplayArgs, When};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening::{self, Besides, Whole};
use crate::output;
use crate::tables;

pub(crate) async fn run(args: ReplayArgs, context: &Context) -> Result<Done, Failure> {
    if args.output.format == Format::Html {
        return Err(Failure::usage(
            "replay prints table, json, ndjson or ocsf; 'inspect --format html --as-of WHEN' makes a page",
        ));
    }
    let whole = opening::whole(&args.sources, &args.reading, Besides::default(), context).await?;
    let settings = opening::settings(&args.judging);
    let plan = plan(&args, &settings, &whole, context)?;
    let complete = whole.read.complete();
    let mut walk = Walk {
        whole,
        settings,
        view: opening::view(&args.judging),
        format: args.output.format,
        rendering: Rendering {
            locale: context.locale,
            records: args.output.records(),
        },
        totals: Totals::default(),
        out: String::new(),
    };
    walk.run(&plan, context).await?;
    output::emit(&walk.finish(), args.output.output.as_deref())?;
    Ok(Done::of(complete))
}

fn plan(args: &ReplayArgs, settings: &Settings, whole: &Whole, context: &Context) -> Result<Replay, Failure> {
    let (first, last) = whole.extent;
    let mut plan = Replay::over(first, last, settings, context.now);
    let asked = |when: Option<When>| when.map(|when| when.hour(context.now));
    // Before the first and behind the last record there is nothing to walk.
    plan.first = asked(args.from).unwrap_or(plan.first).max(first.hour());
    plan.last = asked(args.until).unwrap_or(plan.last).min(plan.last);
    plan.read = whole.read.clone();
    plan.cancel = context.cancel.clone();
    if plan.first > plan.last {
        return Err(Failure::usage(format!(
            "nothing to replay: the first window would end at {}, the last one at {} (records: {first} to {last}; see \
             --from, --until and --min-history)",
            plan.first, plan.last
        )));
    }
    Ok(plan)
}

/// What a whole replay found.
#[derive(Debug, Default)]
struct Totals {
    windows: u64,
    found: SeverityCounts,
    loud_windows: u64,
    events: u64,
}

/// A replay on its way.
struct Walk {
    whole: Whole,
    settings: Settings,
    view: View,
    format: Format,
    rendering: Rendering,
    totals: Totals,
    out: String,
}

impl Walk {
    async fn run(&mut self, plan: &Replay, context: &Context) -> Result<(), Failure> {
        let bar = crate::progress::steps(context, plan.ends(&self.settings).len() as u64, "windows");
        let store = Arc::clone(&self.whole.store);
        let settings = self.settings.clone();
        let walked = replay(&*store, &settings, plan, async |judged| {
            bar.inc(1);
            self.window(judged).await
        })
        .await;
        self.totals.windows = plan.ends(&settings).len() as u64;
        bar.finish_and_clear();
        walked
    }

    async fn window(&mut self, judged: Judged) -> Result<(), Failure> {
        if judged.recorded.new_findings.is_empty() && judged.recorded.new_events.is_empty() {
            return Ok(());
        }
        let windows = Windows::only(judged);
        let run = Run {
            inspection: &self.settings.inspection,
            windows: &windows,
            read: &self.whole.read,
            sources: vec![self.whole.source.clone()],
            notes: Vec::new(),
            sink: None,
        };
        let report = report(&*self.whole.store, &self.view, run).await?;
        self.count(&report);
        match self.format {
            Format::Json => self.document(&report),
            Format::Ndjson => self
                .out
                .push_str(&firstsight_sink::json::render_lines_with(&report, self.rendering)),
            Format::Ocsf => self.out.push_str(&ocsf(&report, self.rendering)),
            _ => self.out.push_str(&tables::window(&report, self.rendering.locale)),
        }
        Ok(())
    }

    fn count(&mut self, report: &Report) {
        let found = &report.found;
        self.totals.found.critical += found.critical;
        self.totals.found.error += found.error;
        self.totals.found.warning += found.warning;
        self.totals.found.info += found.info;
        self.totals.loud_windows += u64::from(found.critical + found.error + found.warning > 0);
        self.totals.events += report.events.len() as u64;
    }

    fn document(&mut self, report: &Report) {
        if !self.out.is_empty() {
            self.out.push_str(",\n");
        }
        self.out
            .push_str(firstsight_sink::json::render_with(report, self.rendering).trim_end());
    }

    fn finish(self) -> String {
        match self.format {
            Format::Json => format!("[\n{}\n]\n", self.out),
            Format::Ndjson | Format::Ocsf => self.out,
            _ => format!("{}{}", self.out, self.summary()),
        }
    }

    fn summary(&self) -> String {
        let Totals {
            windows,
            found,
            loud_windows,
            events,
        } = &self.totals;
        format!(
            "{windows} windows replayed: {} critical, {} error, {} warning, {} info findings; {loud_windows} windows with \
             a warning or more; {events} events\n",
            found.critical, found.error, found.warning, found.info
        )
    }
}
