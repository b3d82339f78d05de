//! What a failed query means for a reader, and for the queries after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use firstsight_source::SourceError;

use crate::error::GuanceError;

/// How long to wait after a query too many where Guance does not say: a key has 20 requests a minute, and has used them up.
const MINUTE: Duration = Duration::from_secs(60);

/// So many slices of a lane may fail, without an answer between them, before the others are given up until the next
/// listing: else an outage would cost all its attempts for every slice.
const MOST_FAILING: usize = 3;

/// What was refused since the last listing, by lane.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    lasting: BTreeMap<String, Arc<GuanceError>>,
    failing: BTreeMap<String, BTreeSet<String>>,
}

impl Refusals {
    /// What the lane's queries get without being made.
    pub(super) fn of(&self, lane: &str) -> Option<SourceError> {
        let error = self.lasting.get(lane)?;
        Some(source_error(lane, error, MOST_ATTEMPTS))
    }

    /// The answer as a reader gets it; a failure that stays, or goes on, is kept.
    pub(super) fn told<T>(
        &mut self,
        (lane, partition): (&str, &str),
        answer: Result<T, GuanceError>,
    ) -> Result<T, SourceError> {
        let failing = self.failing.entry(lane.to_owned()).or_default();
        let error = match answer {
            Ok(answer) => {
                failing.clear();
                return Ok(answer);
            }
            Err(error) => Arc::new(error),
        };
        failing.insert(partition.to_owned());
        if !error.is_retryable() || failing.len() >= MOST_FAILING {
            self.lasting.insert(lane.to_owned(), Arc::clone(&error));
        }
        Err(source_error(lane, &error, 0))
    }
}

/// Stands for "tried often enough": see [`SourceError::was_retried`].
const MOST_ATTEMPTS: u32 = MOST_FAILING as u32;

fn source_error(name: &str, error: &Arc<GuanceError>, attempts: u32) -> SourceError {
    let name = name.to_owned();
    let source = Box::new(Arc::clone(error));
    if matches!(**error, GuanceError::Unauthorized { .. }) {
        return SourceError::Denied { name, source };
    }
    let is_rate = matches!(**error, GuanceError::RateLimited { .. });
    SourceError::Unavailable {
        name,
        retry_after: error.retry_after().or(is_rate.then_some(MINUTE)),
        retryable: error.is_retryable(),
        attempts,
        source,
    }
}

/// The error of a service that pages in a circle.
pub(super) fn going_round(name: &str) -> SourceError {
    SourceError::Unavailable {
        name: name.to_owned(),
        retry_after: None,
        retryable: false,
        attempts: 0,
        source: "it answers search_after with the same search_after, so that its pages have no end".into(),
    }
}
