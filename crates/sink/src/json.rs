//! JSON and NDJSON, for programs. The shapes are described, versioned, in the project's `docs/schema.md`.
//!
//! Nothing is lost: every text parses to exactly what the report holds. Characters that steer a terminal, reorder
//! text or do not show are written as `\uXXXX`, so that the output is harmless on a screen as well.

use std::borrow::Cow;
use std::fmt;
use std::io::Write;

use async_trait::async_trait;
use firstsight_engine::{Finding, Hour, HourCount, Range, Silenced};
use serde::Serialize;

use crate::checkup::{CheckStep, Checkup};
use crate::digest::{Digest, DigestCause};
use crate::event::{Event, EventKind, FaultRef, KeyActivity, Status, Trouble};
use crate::explanation::Explanation;
use crate::harmless::is_unsafe;
use crate::rendering::Rendering;
use crate::report::{AccountReport, InputReport, Report, SeverityCounts};
use crate::writer::Shared;
use crate::{Delivery, Sink, SinkError};

/// The schema of a finding on a line of its own, see [`render_lines`].
pub const FINDING_SCHEMA: &str = "firstsight.finding/1";

/// The schema of a check, see [`render_checkup`].
pub const CHECK_SCHEMA: &str = "firstsight.check/1";

/// The schema of several events that are told at once, see [`render_digest_with`].
pub const DIGEST_SCHEMA: &str = "firstsight.digest/1";

/// The whole report as one document, indented, with a line break at its end; without the records of its samples.
#[must_use]
pub fn render(report: &Report) -> String {
    render_with(report, Rendering::default())
}

/// Like [`render`], with the reasons' sentences (`why`) in a language, and with or without the records of samples.
#[must_use]
pub fn render_with(report: &Report, rendering: Rendering) -> String {
    let events = report.events.iter().map(|one| ToldEvent::of(one, rendering));
    let document = Body {
        kind: None,
        findings: Some(told(&report.findings, rendering)),
        events: Some(events.collect()),
        ..Body::overview(report)
    };
    let mut out = harmless(&serde_json::to_string_pretty(&document).expect("a report has text keys only"));
    out.push('\n');
    out
}

/// The report as NDJSON: a line of kind `report` with everything but findings and events, then one line a finding
/// (kind `finding`) and one an event (its own kind: `opened`, `ongoing`, `recovered`). Each line names its schema. Without the
/// records of samples.
#[must_use]
pub fn render_lines(report: &Report) -> String {
    render_lines_with(report, Rendering::default())
}

/// Like [`render_lines`], with the reasons' sentences (`why`) in a language, and with or without the records of samples.
#[must_use]
pub fn render_lines_with(report: &Report, rendering: Rendering) -> String {
    let mut out = line(&Body::overview(report));
    let findings = report.findings.iter();
    out.extend(findings.map(|finding| render_finding_with(finding, rendering)));
    let events = report.events.iter();
    out.extend(events.map(|event| render_event_with(event, rendering)));
    out
}

/// One finding as one line of kind `finding`, with its line break; its reasons' sentences in a language, and with or without
/// the records of its samples.
#[must_use]
pub fn render_finding_with(finding: &Finding, rendering: Rendering) -> String {
    line(&FindingLine {
        schema: FINDING_SCHEMA,
        kind: "finding",
        finding: Told::of(finding, rendering),
    })
}

/// One event as one line, with its line break; without the records of its samples.
#[must_use]
pub fn render_event(event: &Event) -> String {
    render_event_with(event, Rendering::default())
}

/// Like [`render_event`], with the reasons' sentences (`why`) in a language, and with or without the records of samples.
#[must_use]
pub fn render_event_with(event: &Event, rendering: Rendering) -> String {
    line(&ToldEvent::of(event, rendering))
}

/// Several events that are told at once, as one line with its line break; see [`render_event_with`].
#[must_use]
pub fn render_digest_with(digest: &Digest, rendering: Rendering) -> String {
    line(&told_digest(digest, rendering))
}

/// What [`render_event_with`] writes, for who fills it in elsewhere.
#[cfg(feature = "webhook")]
pub(crate) fn told_event(event: &Event, rendering: Rendering) -> impl Serialize {
    ToldEvent::of(event, rendering)
}

/// What [`render_digest_with`] writes.
pub(crate) fn told_digest(digest: &Digest, rendering: Rendering) -> impl Serialize {
    let Digest { id, cause, events } = digest;
    ToldDigest {
        schema: DIGEST_SCHEMA,
        id,
        cause: *cause,
        status: digest.status(),
        title: digest.title_in(rendering.locale),
        events: events
            .iter()
            .map(|event| ToldEvent::of(event, rendering))
            .collect(),
    }
}

/// Explanations as one array, indented, with a line break at its end.
#[must_use]
pub fn render_explanations(explanations: &[Explanation]) -> String {
    let json = serde_json::to_string_pretty(explanations).expect("an explanation has text keys only");
    let mut out = harmless(&json);
    out.push('\n');
    out
}

