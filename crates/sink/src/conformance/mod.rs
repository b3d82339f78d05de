//! The suite that every sink has to pass, with the parts to build such a test from.
//!
//! Not a stable part of the public API. Each function panics where the sink breaks the contract of [`Sink`]. What
//! sinks may differ in is a parameter: what the far side is ([`Medium`]), and whether it knows ids
//! ([`Sink::idempotent`]).
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use firstsight_sink::conformance::{self, Medium, Recorder, Subject};
//! use firstsight_sink::json::JsonSink;
//!
//! conformance::all(|| {
//!     let recorder = Recorder::default();
//!     Subject {
//!         sink: Box::new(JsonSink::new("events", recorder.clone())),
//!         received: Box::new(move || recorder.text()),
//!         medium: Medium::Json,
//!         idempotent: false,
//!     }
//! })
//! .await;
//! # });
//! ```

pub mod explained;
pub mod fixture;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use firstsight_engine::Finding;

use crate::harmless::is_unsafe;
use crate::{Delivery, Digest, DigestCause, Event, EventKind, Sink, TroubleKind};

/// What the far side reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// Text on a terminal, without colour.
    Terminal,
    /// JSON, an event a line, as `docs/schema.md` of the repository describes it.
    Json,
    /// JSON of another shape, in lines.
    OtherJson,
    /// HTML.
    Html,
    /// Markdown, of any dialect.
    Markdown,
}

/// A new sink with an empty far side.
pub struct Subject {
    /// The sink.
    pub sink: Box<dyn Sink>,
    /// Everything the far side has by now, as text.
    pub received: Box<dyn Fn() -> String + Send + Sync>,
    /// How that text is read.
    pub medium: Medium,
    /// What the sink promises by [`Sink::idempotent`].
    pub idempotent: bool,
}

/// A writer whose content can be looked at.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<u8>>>);

impl Recorder {
    /// What was written so far; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// Takes `text` for all that was written.
    pub fn replace(&self, text: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = text.as_bytes().to_vec();
    }
}

impl Write for Recorder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Texts that do harm where they are not neutralised, each with a name.
pub const HOSTILE: [(&str, &str); 17] = [
    ("terminal escape", "\u{1b}[2J\u{1b}]0;owned\u{7}"),
    ("eight-bit terminal escape", "\u{9b}2J\u{9d}0;owned\u{9c}"),
    ("carriage return", "denied\rallowed"),
    ("newline", "first\nforged line\r\nanother"),
    ("script", "<script>alert(1)</script>"),
    (
        "attribute",
        "\"' onmouseover=alert(1) x=\"><img src=x onerror=alert(1)>",
    ),
    (
        "end of a raw text element",
        "</style></script></title></pre>--><svg onload=alert(1)>",
    ),
    ("CSV formula", "=cmd|' /C calc'!A0"),
    ("bidirectional override", "user\u{202e}nimda\u{2066}\u{2069}"),
    ("invisible", "ad\u{200b}min\u{feff}\u{e0041}"),
    ("NUL", "a\0b"),
    ("line separators", "a\u{2028}b\u{2029}c\u{85}d"),
    (
        "Markdown links",
        "[log in](https://evil.example/) ![](https://evil.example/pixel) <https://evil.example/> [x]: https://evil.example/",
    ),
    (
        "Markdown blocks",
        "# heading\n- item\n> quote\n```\ncode\n~~~\n| a | b |\n|---|---|\n***",
    ),
    (
        "Markdown spans",
        "**bold** _emphasis_ `code` ~~gone~~ &lt;b&gt; a|b \\|c",
    ),
    (
        "bare addresses",
        "https://evil.example/x?y=z www.evil.example mailto:x@evil.example",
    ),
    (
        "calls to people",
        "@all @channel <!channel> <@U024BE7LH> <@all> <at id=all></at> <at user_id=\"all\">x</at> @13800138000",
    ),
];

/// Runs the whole suite; `make` gives a fresh subject for each part.
pub async fn all(make: impl Fn() -> Subject) {
    describes_itself(&make());
    an_empty_delivery_is_fine(&make()).await;
    events_arrive_in_order(&make()).await;
    calls_arrive_in_order(&make()).await;
    a_digest_arrives_and_is_answered(&make()).await;
    trouble_of_an_inspection_arrives(&make()).await;
    twice_is_harmless_if_promised(&make()).await;
    hostile_texts_are_neutralised(&make).await;
    a_huge_text_is_answered(&make()).await;
}

/// The sink has a name on one line, and promises what the test says.
pub fn describes_itself(subject: &Subject) {
    let name = subject.sink.describe();
    assert!(!name.trim().is_empty(), "a sink has a name");
    assert!(!name.chars().any(is_unsafe), "a name can be shown: {name:?}");
    assert_eq!(
        subject.sink.idempotent(),
        subject.idempotent,
        "{name}: idempotent"
    );
}

