//! The sink.

use async_trait::async_trait;
use firstsight_sink::{Delivery, Event, Sink, SinkError};
use secrecy::SecretString;

use crate::client::{Category, OpenApi, Writer, Written};
use crate::error::GuanceError;
use crate::event::{self, EventOptions};
use crate::point::Value;

#[cfg(test)]
mod tests;

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
    /// Points of the category `keyevent`. They have the ids that the workspace's own events have; nothing says that it looks
    /// for repetitions, or that alert policies see them.
    KeyEvent(Writer),
    /// `events/create`: no faults, no dimensions but as tags of our own.
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

/// Delivers events to Guance, one by one: first an event's evidence, then the event by its way.
///
/// # What can come twice
///
/// No way in is known to take an event once only, so the sink is not [idempotent](Sink::idempotent). A call for several events
/// ends at the first failure, whose error is about all of them: [`SinkError::Unanswered`] where some were taken before. So
/// callers give it one event at a time, and none is sent again for another's sake. Evidence that was taken before its event
/// was not comes again with the next try: its entries carry `fs_finding_id`, and events `fs_event_id`, by which repetitions
/// are told.
///
/// # When evidence is not taken
///
/// Where its writer cannot be reached, has used up the workspace's data or is not let in, the event waits with it: nothing is
/// lost, and a wrong setting is seen. Evidence that is refused for good keeps no alert back: the event goes, without a link
/// where no entry of it was taken, and says so in `fs_evidence`.
#[derive(Debug)]
pub struct GuanceSink {
    settings: GuanceSettings,
}

impl GuanceSink {
    /// A sink; nothing is sent yet.
    #[must_use]
    pub fn new(mut settings: GuanceSettings) -> Self {
        if settings.evidence.is_none() {
            // A link stays: it may lead to evidence that is elsewhere.
            settings.options.evidence_source.clear();
        }
        Self { settings }
    }

    async fn deliver_one(&self, event: &Event) -> Result<Delivery, SinkError> {
        match self.send(event).await {
            Ok(()) => Ok(Delivery::Delivered),
            Err(error) => error.of_delivery(&self.describe()),
        }
    }

    /// What a failure means for the whole call: where Guance has taken an event of it, it may have taken the call.
    fn after(&self, answers: &[Delivery], error: SinkError) -> SinkError {
        if !answers.contains(&Delivery::Delivered) {
            return error;
        }
        SinkError::Unanswered {
            sink: self.describe(),
            source: Box::new(error),
        }
    }

    async fn send(&self, event: &Event) -> Result<(), GuanceError> {
        let options = &self.settings.options;
        let note = |said: String| Some(("fs_evidence".to_owned(), said));
        match self.write_evidence(event).await? {
            Evidence::Whole => self.tell(event, options, None).await,
            Evidence::Partly(said) => self.tell(event, options, note(said)).await,
            Evidence::Refused(said) => self.tell(event, &without_evidence(options), note(said)).await,
        }
    }

    /// Writes the evidence, if there is any to write.
    async fn write_evidence(&self, event: &Event) -> Result<Evidence, GuanceError> {
        let Some(writer) = self
            .settings
            .evidence
            .as_ref()
            .filter(|_| !event.findings.is_empty())
        else {
            return Ok(Evidence::Whole);
        };
        let points = event::evidence(event, &self.settings.options);
        match writer.write(Category::Logging, &points, &package(event)).await {
            Ok(written) => Ok(Evidence::of(&written, points.len())),
            Err(GuanceError::Refused { reason, .. }) => {
                Ok(Evidence::Refused(format!("refused: {}", event::short(&reason))))
            }
            Err(error) => Err(error),
        }
    }

    /// The event by its way, with a key of our own besides.
    async fn tell(
        &self,
        event: &Event,
        options: &EventOptions,
        note: Option<(String, String)>,
    ) -> Result<(), GuanceError> {
        match &self.settings.way {
            Way::Push { api, secret, sub_uri } => {
                let mut body = event::push_body(event, options);
                body.own.extend(note);
                api.push_event(secret, sub_uri, &body).await
            }
            Way::KeyEvent(writer) => {
                let mut point = event::key_event(event, options);
                point
                    .fields
                    .extend(note.map(|(key, said)| (key, Value::Text(said))));
                let written = writer.write(Category::KeyEvent, &[point], &package(event)).await;
                written.map(drop)
            }
            Way::Create(api) => {
                let mut created = event::create_event(event, options);
                created.custom_tags.extend(note);
                api.create_event(&created).await
            }
        }
    }
}

/// What became of an event's evidence, and what is said of it with the event.
enum Evidence {
    /// It is there, or there is none.
    Whole,
    /// Some entries were refused for good; the others are there.
    Partly(String),
    /// None was taken, nor will be.
    Refused(String),
}

impl Evidence {
    fn of(written: &Written, entries: usize) -> Self {
        match written.refused.first() {
            None => Self::Whole,
            Some((_, reason)) => {
                let refused = written.refused.len();
                let reason = event::short(reason);
                Self::Partly(format!("{refused} of {entries} entries refused: {reason}"))
            }
        }
    }
}

/// Without a link to the evidence or a query for it.
fn without_evidence(options: &EventOptions) -> EventOptions {
    EventOptions {
        evidence: None,
        evidence_source: String::new(),
        ..options.clone()
    }
}

/// The name of what is written for an event: the same at every try, so that tries can be told to be of one event.
fn package(event: &Event) -> String {
    format!("fs-{}", event::id(&event.id))
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
        let mut answers = Vec::with_capacity(events.len());
        for event in events {
            let answer = self.deliver_one(event).await;
            answers.push(answer.map_err(|error| self.after(&answers, error))?);
        }
        Ok(answers)
    }
}
