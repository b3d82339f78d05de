//! What was seen, as a set.

mod intern;
pub(crate) mod samples;
pub(crate) mod shorten;
pub mod variables;

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_cloudtrail::classify::{NoiseMark, source_network, targets, user_agent_family};
use firstsight_cloudtrail::{ErrorEvent, EventIdentity, Hour, Redaction, Timestamp};
use rustc_hash::FxHashMap;

use crate::judge::input::{Sample, Span};
use crate::signature::{Digest, Dimension, Signature, SignatureId};
use crate::template::FineTemplate;
use intern::{Profiles, Texts};
use samples::Samples;
use shorten::shortened;
use variables::{Sketch, hash};

/// How a summary is made.
#[derive(Clone, Debug, Default)]
pub struct SummaryOptions {
    /// What is taken out of each error event before anything is made of it. Default: nothing.
    pub redaction: Redaction,
}

/// Error events as a set, keyed by their identities, over interned signatures and dimension values.
///
/// Merging is set union: commutative, associative and idempotent. Should one identity come with different contents
/// (one record, delivered in two forms), the smaller content stands, so that the union stays one whatever the order.
///
/// An event takes a row of a few dozen bytes; texts are kept once. [`weight`](Self::weight) tells when it is time to
/// commit a summary and start the next one.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    options: SummaryOptions,
    rows: FxHashMap<EventIdentity, Row>,
    signatures: Vec<Seen>,
    numbers: FxHashMap<SignatureId, usize>,
    texts: Texts,
    profiles: Profiles,
    /// What stood for variables, apart from the other dimensions: together they would be as many as events.
    variables: Profiles,
    text_bytes: usize,
    scratch: Vec<(Dimension, usize)>,
}

/// One error event: numbers into the tables of its summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    time: Timestamp,
    signature: usize,
    profile: usize,
    /// Those variables that may be kept.
    variables: u32,
    /// What all variables come to: contents that differ in nothing else have an order by it.
    fingerprint: u32,
}

/// One fine signature.
#[derive(Clone, Debug)]
struct Seen {
    id: SignatureId,
    signature: Signature,
    /// The text for people, with the time of the event it is from: the earliest one's, so that later ones change nothing.
    display: (Timestamp, String),
    samples: Samples,
    /// The variables with the least hashes of all that were shown.
    sketch: Sketch,
    /// How many rows have it. None, once all of them turned out to be events with a smaller content.
    rows: usize,
}

/// One error event of a summary, its texts resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its identity.
    pub identity: EventIdentity,
    /// When.
    pub time: Timestamp,
    /// Its fine signature's id.
    pub signature: SignatureId,
    /// Its dimension values, by dimension; several noise marks or targets are several values.
    pub values: Vec<(Dimension, &'a str)>,
}

/// An error event whose template and dimension values are known: what [`Summary::observe`] makes of an
/// [`ErrorEvent`], for those who classify events themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation<'a> {
    /// Its identity.
    pub identity: EventIdentity,
    /// When.
    pub time: Timestamp,
    /// The account it counts for.
    pub account: &'a str,
    /// `eventSource`.
    pub event_source: &'a str,
    /// `eventName`.
    pub event_name: &'a str,
    /// `errorCode`, empty where the record has none.
    pub error_code: &'a str,
    /// The fine template: variables are `<*>`.
    pub template: &'a str,
    /// The fine template for people: variables carry names.
    pub display: &'a str,
    /// Its dimension values; empty ones count as absent, long ones are cut at [`Summary::MAX_VALUE`] bytes. Those of
    /// [`Dimension::Variable`] are counted apart, see [`Summary::variables`].
    pub values: &'a [(Dimension, &'a str)],
    /// Its `eventID`, empty when it has none.
    pub event_id: &'a str,
    /// The whole record, as JSON text.
    pub raw: &'a str,
}