/// No events: no answers, and nothing arrives.
pub async fn an_empty_delivery_is_fine(subject: &Subject) {
    let before = (subject.received)();
    deliver(subject, &[]).await;
    assert_eq!((subject.received)(), before, "nothing was sent");
}

/// The events of one call arrive in their order, each answered.
pub async fn events_arrive_in_order(subject: &Subject) {
    deliver(subject, &numbered(1..=5)).await;
    assert_order(subject, 1..=5);
}

/// The events of later calls arrive after those of earlier ones.
pub async fn calls_arrive_in_order(subject: &Subject) {
    deliver(subject, &numbered(1..=2)).await;
    deliver(subject, &numbered(3..=3)).await;
    assert_order(subject, 1..=3);
}

/// Events that are told at once: an answer for each, in order, and something of each account arrives.
pub async fn a_digest_arrives_and_is_answered(subject: &Subject) {
    let before = (subject.received)();
    let digest = Digest::of(numbered(1..=3), DigestCause::Aggregated);
    let answer = subject.sink.deliver_together(&digest).await;
    let answer = answer.expect("a delivery");
    assert_eq!(
        answer,
        vec![Delivery::Delivered; 3],
        "an answer for each of a digest"
    );
    let received = (subject.received)();
    assert_ne!(received, before, "a digest arrives");
    for number in 1..=3 {
        let title = title(number);
        assert!(received.contains(&title), "a digest tells each event: {title}");
    }
    assert_harmless(subject.medium, "a digest", &received);
}

/// Events about the inspection itself, which have no account and no findings, arrive as others do.
pub async fn trouble_of_an_inspection_arrives(subject: &Subject) {
    let events = fixture::troubles();
    deliver(subject, &events).await;
    assert_order(subject, 1..=events.len() as u64);
    assert_harmless(subject.medium, "trouble", &(subject.received)());
    let digest = Digest::of(events, DigestCause::Aggregated);
    let answer = subject.sink.deliver_together(&digest).await;
    let answer = answer.expect("a delivery");
    assert_eq!(
        answer,
        vec![Delivery::Delivered; 9],
        "an answer for each of a digest"
    );
}

/// Delivering one event twice changes nothing at the far side if the sink promises so, and shows if it does not.
pub async fn twice_is_harmless_if_promised(subject: &Subject) {
    let events = numbered(1..=2);
    deliver(subject, &events).await;
    let once = (subject.received)();
    deliver(subject, &events).await;
    let twice = (subject.received)();
    assert_eq!(once == twice, subject.idempotent, "idempotent as promised");
}

/// Each of the [`HOSTILE`] texts, in each field that a log or a person fills, arrives harmless.
pub async fn hostile_texts_are_neutralised(make: &impl Fn() -> Subject) {
    let both = |(name, text): (&'static str, &str)| {
        [hostile(text), hostile_trouble(text)].map(|event| (name, event))
    };
    for (name, event) in HOSTILE.into_iter().flat_map(both) {
        let subject = make();
        deliver(&subject, std::slice::from_ref(&event)).await;
        let received = (subject.received)();
        assert!(!received.is_empty(), "{name}: something arrives");
        assert_harmless(subject.medium, name, &received);
        hostile_digest(&make(), name, &event).await;
        if subject.medium == Medium::Json {
            let arrived: Event = serde_json::from_str(&received).expect(name);
            let told = if arrived.findings.iter().all(withholds) {
                without_records(event)
            } else {
                event
            };
            assert_eq!(arrived, told, "{name}: nothing is lost");
        }
    }
}

async fn hostile_digest(subject: &Subject, name: &str, event: &Event) {
    let digest = Digest::of(vec![event.clone(), event.clone()], DigestCause::Capped);
    let answer = subject.sink.deliver_together(&digest).await.expect(name);
    assert_eq!(answer.len(), 2, "{name}: an answer for each of a digest");
    assert_harmless(subject.medium, name, &(subject.received)());
}

/// Whether a finding's samples came without their records, as they do unless a sink was told to write them.
fn withholds(finding: &Finding) -> bool {
    finding.samples.iter().all(|sample| sample.raw.is_empty())
}

fn without_records(mut event: Event) -> Event {
    let samples = event.findings.iter_mut().flat_map(|finding| &mut finding.samples);
    samples.for_each(|sample| sample.raw.clear());
    event
}

