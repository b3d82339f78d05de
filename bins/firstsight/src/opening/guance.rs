//! Opens CloudTrail that Guance has stored.

use std::path::Path;
use std::sync::Arc;

use firstsight_cloudtrail::Timestamp;
use firstsight_config::{API_KEY, Config, SinkConfig, SinkKind, node_named, open_guance};
use firstsight_guance::client::OpenApi;
use firstsight_guance::logs::{GuanceLogs, GuanceLogsSettings, LONGEST_ANSWER};
use firstsight_guance::node::Node;
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
        .variable(API_KEY)
        .filter(|key| !key.trim().is_empty());
    if let (Some(base), Some(key)) = (&base, &key) {
        return Ok(OpenApi::new(http, base, Some(key.trim().to_owned().into())));
    }
    let configured = match &how.config {
        Some(path) => Some(configuration(path, base.as_deref(), context)?),
        None => None,
    };
    match (base, configured) {
        // A configuration without a workspace says nothing of the key.
        (base, Some(config)) if base.is_none() || config.sinks.iter().any(is_guance) => {
            let access = open_guance(&config, None, &surroundings, &http).map_err(Failure::usage)?;
            let api = access.api.filter(|_| access.has_key);
            api.ok_or_else(|| Failure::usage(NO_KEY))
        }
        (Some(_), _) => Err(Failure::usage(NO_KEY)),
        (None, _) => Err(Failure::usage(
            "name the workspace's node with --guance-node NODE (or GUANCE_NODE), or its OpenAPI with --guance-openapi-url URL",
        )),
    }
}

const NO_KEY: &str =
    "logs in Guance are read with the key of its API: set GUANCE_API_KEY to the key's id (wsak_…)";

fn is_guance(sink: &SinkConfig) -> bool {
    matches!(sink.kind, SinkKind::Guance(_))
}

/// A configuration, whose workspace is asked at this address if there is one.
fn configuration(path: &Path, base: Option<&str>, context: &Context) -> Result<Config, Failure> {
    let mut config = crate::alerts::configuration(path, context)?;
    for sink in &mut config.sinks {
        if let (SinkKind::Guance(guance), Some(base)) = (&mut sink.kind, base) {
            let node = guance.node.get_or_insert_with(Node::private);
            base.clone_into(&mut node.openapi);
        }
    }
    Ok(config)
}
