//! Opens CloudTrail that Guance has stored.

use std::sync::Arc;

use firstsight_cloudtrail::Timestamp;
use firstsight_config::{node_named, open_guance};
use firstsight_guance::client::OpenApi;
use firstsight_guance::logs::{GuanceLogs, GuanceLogsSettings, LONGEST_ANSWER};
use firstsight_inspection::Ingest;
use firstsight_sink::http::{Http, HttpSettings};

use super::{Opened, Way, settled};
use crate::args::source::StoredLogs;
use crate::context::Context;
use crate::failure::Failure;
use crate::surroundings;

/// The name that pages of stored logs are remembered under.
const SOURCE: &str = "guance-logs";

/// Reading waits for Guance; more at once would meet the limits of a key.
const WORKERS: usize = 4;

/// What logs in Guance need besides their source.
pub(super) struct Stored {
    /// Nothing that was stored before is read.
    horizon: Timestamp,
    now: Timestamp,
}

impl Stored {
    /// How to read: by some workers, who together hold no more than one does otherwise.
    pub(super) fn reading(&self, options: Ingest) -> Ingest {
        let mut range = options.range;
        range.start = range.start.max(self.horizon);
        // Records are stored minutes after their time, never before it by more than clocks differ.
        range.end = range.end.min(self.now.hour().plus(1).start());
        Ingest {
            source: SOURCE.to_owned(),
            range,
            workers: WORKERS,
            row_limit: options.row_limit / WORKERS,
            weight_limit: options.weight_limit / WORKERS,
            unit_limit: options.unit_limit / WORKERS,
            ..options
        }
    }
}

/// Opens logs by the names of their sources; nothing is asked yet.
pub(super) fn open(
    names: Vec<String>,
    how: &StoredLogs,
    way: Way,
    context: &Context,
) -> Result<Opened, Failure> {
    let settings = GuanceLogsSettings {
        index: how.guance_index.clone(),
        slice_hours: way.slice_hours,
        horizon_hours: way.horizon_hours,
        ..GuanceLogsSettings::new(names)
    };
    let source = GuanceLogs::new(api(how, context)?, settings, Arc::new(crate::clock::now));
    Ok(Opened {
        source: Arc::new(source),
        // Whether there is a record in it is not known: it is the hour that is judged at the latest.
        newest: Some(settled(context)),
        passed_over: String::new(),
        groups: None,
        stored: Some(Stored {
            horizon: context.now.plus_millis(-way.horizon_hours * 3_600_000),
            now: context.now,
        }),
    })
}

/// The API, as the arguments and the environment say, else as the configuration does.
fn api(how: &StoredLogs, context: &Context) -> Result<OpenApi, Failure> {
    let limits = HttpSettings {
        longest_answer: LONGEST_ANSWER,
        ..HttpSettings::default()
    };
    let http = Http::new(&limits).map_err(|error| Failure::from_error(&error))?;
    let surroundings = surroundings::real();
    let base = match (&how.guance_openapi_url, &how.guance_node) {
        (Some(url), _) => Some(url.clone()),
        (None, Some(name)) => Some(node_named(name).map_err(Failure::usage)?.openapi),
        (None, None) => None,
    };
    let key = surroundings
        .variable("GUANCE_API_KEY")
        .filter(|key| !key.trim().is_empty());
    match (base, key, &how.config) {
        (Some(base), Some(key), _) => Ok(OpenApi::new(http, &base, Some(key.trim().to_owned().into()))),
        (None, _, Some(path)) => {
            let config = crate::alerts::configuration(path, context)?;
            let access = open_guance(&config, None, &surroundings, &http).map_err(Failure::usage)?;
            let api = access.api.filter(|_| access.has_key);
            api.ok_or_else(|| {
                Failure::usage(format!(
                    "{}: logs in Guance are read with an api_key",
                    config.file
                ))
            })
        }
        (Some(_), None, _) => Err(Failure::usage(
            "logs in Guance are read with the key of its API: set GUANCE_API_KEY to the key's id (wsak_…)",
        )),
        (None, _, None) => Err(Failure::usage(
            "name the workspace's node with --guance-node NODE (or GUANCE_NODE), or its OpenAPI with --guance-openapi-url URL",
        )),
    }
}
