//! CloudTrail that Guance has stored.

use std::sync::Arc;

use firstsight_config::{Config, GuanceLogsConfig, Surroundings, open_guance};
use firstsight_engine::Time;
use firstsight_guance::client::OpenApi;
use firstsight_guance::logs::{GuanceLogs, GuanceLogsSettings, LONGEST_ANSWER};
use firstsight_inspection::chain;
use firstsight_sink::http::{Http, HttpSettings};

use super::{Opened, settled, shared};

/// The name that pages of stored logs are remembered under.
const SOURCE: &str = "guance-logs";

/// Reading waits for Guance; more at once would meet the limits of a key.
const WORKERS: usize = 4;

/// Longer than CloudTrail exists: the run's range alone tells where to begin.
const NO_HORIZON: i64 = 24 * 366 * 100;

pub(super) fn open(
    config: &Config,
    logs: &GuanceLogsConfig,
    surroundings: &Arc<dyn Surroundings>,
    now: Time,
) -> Result<Opened, String> {
    let clock = Arc::clone(surroundings);
    let api = api(config, logs, surroundings)?;
    Ok(Opened {
        source: Arc::new(GuanceLogs::new(
            api,
            settings(logs),
            Arc::new(move || clock.now()),
        )),
        ingest: shared(SOURCE, WORKERS, now),
        newest: Some(settled(now)),
        is_service: true,
        notes: Box::new(Vec::new),
    })
}

pub(super) fn check(
    config: &Config,
    logs: &GuanceLogsConfig,
    surroundings: &Arc<dyn Surroundings>,
) -> Result<(), String> {
    settings(logs).check().map_err(|error| chain(&error))?;
    api(config, logs, surroundings).map(|_| ())
}

fn settings(logs: &GuanceLogsConfig) -> GuanceLogsSettings {
    GuanceLogsSettings {
        index: logs.index.clone(),
        horizon_hours: NO_HORIZON,
        ..GuanceLogsSettings::new(logs.sources.clone())
    }
}

/// The API of the sink's workspace; its key is fetched for every run, so that it can be changed.
fn api(
    config: &Config,
    logs: &GuanceLogsConfig,
    surroundings: &Arc<dyn Surroundings>,
) -> Result<OpenApi, String> {
    let limits = HttpSettings {
        longest_answer: LONGEST_ANSWER,
        ..HttpSettings::default()
    };
    let http = Http::new(&limits).map_err(|error| chain(&error))?;
    let access = open_guance(config, logs.sink.as_deref(), surroundings, &http)?;
    access.api.filter(|_| access.has_key).ok_or_else(|| {
        "logs in Guance are read with the key of its API: set GUANCE_API_KEY, or api_key of the sink, to the key's id (wsak_…)"
            .to_owned()
    })
}