/// A check as one document, indented, with a line break at its end.
#[must_use]
pub fn render_checkup(checkup: &Checkup) -> String {
    let document = CheckDocument {
        schema: CHECK_SCHEMA,
        steps: &checkup.steps,
        verdict: &checkup.verdict,
    };
    let mut out = harmless(&serde_json::to_string_pretty(&document).expect("a check has text keys only"));
    out.push('\n');
    out
}

#[derive(Serialize)]
struct ToldDigest<'a> {
    schema: &'static str,
    id: &'a str,
    cause: DigestCause,
    status: Status,
    title: String,
    events: Vec<ToldEvent<'a>>,
}

#[derive(Serialize)]
struct CheckDocument<'a> {
    schema: &'static str,
    steps: &'a [CheckStep],
    verdict: &'a [String],
}

fn line(value: &impl Serialize) -> String {
    let mut out = harmless(&serde_json::to_string(value).expect("reports and events have text keys only"));
    out.push('\n');
    out
}

/// JSON text as it may stand on a screen: characters that steer a terminal, reorder text or do not show are written as
/// `\uXXXX`. It parses to the same.
// Outside its strings JSON holds no character that this replaces, but the line breaks of the indented form.
#[must_use]
pub fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_unsafe(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// A finding with its reasons in words, besides the data.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    finding: Cow<'a, Finding>,
    why: Vec<String>,
}

impl<'a> Told<'a> {
    fn of(finding: &'a Finding, rendering: Rendering) -> Self {
        let sentences = finding
            .reasons
            .iter()
            .map(|reason| reason.sentence(rendering.locale));
        Self {
            finding: rendering.records.of(finding),
            why: sentences.map(|sentence| sentence.to_string()).collect(),
        }
    }
}

fn told(findings: &[Finding], rendering: Rendering) -> Vec<Told<'_>> {
    findings
        .iter()
        .map(|finding| Told::of(finding, rendering))
        .collect()
}

#[derive(Serialize)]
struct FindingLine<'a> {
    schema: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    finding: Told<'a>,
}

/// An event whose findings have their reasons in words.
#[derive(Serialize)]
struct ToldEvent<'a> {
    schema: &'a str,
    id: &'a str,
    kind: EventKind,
    status: Status,
    inspection: &'a str,
    account: &'a str,
    fault: &'a FaultRef,
    window: Range,
    title: &'a str,
    findings: Vec<Told<'a>>,
    ongoing_clusters: u64,
    errors: u64,
    hours: &'a [HourCount],
    keys: &'a [KeyActivity],
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<&'a Trouble>,
}

impl<'a> ToldEvent<'a> {
    fn of(event: &'a Event, rendering: Rendering) -> Self {
        // Named one by one, here and below: a new field has to find its place in the schema.
        let Event {
            schema,
            id,
            kind,
            status,
            inspection,
            account,
            fault,
            window,
            title,
            findings,
            ongoing_clusters,
            errors,
            hours,
            keys,
            trouble,
        } = event;
        Self {
            schema,
            id,
            kind: *kind,
            status: *status,
            inspection,
            account,
            fault,
            window: *window,
            title,
            findings: told(findings, rendering),
            ongoing_clusters: *ongoing_clusters,
            errors: *errors,
            hours,
            keys,
            trouble: trouble.as_ref(),
        }
    }
}

/// A report, with or without what can stand on lines of its own.
#[derive(Serialize)]
struct Body<'a> {
    schema: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    inspection: &'a str,
    sources: &'a [String],
    window: Range,
    baseline: Range,
    complete: bool,
    notes: &'a [String],
    input: &'a InputReport,
    accounts: &'a [AccountReport],
    silenced: Silenced,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Told<'a>>>,
    found: SeverityCounts,
    hidden: SeverityCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<ToldEvent<'a>>>,
    errors_per_hour: &'a [HourCount],
    new_clusters_per_hour: &'a [(Hour, u64)],
    keys: &'a [KeyActivity],
}

impl<'a> Body<'a> {
    fn overview(report: &'a Report) -> Self {
        let Report {
            schema,
            inspection,
            sources,
            window,
            baseline,
            complete,
            notes,
            input,
            accounts,
            silenced,
            findings: _,
            found,
            hidden,
            events: _,
            errors_per_hour,
            new_clusters_per_hour,
            keys,
        } = report;
        Self {
            schema,
            kind: Some("report"),
            inspection,
            sources,
            window: *window,
            baseline: *baseline,
            complete: *complete,
            notes,
            input,
            accounts,
            silenced: *silenced,
            findings: None,
            found: *found,
            hidden: *hidden,
            events: None,
            errors_per_hour,
            new_clusters_per_hour,
            keys,
        }
    }
}

/// Events as NDJSON on a writer, one line each. Not idempotent: an event delivered twice is two lines with one `id`.
///
/// After a failure that may have written half a line, the next call starts on a new one.
pub struct JsonSink<W> {
    name: String,
    rendering: Rendering,
    writer: Shared<W>,
}

impl<W: Write + Send> JsonSink<W> {
    /// Writes to `writer`; `name` is for people, for example `events.ndjson`.
    pub fn new(name: impl Into<String>, writer: W) -> Self {
        Self {
            name: name.into(),
            rendering: Rendering::default(),
            writer: Shared::new(writer),
        }
    }