impl Observation<'_> {
    fn signature_id(&self) -> SignatureId {
        SignatureId(Digest::of(&[
            self.account,
            self.event_source,
            self.event_name,
            self.error_code,
            self.template,
        ]))
    }

    fn signature(&self) -> Signature {
        Signature {
            account: self.account.to_owned(),
            event_source: self.event_source.to_owned(),
            event_name: self.event_name.to_owned(),
            error_code: self.error_code.to_owned(),
            template: self.template.to_owned(),
        }
    }

    fn actor(&self) -> &str {
        let actor = self
            .values
            .iter()
            .find(|(dimension, _)| *dimension == Dimension::Actor);
        actor.map_or("", |(_, name)| clip(name, Summary::MAX_VALUE))
    }

    fn sample(&self) -> Sample {
        Sample {
            identity: self.identity.into(),
            time: self.time,
            event_id: clip(self.event_id, Summary::MAX_VALUE).to_owned(),
            actor: self.actor().to_owned(),
            raw: shortened(self.raw, Sample::MAX_RAW),
        }
    }
}

/// The text, cut at so many bytes or a little before, on a character boundary.
fn clip(text: &str, max: usize) -> &str {
    &text[..text.floor_char_boundary(max)]
}

/// A place in a table with fewer than four thousand million rows.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The name of a mark, as reports write it.
fn mark_name(mark: NoiseMark) -> Option<String> {
    let name = serde_json::to_value(mark).ok()?;
    name.as_str().map(str::to_owned)
}

impl Summary {
    /// The most bytes of a dimension value that are kept. An ARN has at most 2,048 (AWS IAM user guide, quotas).
    pub const MAX_VALUE: usize = 2048;

