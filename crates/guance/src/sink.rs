//! The sink.

use async_trait::async_trait;
use firstsight_sink::{Delivery, Event, Sink, SinkError};
use secrecy::SecretString;

use crate::client::{OpenApi, Writer};
use crate::event::EventOptions;

/// The way in.
#[derive(Clone, Debug)]
pub enum Way {
    /// An external-event monitor: alerts and recovers. Knows no ids: an event that is sent twice alerts twice.
    Push {
        /// The client; needs no key.
        api: OpenApi,
        /// The secret part of the monitor's address.
        secret: SecretString,
        /// The last part of it.
        sub_uri: String,
    },
    /// Points of the category `keyevent`.
    KeyEvent(Writer),
    /// `events/create`.
    Create(OpenApi),
}

/// How the sink is set.
#[derive(Clone, Debug)]
pub struct GuanceSettings {
    /// Its name, for people and errors.
    pub name: String,
    /// The way in.
    pub way: Way,
    /// Where the evidence goes, beside; nowhere when `None`.
    pub evidence: Option<Writer>,
    /// How events are written.
    pub options: EventOptions,
}

/// Delivers events to Guance, evidence first.
#[derive(Debug)]
pub struct GuanceSink {
    settings: GuanceSettings,
}

impl GuanceSink {
    /// A sink; nothing is sent yet.
    #[must_use]
    pub const fn new(settings: GuanceSettings) -> Self {
        Self { settings }
    }
}

#[async_trait]
impl Sink for GuanceSink {
    fn describe(&self) -> String {
        format!("guance {}", self.settings.name)
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let _ = events;
        todo!()
    }
}
