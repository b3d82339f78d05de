//! What a page, an API or a command line asks.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use firstsight_config::{InspectionConfig, OverrideKey, export_overrides};
use firstsight_engine::{Locale, Time};
use firstsight_inspection::Trigger;
use firstsight_sink::KeyStanding;
use firstsight_store::{Said, Store};

use crate::control::{Control, DeliveryStatus, InspectionState, LastReload, LeftState};
use crate::daemon::Daemon;
use crate::error::DaemonError;
use crate::left::Left;
use crate::overrides;

#[async_trait]
impl Control for Arc<Daemon> {
    fn now(&self) -> Time {
        self.clock.now()
    }

    fn started(&self) -> Time {
        self.started
    }

    fn configuration(&self) -> String {
        self.setup().config.file.clone()
    }

    fn locale(&self) -> Locale {
        self.setup().config.locale.unwrap_or_default()
    }

    fn policies(&self) -> Vec<String> {
        let setup = self.setup();
        let names = overrides::policies(&setup.config);
        names.into_iter().map(str::to_owned).collect()
    }

    fn inspections(&self) -> Vec<InspectionState> {
        let now = self.clock.now();
        let setup = self.setup();
        setup
            .inspections
            .iter()
            .map(|inspection| inspection.state(now))
            .collect()
    }

    fn store(&self, inspection: &str) -> Option<Arc<dyn Store>> {
        let setup = self.setup();
        let inspection = setup.inspection(inspection).ok()?;
        Some(Arc::clone(&inspection.store))
    }

    fn key_standings(&self, inspection: &str) -> Arc<BTreeMap<String, KeyStanding>> {
        let setup = self.setup();
        setup
            .inspection(inspection)
            .map(|inspection| inspection.keys())
            .unwrap_or_default()
    }

    fn deliveries(&self) -> Vec<DeliveryStatus> {
        let setup = self.setup();
        self.deliveries
            .of(setup.sinks.iter().map(|sink| sink.name.clone()))
    }

    fn left(&self) -> Vec<LeftState> {
        self.left_states().iter().map(Left::shown).collect()
    }

    fn last_reload(&self) -> Option<LastReload> {
        let last = self.last_reload.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn ready(&self) -> Result<(), String> {
        self.alive()
    }

    fn version(&self) -> u64 {
        self.version.load(std::sync::atomic::Ordering::Relaxed)
    }

    async fn run_now(&self, inspection: &str, by: &str) -> Result<String, DaemonError> {
        let setup = self.setup();
        let tick = self.clock.now().hour().start();
        self.start(setup.inspection(inspection)?, tick, Trigger::Person, by)
    }

    async fn set_override(
        &self,
        inspection: &str,
        key: OverrideKey,
        value: &str,
        said: &Said,
    ) -> Result<(), DaemonError> {
        let _changing = self.changing.lock().await;
        overrides::set(self.setup().inspection(inspection)?, key, value, said).await?;
        tracing::info!(
            inspection,
            key = key.as_str(),
            value,
            by = said.by,
            "setting changed by hand"
        );
        self.changed();
        Ok(())
    }

    async fn drop_override(
        &self,
        inspection: &str,
        key: OverrideKey,
        said: &Said,
    ) -> Result<(), DaemonError> {
        let _changing = self.changing.lock().await;
        overrides::drop(self.setup().inspection(inspection)?, key, said).await?;
        tracing::info!(
            inspection,
            key = key.as_str(),
            by = said.by,
            "setting as in the file again"
        );
        self.changed();
        Ok(())
    }

    async fn retry_parked(&self, sink: &str, said: &Said) -> Result<u64, DaemonError> {
        let setup = self.setup();
        if !setup.sinks.iter().any(|known| known.name == sink) {
            return Err(DaemonError::UnknownSink {
                name: sink.to_owned(),
            });
        }
        let mut retried = 0;
        for (_, store) in self.outboxes() {
            retried += store.retry_parked(Some(sink), said).await?;
        }
        tracing::info!(
            sink,
            retried,
            by = said.by,
            "what was refused for good is tried again"
        );
        self.changed();
        Ok(retried)
    }

    fn export_overrides(&self) -> String {
        let setup = self.setup();
        let all: Vec<_> = setup
            .inspections
            .iter()
            .map(|inspection| inspection.configured())
            .collect();
        let changed: Vec<(&InspectionConfig, Vec<(OverrideKey, String)>)> = all
            .iter()
            .map(|(_, configured, overrides)| {
                let changed = overrides
                    .iter()
                    .map(|changed| (changed.key, changed.value.clone()));
                (configured, changed.collect())
            })
            .collect();
        export_overrides(&changed)
    }

    fn changed(&self) {
        self.moved();
        self.rest.call();
    }
}
