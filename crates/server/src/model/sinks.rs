//! Sinks: what waits for them, what they refused for good, and how they answer.

use std::collections::BTreeMap;

use firstsight_daemon::{Control, DeliveryStatus};
use firstsight_engine::Time;
use firstsight_store::DeliveryState;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked;
use crate::api::shapes;
use crate::problem::Problem;

/// A sink, as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SinkLine {
    /// Its name.
    pub sink: String,
    /// Whether the configuration has it; else what waits for it stays where it is.
    pub configured: bool,
    /// Events that wait for it, over all inspections, and those that are no longer configured.
    pub waiting: u64,
    /// Events that it refused for good, over all inspections: they are not tried again unless somebody asks for it.
    pub parked: u64,
    /// What it said when it failed last, while it has not taken anything since.
    pub error: Option<String>,
    /// When it took something last, since the daemon started.
    #[schema(value_type = Option<shapes::Moment>)]
    pub last: Option<Time>,
}

/// The sinks, those of the configuration in its order first, then others that something waits for, by name.
///
/// # Errors
/// When a state cannot be read.
pub async fn sinks(control: &dyn Control) -> Result<Vec<SinkLine>, Problem> {
    let mut lines: Vec<SinkLine> = control.deliveries().into_iter().map(line).collect();
    let mut others = BTreeMap::new();
    for (_, store) in asked::stores(control, "")? {
        for (sink, state, count) in store.totals().await?.deliveries {
            match lines.iter_mut().find(|line| line.sink == sink) {
                Some(line) => line.count(state, count),
                None => others
                    .entry(sink)
                    .or_insert_with(SinkLine::default)
                    .count(state, count),
            }
        }
    }
    for left in control.left() {
        for (sink, waiting) in left.waiting {
            match lines.iter_mut().find(|line| line.sink == sink) {
                Some(line) => line.waiting += waiting,
                None => others.entry(sink).or_insert_with(SinkLine::default).waiting += waiting,
            }
        }
    }
    let others = others.into_iter().map(|(sink, line)| SinkLine { sink, ..line });
    lines.extend(others.filter(|line| line.waiting + line.parked > 0));
    Ok(lines)
}

/// Tries again what a sink refused for good; how many events.
///
/// # Errors
/// When there is no such sink, the note is too long, or a state cannot be written.
pub async fn retry(control: &dyn Control, sink: &str, note: &str, by: &str) -> Result<u64, Problem> {
    let said = asked::said(control, by, note)?;
    Ok(control.retry_parked(sink, &said).await?)
}

fn line(status: DeliveryStatus) -> SinkLine {
    SinkLine {
        sink: status.sink,
        configured: true,
        error: status.error,
        last: status.last,
        ..SinkLine::default()
    }
}

impl SinkLine {
    fn count(&mut self, state: DeliveryState, count: u64) {
        match state {
            DeliveryState::Pending => self.waiting += count,
            DeliveryState::Parked => self.parked += count,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use firstsight_daemon::LeftState;

    use super::*;
    use crate::fixture::Fixture;

    #[tokio::test]
    async fn what_waits_is_told_of_sinks_and_inspections_that_are_gone_too() {
        let control = Fixture::new().await.control;
        let before = sinks(&*control).await.unwrap();
        assert!(before.iter().all(|line| line.configured), "{before:?}");
        let left = |sink: &str, waiting| LeftState {
            inspection: "gone".to_owned(),
            waiting: vec![(sink.to_owned(), waiting)],
        };
        control.set_left(vec![left("chat", 2), left("old", 3)]);
        let after = sinks(&*control).await.unwrap();
        let of = |lines: &[SinkLine], sink: &str| lines.iter().find(|line| line.sink == sink).cloned();
        assert_eq!(
            of(&after, "chat").unwrap().waiting,
            of(&before, "chat").unwrap().waiting + 2
        );
        let old = of(&after, "old").unwrap();
        assert_eq!((old.configured, old.waiting), (false, 3));
        assert_eq!(of(&before, "old"), None);
    }
}
