//! Groups error records and prints `eventID <tab> cluster` for each, to be scored against known templates.
//!
//! `grouping RECORDS.ndjson [--online|--templates|--speed]` reads plain NDJSON, one error record a line. Without
//! `--online` all records are one judgement; with it they are judged hour by hour, as a user would, and what was assigned
//! stays. `--templates` prints the templates of each record instead, and `--speed` measures how fast they are made.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::time::Instant;

use firstsight_cloudtrail::{ErrorEvent, Identity, Timestamp};
use firstsight_engine::family::{self, Member};
use firstsight_engine::{ClusterId, FineTemplate, Signature, SignatureId};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(rename = "eventID")]
    event_id: String,
    event_time: Timestamp,
    event_source: String,
    event_name: String,
    #[serde(default)]
    error_code: String,
    #[serde(default)]
    error_message: String,
    #[serde(rename = "sourceIPAddress", default)]
    source_ip: String,
    #[serde(default)]
    recipient_account_id: String,
    #[serde(borrow)]
    request_parameters: Option<&'a RawValue>,
    #[serde(default)]
    user_identity: User,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct User {
    arn: Option<String>,
    user_name: Option<String>,
    principal_id: Option<String>,
    account_id: Option<String>,
    access_key_id: Option<String>,
}

impl User {
    fn identity(&self) -> Identity<'_> {
        let borrowed = |text: &'_ Option<String>| text.clone().map(Cow::Owned);
        Identity {
            arn: borrowed(&self.arn),
            user_name: borrowed(&self.user_name),
            principal_id: borrowed(&self.principal_id),
            account_id: borrowed(&self.account_id),
            access_key_id: borrowed(&self.access_key_id),
            ..Identity::default()
        }
    }
}

fn event<'a>(record: &'a Record<'_>, raw: &'a str) -> ErrorEvent<'a> {
    ErrorEvent {
        event_id: Some(Cow::Borrowed(&record.event_id)),
        time: record.event_time,
        account: Cow::Borrowed(&record.recipient_account_id),
        event_source: Cow::Borrowed(&record.event_source),
        event_name: Cow::Borrowed(&record.event_name),
        error_code: Cow::Borrowed(&record.error_code),
        error_message: Cow::Borrowed(&record.error_message),
        region: Cow::Borrowed(""),
        source_ip: Cow::Borrowed(&record.source_ip),
        user_agent: Cow::Borrowed(""),
        user_identity: record.user_identity.identity(),
        read_only: None,
        event_type: Cow::Borrowed(""),
        request_parameters: record.request_parameters,
        raw,
    }
}

/// account, source, name, code
type Key = (String, String, String, String);

#[derive(Default)]
struct State {
    /// The templates of each family, with their cluster and the hour it was founded in.
    families: BTreeMap<Key, BTreeMap<SignatureId, Known>>,
}

struct Known {
    template: String,
    cluster: Option<ClusterId>,
    founded: i64,
}

impl State {
    fn observe(&mut self, signature: &Signature, hour: i64) {
        let key = (
            signature.account.clone(),
            signature.event_source.clone(),
            signature.event_name.clone(),
            signature.error_code.clone(),
        );
        let known = || Known {
            template: signature.template.clone(),
            cluster: None,
            founded: hour,
        };
        self.families
            .entry(key)
            .or_default()
            .entry(signature.id())
            .or_insert_with(known);
    }

    fn judge(&mut self) {
        for family in self.families.values_mut() {
            let members: Vec<_> = family
                .iter()
                .map(|(id, known)| Member {
                    id: *id,
                    template: &known.template,
                    cluster: known.cluster,
                    founded: known.founded,
                })
                .collect();
            for (id, cluster) in family::assign(&members) {
                family
                    .get_mut(&id)
                    .ok_or("unknown member")
                    .expect("members come from the family")
                    .cluster = Some(cluster);
            }
        }
    }

    fn clusters(&self) -> HashMap<SignatureId, ClusterId> {
        let members = self.families.values().flatten();
        members
            .filter_map(|(id, known)| Some((*id, known.cluster?)))
            .collect()
    }
}

/// Templates every event over and over; the median pass counts, so that one that was disturbed does not.
fn measure(events: &[ErrorEvent<'_>]) {
    let mut passes: Vec<_> = (0..101)
        .map(|_| {
            let started = Instant::now();
            let length: usize = events
                .iter()
                .map(|event| FineTemplate::of(event).identity.len())
                .sum();
            std::hint::black_box(length);
            started.elapsed()
        })
        .collect();
    passes.sort_unstable();
    let rate = |pass: usize| events.len() as f64 / passes[pass].as_secs_f64();
    let (count, median, best) = (events.len(), rate(50), rate(0));
    eprintln!("{count} messages: {median:.0} templates a second (median of 101 passes), {best:.0} at best");
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments
        .next()
        .ok_or("usage: grouping RECORDS.ndjson [--online]")?;
    let mode = arguments.next().unwrap_or_default();
    let text = std::fs::read_to_string(path)?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let records: Vec<Record<'_>> = lines
        .iter()
        .map(|line| serde_json::from_str(line))
        .collect::<Result<_, _>>()?;
    let events: Vec<ErrorEvent<'_>> = records
        .iter()
        .zip(&lines)
        .map(|(record, raw)| event(record, raw))
        .collect();

    if mode == "--speed" {
        measure(&events);
        return Ok(());
    }
    let templates: Vec<FineTemplate> = events.iter().map(FineTemplate::of).collect();

    let mut seen: Vec<_> = events
        .iter()
        .zip(&templates)
        .map(|(event, template)| {
            (
                event.time.hour().index(),
                Signature::new(event, template.identity.clone()),
            )
        })
        .collect();
    if mode == "--templates" {
        for ((_, signature), (record, template)) in seen.iter().zip(records.iter().zip(&templates)) {
            println!(
                "{}\t{}\t{}\t{}",
                record.event_id,
                signature.id(),
                signature.template,
                template.display
            );
        }
        return Ok(());
    }
    seen.sort_by_key(|(hour, _)| *hour);
    let mut state = State::default();
    let mut current = None;
    for (hour, signature) in &seen {
        if mode == "--online" && current.is_some_and(|current| current != *hour) {
            state.judge();
        }
        current = Some(*hour);
        state.observe(signature, *hour);
    }
    state.judge();
    let clusters = state.clusters();
    eprintln!(
        "{} fine templates, {} families",
        clusters.len(),
        state.families.len()
    );
    for (event, template) in events.iter().zip(templates) {
        let id = Signature::new(event, template.identity).id();
        let cluster = clusters.get(&id).ok_or("a template without a cluster")?;
        println!("{}\t{cluster}", event.event_id.as_deref().unwrap_or_default());
    }
    Ok(())
}