    /// An empty set.
    #[must_use]
    pub fn new(options: SummaryOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Adds an error event, once however often it is shown.
    pub fn observe(&mut self, event: &ErrorEvent<'_>) {
        if self.options.redaction.is_empty() {
            return self.classify(event);
        }
        let mut buffer = String::new();
        let redaction = self.options.redaction.clone();
        self.classify(&redaction.event(event, &mut buffer));
    }

    fn classify(&mut self, event: &ErrorEvent<'_>) {
        let (fine, variables) = FineTemplate::of_with_values(event);
        let variables: Vec<String> = variables
            .iter()
            .map(|(name, text)| format!("{name}={text}"))
            .collect();
        let actor = event.user_identity.actor();
        let network = source_network(&event.source_ip);
        let agent = user_agent_family(&event.user_agent);
        let key = event.user_identity.access_key_id.as_deref().unwrap_or_default();
        let marks: Vec<String> = NoiseMark::of(event).into_iter().filter_map(mark_name).collect();
        let targets = targets(event);
        let mut values = vec![
            (Dimension::Actor, actor.as_ref()),
            (Dimension::AccessKey, key),
            (Dimension::SourceNetwork, network.as_ref()),
            (Dimension::Region, event.region.as_ref()),
            (Dimension::UserAgent, agent.as_ref()),
        ];
        values.extend(variables.iter().map(|text| (Dimension::Variable, text.as_str())));
        values.extend(marks.iter().map(|mark| (Dimension::Noise, mark.as_str())));
        values.extend(targets.iter().map(|target| (Dimension::Target, target.as_str())));
        self.insert(&Observation {
            identity: event.id(),
            time: event.time,
            account: &event.account,
            event_source: &event.event_source,
            event_name: &event.event_name,
            error_code: &event.error_code,
            template: &fine.identity,
            display: &fine.display,
            values: &values,
            event_id: event.event_id.as_deref().unwrap_or_default(),
            raw: event.raw,
        });
    }

    /// Adds an error event that was classified elsewhere, once however often it is shown.
    pub fn insert(&mut self, seen: &Observation<'_>) {
        let signature = self.signature(seen);
        let profile = self.profile(seen.values);
        let (variables, fingerprint) = self.keep_variables(signature, seen.values);
        self.sample(signature, seen);
        let row = Row {
            time: seen.time,
            signature,
            profile,
            variables,
            fingerprint,
        };
        self.put(seen.identity, row);
    }

    fn signature(&mut self, seen: &Observation<'_>) -> usize {
        let id = seen.signature_id();
        if let Some(&number) = self.numbers.get(&id) {
            self.signatures[number].show(seen.time, seen.display);
            return number;
        }
        self.add_signature(Seen {
            id,
            signature: seen.signature(),
            display: (seen.time, seen.display.to_owned()),
            samples: Samples::default(),
            sketch: Sketch::default(),
            rows: 0,
        })
    }

    fn add_signature(&mut self, seen: Seen) -> usize {
        let number = self.signatures.len();
        self.text_bytes += seen.signature.template.len() + seen.display.1.len() + 512;
        self.numbers.insert(seen.id, number);
        self.signatures.push(seen);
        number
    }

    fn profile(&mut self, values: &[(Dimension, &str)]) -> usize {
        let mut numbers = std::mem::take(&mut self.scratch);
        numbers.clear();
        for (dimension, text) in values {
            if !text.is_empty() && *dimension != Dimension::Variable {
                numbers.push((*dimension, self.text(clip(text, Self::MAX_VALUE))));
            }
        }
        let profile = self.profiles.intern(&mut numbers);
        self.scratch = numbers;
        profile
    }

    /// Those values of variables that may be kept, and what all of them come to.
    fn keep_variables(&mut self, signature: usize, values: &[(Dimension, &str)]) -> (u32, u32) {
        let mut numbers = std::mem::take(&mut self.scratch);
        numbers.clear();
        let mut fingerprint = 0_u64;
        let variables = values.iter().filter(|value| value.0 == Dimension::Variable);
        for &(dimension, text) in variables {
            let text = clip(text, Self::MAX_VALUE);
            let hash = hash(text);
            fingerprint = fingerprint.wrapping_add(hash);
            if let Some(is_new) = self.signatures[signature].sketch.admit(hash, text) {
                self.text_bytes += if is_new { text.len() + 64 } else { 0 };
                numbers.push((dimension, self.text(text)));
            }
        }
        let variables = self.variables.intern(&mut numbers);
        self.scratch = numbers;
        let fingerprint = u32::try_from(fingerprint >> 32).unwrap_or_default();
        (number(variables), fingerprint)
    }

    fn text(&mut self, text: &str) -> usize {
        let (number, new) = self.texts.intern(text);
        if new {
            self.text_bytes += text.len() + 64;
        }
        number
    }

    fn sample(&mut self, signature: usize, seen: &Observation<'_>) {
        let samples = &mut self.signatures[signature].samples;
        if samples.wants((seen.time, seen.identity.into()), seen.actor()) {
            let sample = seen.sample();
            self.text_bytes += sample.raw.len() + 256;
            samples.offer(&Arc::new(sample));
        }
    }

    fn put(&mut self, identity: EventIdentity, row: Row) {
        let known = self.rows.get(&identity).copied();
        if let Some(known) = known {
            if known == row || self.content(&known) <= self.content(&row) {
                return;
            }
            self.signatures[known.signature].rows -= 1;
        }
        self.signatures[row.signature].rows += 1;
        self.rows.insert(identity, row);
    }

    fn content(&self, row: &Row) -> (Timestamp, SignatureId, Vec<(Dimension, &str)>, u32) {
        let signature = self.signatures[row.signature].id;
        (row.time, signature, self.values(row.profile), row.fingerprint)
    }

    fn values(&self, profile: usize) -> Vec<(Dimension, &str)> {
        let resolve = |&(dimension, text): &(Dimension, usize)| (dimension, self.texts.get(text).as_ref());
        let mut values: Vec<_> = self.profiles.get(profile).iter().map(resolve).collect();
        values.sort_unstable();
        values
    }

    /// Set union.
    pub fn merge(&mut self, mut other: Self) {
        if self.rows.len() < other.rows.len() {
            std::mem::swap(self, &mut other);
            std::mem::swap(&mut self.options, &mut other.options);
        }
        let profiles: Vec<usize> = other
            .profiles
            .iter()
            .map(|one| {
                let mut numbers = self.adopt(one, &other.texts);
                self.profiles.intern(&mut numbers)
            })
            .collect();
        let variables: Vec<u32> = other
            .variables
            .iter()
            .map(|one| {
                let mut numbers = self.adopt(one, &other.texts);
                number(self.variables.intern(&mut numbers))
            })
            .collect();
        let signatures: Vec<usize> = other
            .signatures
            .into_iter()
            .map(|seen| self.adopt_signature(seen))
            .collect();
        for (identity, row) in other.rows {
            let row = Row {
                time: row.time,
                signature: signatures[row.signature],
                profile: profiles[row.profile],
                variables: variables[row.variables as usize],
                fingerprint: row.fingerprint,
            };
            self.put(identity, row);
        }
    }

    fn adopt(&mut self, profile: &[(Dimension, usize)], texts: &Texts) -> Vec<(Dimension, usize)> {
        profile
            .iter()
            .map(|&(dimension, text)| (dimension, self.text(texts.get(text))))
            .collect()
    }

    fn adopt_signature(&mut self, mut seen: Seen) -> usize {
        seen.rows = 0;
        let sampled: usize = seen.samples.iter().map(|sample| sample.raw.len() + 256).sum();
        self.text_bytes += sampled;
        let Some(&number) = self.numbers.get(&seen.id) else {
            return self.add_signature(seen);
        };
        let known = &mut self.signatures[number];
        known.show(seen.display.0, &seen.display.1);
        known.samples.merge(&seen.samples);
        known.sketch.merge(&seen.sketch);
        number
    }

    /// How many error events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many bytes it takes in memory; never falls while events are added. For a caller that commits at a
    /// limit: samples make a summary of few events large where each has a signature of its own.
    #[must_use]
    pub fn weight(&self) -> usize {
        const ROW: usize = 2 * (size_of::<EventIdentity>() + size_of::<Row>());
        self.rows.len() * ROW + self.text_bytes
    }

    /// The error events, by identity.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_unstable_by_key(|(identity, _)| **identity);
        rows.into_iter().map(|(identity, row)| Event {
            identity: *identity,
            time: row.time,
            signature: self.signatures[row.signature].id,
            values: self.values(row.profile),
        })
    }