    /// With reasons in a language, and with or without the records of samples.
    #[must_use]
    pub fn rendering(self, rendering: Rendering) -> Self {
        Self { rendering, ..self }
    }
}

impl<W> fmt::Debug for JsonSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonSink")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<W: Write + Send> Sink for JsonSink<W> {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let lines: String = events
            .iter()
            .map(|event| render_event_with(event, self.rendering))
            .collect();
        self.writer.write(&self.name, &lines)?;
        Ok(vec![Delivery::Delivered; events.len()])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conformance::{HOSTILE, Medium, assert_harmless, fixture};
    use crate::rendering::Records;
    use firstsight_engine::Locale;

    /// The engine words the reasons: here only their place is of interest.
    fn without_words(json: &str) -> String {
        let mut json = json.to_owned();
        for reason in fixture::stop_logging().reasons {
            let words = serde_json::to_string(&reason.to_string()).unwrap();
            assert!(json.contains(&words), "{words}");
            json = json.replace(&words, "\"(a sentence)\"");
        }
        json
    }

    #[test]
    fn document_of_a_report() {
        insta::assert_snapshot!(without_words(&render_with(
            &fixture::small(),
            Records::Shown.into()
        )));
    }

    #[test]
    fn sentences_are_in_the_asked_language_and_nothing_else_changes() {
        let report = fixture::report();
        let mut chinese: serde_json::Value =
            serde_json::from_str(&render_with(&report, Locale::Chinese.into())).unwrap();
        let reason = report.findings[0].reasons[0]
            .sentence(Locale::Chinese)
            .to_string();
        assert_eq!(chinese["findings"][0]["why"][0], reason);
        assert_eq!(chinese["events"][0]["findings"][0]["why"][0], reason);
        let mut english: serde_json::Value = serde_json::from_str(&render(&report)).unwrap();
        for document in [&mut chinese, &mut english] {
            strip(document);
        }
        assert_eq!(chinese, english);
    }

    /// Takes the sentences out.
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(fields) => {
                fields.remove("why");
                fields.values_mut().for_each(strip);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }

    #[test]
    fn lines_of_a_report() {
        insta::assert_snapshot!(without_words(&render_lines_with(
            &fixture::small(),
            Records::Shown.into()
        )));
    }

    #[test]
    fn document_reads_back() {
        let report = fixture::report();
        let read: Report = serde_json::from_str(&render_with(&report, Records::Shown.into())).unwrap();
        assert_eq!(read, report);
    }

    #[test]
    fn records_stay_unless_they_are_asked_for() {
        let report = fixture::report();
        let samples: Vec<_> = report
            .findings
            .iter()
            .flat_map(|finding| &finding.samples)
            .collect();
        assert!(samples.iter().all(|sample| sample.raw.len() > 20) && !samples.is_empty());
        for text in [render(&report), render_lines(&report)] {
            for sample in &samples {
                let record = serde_json::to_string(&sample.raw).unwrap();
                assert!(
                    !text.contains(&record) && text.contains(&sample.event_id),
                    "{record}"
                );
            }
        }
        let mut read: Report = serde_json::from_str(&render(&report)).unwrap();
        assert_eq!(read.findings[0].samples[0].raw, "");
        read = serde_json::from_str(&render_with(&report, Records::Shown.into())).unwrap();
        assert_eq!(read, report);
    }

    #[test]
    fn each_line_names_its_schema_and_kind() {
        let lines = render_lines(&fixture::report());
        let named: Vec<_> = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|line| format!("{} {}", line["schema"], line["kind"]).replace('"', ""))
            .collect();
        assert_eq!(
            named,
            [
                "firstsight.report/1 report",
                "firstsight.finding/1 finding",
                "firstsight.finding/1 finding",
                "firstsight.finding/1 finding",
                "firstsight.event/1 opened",
                "firstsight.event/1 recovered"
            ]
        );
    }

    #[test]
    fn hostile_texts_are_harmless_and_nothing_is_lost() {
        for (name, hostile) in HOSTILE {
            let report = fixture::hostile_report(hostile);
            assert_harmless(
                Medium::Json,
                name,
                &render_lines_with(&report, Records::Shown.into()),
            );
            let document = render_with(&report, Records::Shown.into());
            assert!(!document.contains(|c| c != '\n' && is_unsafe(c)), "{name}");
            assert_eq!(
                serde_json::from_str::<Report>(&document).unwrap(),
                report,
                "{name}"
            );
        }
    }

    /// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
    fn cases(usual: u32) -> ProptestConfig {
        let asked = ProptestConfig::default();
        let cases = u64::from(usual) * u64::from(asked.cases) / 256;
        ProptestConfig {
            cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
            failure_persistence: None,
            ..asked
        }
    }

    proptest! {
        #![proptest_config(cases(16))]

        #[test]
        fn any_text_survives(text in any::<String>()) {
            let report = fixture::hostile_report(&text);
            prop_assert_eq!(serde_json::from_str::<Report>(&render_with(&report, Records::Shown.into())).unwrap(), report);
        }
    }
}
