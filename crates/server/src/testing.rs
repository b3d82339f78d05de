//! A daemon with one inspection that does nothing, for tests of the server itself.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use async_trait::async_trait;
use axum::body::Body;
use axum::response::Response;
use firstsight_config::OverrideKey;
use firstsight_daemon::{Control, DaemonError, DeliveryStatus, InspectionState, LastReload, LeftState};
use firstsight_engine::{Locale, Time};
use firstsight_sink::KeyStanding;
use firstsight_store::{Said, Store};
use http::Request;
use http::request::Builder;
use secrecy::SecretString;

use crate::auth::{Gate, GateOptions};
use crate::{App, AppOptions};

pub(crate) const ADMIN: &str = "an-admin-token-0";
pub(crate) const READER: &str = "a-reader-token-0";
/// The host that requests name.
pub(crate) const HOST: &str = "127.0.0.1:7780";

/// A daemon whose clock is driven.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    seconds: AtomicI64,
    unready: AtomicU8,
}

impl Idle {
    pub(crate) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn fail(&self) {
        self.unready.store(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Control for Idle {
    fn now(&self) -> Time {
        Time::from_millis(1_769_860_000_000 + self.seconds.load(Ordering::Relaxed) * 1000)
    }

    fn started(&self) -> Time {
        Time::from_millis(1_769_860_000_000)
    }

    fn configuration(&self) -> String {
        "firstsight.toml".to_owned()
    }

    fn locale(&self) -> Locale {
        Locale::default()
    }

    fn policies(&self) -> Vec<String> {
        Vec::new()
    }

    fn inspections(&self) -> Vec<InspectionState> {
        Vec::new()
    }

    fn store(&self, _: &str) -> Option<Arc<dyn Store>> {
        None
    }

    fn key_standings(&self, _: &str) -> Arc<BTreeMap<String, KeyStanding>> {
        Arc::default()
    }

    fn deliveries(&self) -> Vec<DeliveryStatus> {
        Vec::new()
    }

    fn left(&self) -> Vec<LeftState> {
        Vec::new()
    }

    fn last_reload(&self) -> Option<LastReload> {
        None
    }

    fn ready(&self) -> Result<(), String> {
        match self.unready.load(Ordering::Relaxed) {
            0 => Ok(()),
            _ => Err("the scheduler has ended".to_owned()),
        }
    }

    fn version(&self) -> u64 {
        0
    }

    async fn run_now(&self, inspection: &str, _: &str) -> Result<String, DaemonError> {
        Err(DaemonError::UnknownInspection {
            name: inspection.to_owned(),
        })
    }

    async fn set_override(
        &self,
        inspection: &str,
        _: OverrideKey,
        _: &str,
        _: &Said,
    ) -> Result<(), DaemonError> {
        Err(DaemonError::UnknownInspection {
            name: inspection.to_owned(),
        })
    }

    async fn drop_override(&self, inspection: &str, _: OverrideKey, _: &Said) -> Result<(), DaemonError> {
        Err(DaemonError::UnknownInspection {
            name: inspection.to_owned(),
        })
    }

    async fn retry_parked(&self, sink: &str, _: &Said) -> Result<u64, DaemonError> {
        Err(DaemonError::UnknownSink {
            name: sink.to_owned(),
        })
    }

    fn export_overrides(&self) -> String {
        String::new()
    }

    fn changed(&self) {}
}

/// A gate on loopback, with tokens or without; each drawing of random bytes gives others.
pub(crate) fn gate(tokens: bool) -> GateOptions {
    let drawn = AtomicU8::new(0);
    GateOptions {
        admin: tokens.then(|| SecretString::from(ADMIN)),
        reader: tokens.then(|| SecretString::from(READER)),
        bind: HOST.parse().unwrap(),
        public_url: None,
        hosts: Vec::new(),
        session_seconds: 3600,
        random: Arc::new(move |bytes| bytes.fill(drawn.fetch_add(1, Ordering::Relaxed))),
    }
}

/// A server's state over any daemon.
pub(crate) fn app(control: Arc<dyn Control>, gate: GateOptions) -> App {
    let gate = Arc::new(Gate::new(gate).unwrap());
    App::new(AppOptions {
        control,
        gate,
        version: "0.0.0-test",
    })
}

/// A request as a plain client sends it.
pub(crate) fn request(method: &str, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header("host", HOST)
}

/// The body of a response, as text.
pub(crate) async fn text(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}