/// A text of a megabyte is delivered or refused, and the next event arrives.
pub async fn a_huge_text_is_answered(subject: &Subject) {
    let event = hostile(&"A".repeat(1 << 20));
    let answer = subject.sink.deliver(&[event]).await.expect("an answer");
    assert_eq!(answer.len(), 1);
    deliver(subject, &numbered(7..=7)).await;
    assert!((subject.received)().contains(&title(7)), "the next event arrives");
}

/// An event with this text wherever a text can stand.
#[must_use]
pub fn hostile(text: &str) -> Event {
    let mut event = fixture::event(1);
    for field in [
        &mut event.title,
        &mut event.account,
        &mut event.inspection,
        &mut event.fault.id,
    ] {
        text.clone_into(field);
    }
    for finding in &mut event.findings {
        fixture::fill(finding, text);
    }
    for key in &mut event.keys {
        fixture::fill_key(key, text);
    }
    event
}

/// An event about the inspection itself with this text wherever a text can stand.
#[must_use]
pub fn hostile_trouble(text: &str) -> Event {
    let mut event = fixture::trouble(1, TroubleKind::Unread, EventKind::Opened);
    for field in [&mut event.title, &mut event.inspection, &mut event.fault.id] {
        text.clone_into(field);
    }
    if let Some(trouble) = &mut event.trouble {
        text.clone_into(&mut trouble.reason);
    }
    event
}

/// A message without what means nothing in it: code spans, and what a backslash escapes.
fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '\\']) {
        let (before, from) = rest.split_at(at);
        shown.push_str(before);
        rest = match from.strip_prefix('\\') {
            Some(escaped) => escaped.get(1..).unwrap_or(escaped),
            None => behind_code(from),
        };
    }
    shown + rest
}

/// What stands behind a code span; a fence that nothing closes is text.
fn behind_code(text: &str) -> &str {
    let inside = text.trim_start_matches('`');
    let fence = text.len() - inside.len();
    closed(inside, fence).unwrap_or(inside)
}

/// What stands behind the run of backticks that is as long as this fence.
fn closed(text: &str, fence: usize) -> Option<&str> {
    let mut at = 0;
    loop {
        let from = text.get(at..)?;
        let start = at + from.find('`')?;
        let after = text.get(start..)?.trim_start_matches('`');
        at = text.len() - after.len();
        if at - start == fence {
            return Some(after);
        }
    }
}

/// What the [`HOSTILE`] texts would be in some dialect of Markdown. That nothing else becomes markup either is for a
/// parser to say, and for the tests of what writes it.
const MARKUP: [&str; 9] = [
    "](https://evil",
    "<https://evil",
    " https://evil",
    "![](",
    "<!channel>",
    "<@U024BE7LH>",
    "<@all>",
    "<at ",
    " **bold**",
];

/// Panics where a text of this medium could harm who reads it.
pub fn assert_harmless(medium: Medium, name: &str, text: &str) {
    let raw = text.chars().find(|c| *c != '\n' && is_unsafe(*c));
    assert_eq!(raw, None, "{name}: an unsafe character arrives as it stands");
    // To HTML a line break is white space.
    let forged = medium != Medium::Html && text.contains("\nforged line");
    assert!(!forged, "{name}: a line is forged");
    if medium == Medium::Html {
        for markup in [
            "<script>alert",
            "<img src=x",
            "<svg onload",
            "\" onmouseover",
            "\"' onmouseover",
        ] {
            assert!(!text.contains(markup), "{name}: {markup} arrives as markup");
        }
    }
    if medium == Medium::Markdown {
        let shown = plain(text);
        for markup in MARKUP {
            assert!(!shown.contains(markup), "{name}: {markup} arrives as markup");
        }
    }
    if matches!(medium, Medium::Json | Medium::OtherJson) {
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).expect(name);
        }
    }
}

async fn deliver(subject: &Subject, events: &[Event]) {
    let answer = subject.sink.deliver(events).await.expect("a delivery");
    assert_eq!(
        answer,
        vec![Delivery::Delivered; events.len()],
        "an answer for each"
    );
}

fn numbered(numbers: std::ops::RangeInclusive<u64>) -> Vec<Event> {
    numbers.map(fixture::event).collect()
}

fn title(number: u64) -> String {
    format!("event number {number}:")
}

/// Each event is there once; a page shows the latest first, everything else the first.
fn assert_order(subject: &Subject, numbers: std::ops::RangeInclusive<u64>) {
    let text = (subject.received)();
    let mut places: Vec<usize> = numbers
        .map(|number| {
            let places: Vec<usize> = text.match_indices(&title(number)).map(|(at, _)| at).collect();
            assert_eq!(places.len(), 1, "event {number} arrives once");
            places[0]
        })
        .collect();
    if subject.medium == Medium::Html {
        places.reverse();
    }
    assert!(places.is_sorted(), "in order: {places:?}");
}
