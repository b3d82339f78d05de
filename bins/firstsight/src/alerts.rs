//! The sinks of a configuration: opened, and given what is due.

use std::path::Path;
use std::sync::Arc;

use firstsight_config::{Config, Opening, open_sinks, parse_with};
use firstsight_inspection::alert::Alerting;
use firstsight_inspection::{Deliveries, InspectionError, RetryPolicy, SinkRun, deliver_all};
use firstsight_sink::SinkError;
use firstsight_store::Store;

use crate::context::Context;
use crate::failure::Failure;
use crate::surroundings;

/// A configuration with its sinks.
pub(crate) struct Alerts {
    config: Config,
    sinks: Vec<Opening>,
}

/// What a delivery run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Whether every sink took what was due.
    pub(crate) well: bool,
}

/// Reads a configuration, and says what is doubtful in it.
pub(crate) fn configuration(path: &Path, context: &Context) -> Result<Config, Failure> {
    let name = path.display().to_string();
    let text = surroundings::real()
        .read(path)
        .map_err(|error| Failure::new(format!("cannot read the configuration {name}: {error}")))?;
    let config = parse_with(&name, &text, &surroundings::variables())
        .map_err(|error| Failure::usage(error.to_string()))?;
    for warning in &config.warnings {
        context.hint(&format!("warning: {}", warning.in_file(&config.file)));
    }
    Ok(config)
}

impl Alerts {
    /// Reads a configuration and opens its sinks. Nothing is sent.
    pub(crate) fn open(path: &Path, context: &Context) -> Result<Self, Failure> {
        Self::of(configuration(path, context)?)
    }

    /// Opens the sinks of a configuration.
    pub(crate) fn of(config: Config) -> Result<Self, Failure> {
        let sinks = open_sinks(&config, &surroundings::real());
        let sinks = sinks.map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Self { config, sinks })
    }

    /// Policies and mutes.
    pub(crate) fn alerting(&self) -> Alerting {
        self.config.alerting.clone()
    }

    /// The names of the sinks.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.sinks.iter().map(|sink| sink.name.as_str()).collect()
    }

    /// The sinks.
    pub(crate) fn sinks(&self) -> &[Opening] {
        &self.sinks
    }

    /// Delivers what is due, to all sinks side by side or to one, and says what came of it: a line a sink, on standard error.
    /// What a sink did not take stays in the state.
    pub(crate) async fn deliver(
        &self,
        store: &Arc<dyn Store>,
        only: Option<&str>,
        context: &Context,
    ) -> Result<Outcome, Failure> {
        let asked = self
            .sinks
            .iter()
            .filter(|sink| only.is_none_or(|only| sink.name == only));
        let sinks: Vec<_> = asked
            .map(|sink| (sink.name.clone(), Arc::clone(&sink.sink)))
            .collect();
        let (now, policy) = (crate::clock::now(), RetryPolicy::default());
        let runs = deliver_all(&**store, &sinks, now, policy, &context.cancel).await;
        let well = runs.iter().all(|run| run.error.is_none());
        for run in runs {
            tell(run, context)?;
        }
        Ok(Outcome { well })
    }
}

/// Says what a sink took, also before it failed.
fn tell(run: SinkRun, context: &Context) -> Result<(), Failure> {
    if let Some(line) = taken(&run.sink, run.done) {
        context.hint(&line);
    }
    match run.error {
        None => Ok(()),
        Some(InspectionError::Sink(error)) => {
            context.warn(&refused(&run.sink, &error));
            Ok(())
        }
        Some(error) => Err(error.into()),
    }
}

/// What a sink took; nothing is said where nothing was due.
fn taken(name: &str, done: Deliveries) -> Option<String> {
    let events = |count: u64| if count == 1 { "event" } else { "events" };
    let sent = format!("{} {} delivered", done.delivered, events(done.delivered));
    let refused = format!(
        "{} {} refused for good: 'firstsight events show EVENT' says why",
        done.parked,
        events(done.parked)
    );
    match (done.delivered, done.parked) {
        (0, 0) => None,
        (_, 0) => Some(format!("{name}: {sent}")),
        (0, _) => Some(format!("{name}: {refused}")),
        _ => Some(format!("{name}: {sent}, {refused}")),
    }
}

fn refused(name: &str, error: &SinkError) -> String {
    format!(
        "{name}: not delivered: {}; the events are kept for the next 'firstsight inspect' or 'firstsight deliver'",
        error.reason()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_a_sink_took() {
        let line = |delivered, parked| {
            let done = Deliveries {
                delivered,
                parked,
                ..Deliveries::default()
            };
            taken("chat", done)
        };
        assert_eq!(line(0, 0), None);
        assert_eq!(line(1, 0).unwrap(), "chat: 1 event delivered");
        assert_eq!(
            line(2, 1).unwrap(),
            "chat: 2 events delivered, 1 event refused for good: 'firstsight events show EVENT' says why"
        );
        assert_eq!(
            line(0, 2).unwrap(),
            "chat: 2 events refused for good: 'firstsight events show EVENT' says why"
        );
    }
}
