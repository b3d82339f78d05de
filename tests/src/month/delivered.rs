//! Whether each event has come to each sink, once, or twice and marked.

use std::collections::BTreeMap;
use std::path::Path;

use firstsight_store::DeliveryState;
use serde_json::Value;

use super::books::Kept;
use super::far::FarSide;

/// How often each event came to a sink, by id.
pub(crate) type Came = BTreeMap<String, u32>;

/// What the lines of a sink's file hold; a line that is no event is said to be wrong.
pub(crate) fn lines(path: &Path, wrong: &mut Vec<String>) -> Came {
    let mut came = Came::new();
    for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
        let event: Result<Value, _> = serde_json::from_str(line);
        match event.ok().as_ref().and_then(|event| event["id"].as_str()) {
            Some(id) => *came.entry(id.to_owned()).or_default() += 1,
            None => wrong.push(format!("{}: a line is no event: {line:.80}", path.display())),
        }
    }
    came
}

/// What the webhook's far side has.
pub(crate) fn hooked(far: &FarSide) -> Came {
    let taken = far.taken().into_iter();
    taken.map(|(id, (_, times))| (id, times)).collect()
}

/// Compares what a sink has with what was recorded for it. Of one that is configured for a while only, what is withheld is right
/// (it was not told of the fault), and so is a recovery that waits for it to come back.
pub(crate) fn check(
    sink: &str,
    stays: bool,
    came: &Came,
    events: &BTreeMap<String, Kept>,
    wrong: &mut Vec<String>,
) {
    for (id, kept) in events {
        let row = kept.rows.iter().find(|row| row.sink == sink);
        let times = came.get(id).copied().unwrap_or(0);
        let is_recovery = kept.body["kind"] == "recovered";
        match row {
            Some(row) if !stays && row.state == DeliveryState::Withheld => {}
            Some(row) if !stays && row.state == DeliveryState::Pending && is_recovery => {}
            None if stays => wrong.push(format!("{sink}: the event {id} is not on its way")),
            Some(row) if row.state != DeliveryState::Delivered => {
                wrong.push(format!("{sink}: the event {id} is {}", row.state.as_str()));
            }
            Some(_) if times == 0 => wrong.push(format!("{sink}: the event {id} never came")),
            Some(row) if times > 1 && !row.perhaps_twice() => {
                wrong.push(format!("{sink}: the event {id} came {times} times, unmarked"));
            }
            None if times > 0 => wrong.push(format!("{sink}: the event {id} was not meant for it")),
            _ => {}
        }
    }
    for id in came.keys().filter(|id| !events.contains_key(*id)) {
        wrong.push(format!("{sink}: nobody knows the event {id}"));
    }
}

/// Within a fault, what opens it comes first, and what ends it last.
pub(crate) fn check_order(far: &FarSide, wrong: &mut Vec<String>) {
    let taken = far.taken();
    let mut faults = BTreeMap::<String, Vec<String>>::new();
    for id in far.order() {
        let event = &taken[&id].0;
        let fault = event["fault"]["id"].as_str().unwrap_or_default().to_owned();
        let kind = event["kind"].as_str().unwrap_or_default().to_owned();
        faults.entry(fault).or_default().push(kind);
    }
    for (fault, kinds) in faults {
        let opened = kinds.iter().position(|kind| kind == "opened");
        let recovered = kinds.iter().position(|kind| kind == "recovered");
        if opened != Some(0) || recovered.is_some_and(|at| at + 1 != kinds.len()) {
            wrong.push(format!(
                "hook: the fault {fault} was told as {}",
                kinds.join(", ")
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use firstsight_store::{AttemptRow, DeliveryRow};

    use super::*;

    fn kept(state: DeliveryState, lost: bool) -> BTreeMap<String, Kept> {
        let at = firstsight_engine::Time::from_secs(0);
        let attempt = AttemptRow {
            at,
            state: None,
            message: String::new(),
            lost,
            repeatable: false,
        };
        let row = DeliveryRow {
            sink: "hook".to_owned(),
            state,
            attempts: 1,
            last_attempt: Some(at),
            message: String::new(),
            next_attempt: None,
            bundle: String::new(),
            log: vec![attempt],
        };
        let kept = Kept {
            body: serde_json::json!({ "kind": "opened" }),
            rows: vec![row],
        };
        [("one".to_owned(), kept)].into()
    }

    fn wrong(sink: &str, came: &[(&str, u32)], events: &BTreeMap<String, Kept>) -> usize {
        let came = came
            .iter()
            .map(|(id, times)| ((*id).to_owned(), *times))
            .collect();
        let mut wrong = Vec::new();
        check(sink, true, &came, events, &mut wrong);
        wrong.len()
    }

    #[test]
    fn what_is_lost_comes_twice_unmarked_or_from_nowhere_is_wrong() {
        let (once, perhaps) = (
            kept(DeliveryState::Delivered, false),
            kept(DeliveryState::Delivered, true),
        );
        assert_eq!(wrong("hook", &[("one", 1)], &once), 0);
        assert_eq!(wrong("hook", &[], &once), 1);
        assert_eq!(wrong("hook", &[("one", 2)], &once), 1);
        assert_eq!(wrong("hook", &[("one", 2)], &perhaps), 0);
        assert_eq!(wrong("hook", &[("one", 1), ("two", 1)], &once), 1);
        assert_eq!(wrong("file", &[], &once), 1, "not on its way there");
        assert_eq!(wrong("hook", &[], &kept(DeliveryState::Pending, false)), 1);
    }
}