    /// The fine signatures with their text for people, by id. The text is that of the signature's earliest event.
    pub fn signatures(&self) -> impl Iterator<Item = (SignatureId, &Signature, &str)> {
        self.sorted()
            .into_iter()
            .map(|seen| (seen.id, &seen.signature, seen.display.1.as_str()))
    }

    /// The text for people of each fine signature, by id, with the time of the event that it is from: its earliest one
    /// (of several at once the least text). Who keeps the earliest of all shows the same, whatever came later.
    pub fn displays(&self) -> impl Iterator<Item = (SignatureId, Timestamp, &str)> {
        self.sorted()
            .into_iter()
            .map(|seen| (seen.id, seen.display.0, seen.display.1.as_str()))
    }

    /// The samples of each fine signature (see [`TemplateHistory::samples`](crate::TemplateHistory::samples)), by
    /// signature id and identity.
    pub fn samples(&self) -> impl Iterator<Item = (SignatureId, &Sample)> {
        self.shared_samples().map(|(id, sample)| (id, sample.as_ref()))
    }

    pub(crate) fn shared_samples(&self) -> impl Iterator<Item = (SignatureId, &Arc<Sample>)> {
        self.sorted().into_iter().flat_map(move |seen| {
            let stands = move |sample: &&Arc<Sample>| self.stands(seen.id, sample);
            seen.samples.iter().filter(stands).map(|sample| (seen.id, sample))
        })
    }

    /// Whether the event that was sampled is the one that stands under its identity.
    fn stands(&self, id: SignatureId, sample: &Sample) -> bool {
        let row = self.rows.get(&EventIdentity(sample.identity.0));
        row.is_some_and(|row| row.time == sample.time && self.signatures[row.signature].id == id)
    }

    fn sorted(&self) -> Vec<&Seen> {
        let mut seen: Vec<_> = self.signatures.iter().filter(|seen| seen.rows > 0).collect();
        seen.sort_unstable_by_key(|seen| seen.id);
        seen
    }

    /// The time of the earliest error event of each account.
    #[must_use]
    pub fn first_events(&self) -> BTreeMap<&str, Timestamp> {
        let mut by_signature = vec![None; self.signatures.len()];
        for row in self.rows.values() {
            let first: &mut Option<Timestamp> = &mut by_signature[row.signature];
            *first = Some(first.map_or(row.time, |known| known.min(row.time)));
        }
        let mut by_account = BTreeMap::new();
        for (seen, first) in self.signatures.iter().zip(by_signature) {
            if let Some(first) = first {
                let known = by_account.entry(seen.signature.account.as_str()).or_insert(first);
                *known = first.min(*known);
            }
        }
        by_account
    }

