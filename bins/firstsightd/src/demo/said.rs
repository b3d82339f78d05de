//! What is said on standard output: the way there, and what to look at.

use std::collections::BTreeSet;
use std::io::Write as _;

use firstsight_daemon::Control;
use firstsight_engine::Time;
use firstsight_server::model::{EventFilter, events};
use firstsight_sink::terminal::neutralise;
use firstsight_sink::text;

use crate::failure::Failure;

/// So many hours may pass in silence.
const QUIET: u32 = 6;

/// Tells each event once, and now and then that nothing has happened.
#[derive(Debug, Default)]
pub(crate) struct Told {
    events: BTreeSet<String>,
    quiet: u32,
}

impl Told {
    /// Says what was told since the last time.
    pub(crate) async fn hour(&mut self, control: &dyn Control, judged: Time) -> Result<(), Failure> {
        let filter = EventFilter {
            limit: Some(20),
            ..EventFilter::default()
        };
        let mut listed = match events(control, &filter).await {
            Ok(listed) => listed.items,
            Err(problem) => return Err(Failure::Failed(format!("--demo: {}", problem.detail))),
        };
        listed.retain(|line| self.events.insert(line.id.clone()));
        self.quiet = if listed.is_empty() { self.quiet + 1 } else { 0 };
        for line in listed.iter().rev() {
            let (status, name) = (&line.status, &line.inspection);
            say(&neutralise(&format!(
                "  {}  {status:<8} {name:<9} {}",
                text::minute(judged),
                line.title
            )))?;
        }
        if self.quiet >= QUIET {
            self.quiet = 0;
            say(&format!("  {}  nothing new", text::minute(judged)))?;
        }
        Ok(())
    }
}

/// Says something at once.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let said = writeln!(out, "{text}").and_then(|()| out.flush());
    said.map_err(|error| Failure::Failed(format!("--demo: cannot write to standard output: {error}")))
}

/// What there is to see, once the clock is everybody's.
pub(crate) fn introduction(page: &str, attack: Option<&str>) -> String {
    let attack = attack.map_or_else(|| format!("{page}events"), |id| format!("{page}events/{id}"));
    format!(
        "
caught up: from here on the clock is yours, and each hour brings new data. {page} has it all; look at

  {attack}
      a leaked key at work: errors never seen before, and why; one cluster is acknowledged and owned, one is muted
  {page}events?inspection=platform
      a deployment that is denied again each hour: its fault is open
  {page}inspections/sandbox
      a trail that fell silent for some hours: it was told, and what came late was judged

Ctrl-C ends it and removes everything."
    )
}