    /// The identities of the error events, in their order.
    #[must_use]
    pub fn identities(&self) -> Vec<EventIdentity> {
        let mut identities: Vec<_> = self.rows.keys().copied().collect();
        identities.sort_unstable();
        identities
    }

    /// The events that `is_new` lets pass, counted by signature, values and hour, in no particular order: for a store,
    /// which adds them up further. It is asked once for each event.
    pub fn tally(&self, mut is_new: impl FnMut(EventIdentity, Timestamp) -> bool) -> Vec<Tally<'_>> {
        let mut spans: FxHashMap<(usize, usize, Hour), Span> = FxHashMap::default();
        for (identity, row) in &self.rows {
            if is_new(*identity, row.time) {
                let at = Span::at(row.time);
                spans
                    .entry((row.signature, row.profile, row.time.hour()))
                    .and_modify(|span| *span = span.merged(at))
                    .or_insert(at);
            }
        }
        let resolve = |((signature, profile, hour), span)| {
            let seen: &Seen = &self.signatures[signature];
            Tally {
                id: seen.id,
                signature: &seen.signature,
                values: self.texts_of(profile),
                hour,
                span,
            }
        };
        spans.into_iter().map(resolve).collect()
    }

    /// What stood for variables in the events that `is_new` lets pass, by signature and text. Of each signature those
    /// that are [kept](variables::kept_variables) of all its events, with all their occurrences.
    pub fn variables(&self, is_new: impl Fn(EventIdentity) -> bool) -> Vec<VariableCount<'_>> {
        let mut counts: FxHashMap<(usize, usize), (u64, Hour)> = FxHashMap::default();
        for (identity, row) in &self.rows {
            let list = self.variables.get(row.variables as usize);
            if !list.is_empty() && is_new(*identity) {
                let hour = row.time.hour();
                for &(_, text) in list {
                    let known = counts.entry((row.signature, text)).or_insert((0, hour));
                    *known = (known.0 + 1, known.1.max(hour));
                }
            }
        }
        let counts = counts.into_iter();
        let mut kept: Vec<_> = counts
            .filter_map(|((signature, text), (count, last))| {
                let seen = &self.signatures[signature];
                let text = self.texts.get(text).as_ref();
                let id = seen.id;
                let count = VariableCount {
                    id,
                    text,
                    count,
                    last,
                };
                seen.sketch.keeps(hash(text), text).then_some(count)
            })
            .collect();
        kept.sort_unstable_by_key(|count| (count.id, count.text));
        kept
    }

    fn texts_of(&self, profile: usize) -> Vec<(Dimension, &Arc<str>)> {
        let resolve = |&(dimension, text): &(Dimension, usize)| (dimension, self.texts.get(text));
        self.profiles.get(profile).iter().map(resolve).collect()
    }
}

/// Events of one signature in which this stood for a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariableCount<'a> {
    /// The fine signature's id.
    pub id: SignatureId,
    /// The variable's name and what stood for it: `name=value`.
    pub text: &'a str,
    /// How many events.
    pub count: u64,
    /// The last hour that one of them lies in.
    pub last: Hour,
}

/// Events of one signature with the same values in one hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally<'a> {
    /// The fine signature's id.
    pub id: SignatureId,
    /// The fine signature.
    pub signature: &'a Signature,
    /// The dimension values that each of the events has, once each; several noise marks or targets are several values.
    pub values: Vec<(Dimension, &'a Arc<str>)>,
    /// The hour that they lie in.
    pub hour: Hour,
    /// How many, from when to when.
    pub span: Span,
}

impl Seen {
    /// Shows the earlier of two texts for people; of one time, the smaller.
    fn show(&mut self, time: Timestamp, display: &str) {
        if (time, display) < (self.display.0, self.display.1.as_str()) {
            self.display = (time, display.to_owned());
        }
    }
}
