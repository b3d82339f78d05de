//! The baseline document: clusters carried from one state to another, as lines of JSON.
//!
//! The first line is a header: the schema, the grouping version, and how many clusters and fine templates follow. Then
//! comes one [`BaselineCluster`] a line. A reader takes all of it or nothing: what is cut off, does not fit together, or
//! could not have been exported is refused with its line.
//!
//! ```
//! use firstsight_store::baseline;
//!
//! let document = baseline::write(&[]);
//! assert!(document.starts_with(r#"{"schema":"firstsight.baseline/1""#));
//! assert_eq!(baseline::read(document.as_bytes())?, []);
//! # Ok::<(), baseline::BaselineError>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read as _};

use firstsight_engine::{Bounds, ClusterId, GROUPING_VERSION, Hour, HourCount, Signature, SignatureId};
use serde::{Deserialize, Serialize};

use crate::{BaselineCluster, BaselineTemplate, Said};

/// The schema that this version writes and reads.
pub const SCHEMA: &str = "firstsight.baseline/1";

/// The longest line that is read, in bytes: far more than a cluster of a thousand fine templates has.
pub const MAX_LINE: u64 = 256 << 20;

/// The longest document that is read, in bytes.
pub const MAX_BYTES: u64 = 2 << 30;

/// The most occurrences of one hour that are believed.
const MAX_COUNT: u64 = 1 << 40;

/// Why a document was refused. Nothing of it is taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BaselineError {
    /// It cannot be read to its end.
    #[error("cannot be read")]
    Unreadable {
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A line is not what it has to be.
    #[error("line {line}: {reason}")]
    Line {
        /// Which, from 1 on.
        line: u64,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    schema: String,
    grouping: u32,
    clusters: u64,
    fine_templates: u64,
}

/// Writes a document.
#[must_use]
pub fn write(clusters: &[BaselineCluster]) -> String {
    let header = Header {
        schema: SCHEMA.to_owned(),
        grouping: GROUPING_VERSION,
        clusters: clusters.len() as u64,
        fine_templates: clusters
            .iter()
            .map(|cluster| cluster.templates.len() as u64)
            .sum(),
    };
    let mut document = line(&header);
    for cluster in clusters {
        document.push_str(&line(cluster));
    }
    document
}

fn line<T: Serialize>(value: &T) -> String {
    // Names, numbers and texts only: these always are JSON.
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    line
}

/// Reads a document, line by line.
///
/// # Errors
/// [`BaselineError`]: nothing was taken over.
pub fn read(input: impl BufRead) -> Result<Vec<BaselineCluster>, BaselineError> {
    let mut lines = Lines::new(input);
    let first = lines.next()?;
    let header = first
        .ok_or_else(|| "it is empty; a baseline document begins with a header".to_owned())
        .and_then(|first| header(&first))
        .map_err(|reason| BaselineError::Line { line: 1, reason })?;
    let mut document = Document::default();
    while let Some(text) = lines.next()? {
        let line = lines.number;
        document
            .add(&text, line)
            .map_err(|reason| BaselineError::Line { line, reason })?;
    }
    document.finish(&header).map_err(|reason| BaselineError::Line {
        line: lines.number,
        reason,
    })
}

/// Bounded lines of a document.
struct Lines<R> {
    input: std::io::Take<R>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R) -> Self {
        Self {
            input: input.take(MAX_BYTES),
            number: 0,
        }
    }

    /// The next line, `None` behind the last one.
    fn next(&mut self) -> Result<Option<Vec<u8>>, BaselineError> {
        self.number += 1;
        let mut text = Vec::new();
        let read = self.input.by_ref().take(MAX_LINE).read_until(b'\n', &mut text);
        read.map_err(|source| BaselineError::Unreadable { source })?;
        if text.is_empty() && self.input.limit() > 0 {
            self.number -= 1;
            return Ok(None);
        }
        if text.last() == Some(&b'\n') {
            text.pop();
            return Ok(Some(text));
        }
        let too_long = self.input.limit() == 0 || text.len() as u64 >= MAX_LINE;
        let reason = if too_long {
            format!("the document is too large: a line has at most {MAX_LINE} bytes, all of it {MAX_BYTES}")
        } else {
            "it is cut off; export it again".to_owned()
        };
        let line = self.number;
        Err(BaselineError::Line { line, reason })
    }
}

/// What is wrong with a line's JSON, and where in the line: the parser knows nothing of the lines around it.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or_default();
    format!("{reason}, at byte {}", error.column())
}

fn header(text: &[u8]) -> Result<Header, String> {
    let header: Header = serde_json::from_slice(text)
        .map_err(|error| format!("it is no header of a baseline document: {}", told(&error)))?;
    if header.schema != SCHEMA {
        return Err(format!("its schema is {:?}, not {SCHEMA:?}", header.schema));
    }
    if header.grouping != GROUPING_VERSION {
        return Err(format!(
            "it groups by version {}, this firstsight by version {GROUPING_VERSION}; export it with the same version",
            header.grouping
        ));
    }
    Ok(header)
}

/// What was read so far.
#[derive(Default)]
struct Document {
    clusters: Vec<BaselineCluster>,
    /// On which line each cluster and fine template stands.
    lines: BTreeMap<ClusterId, u64>,
    templates: BTreeMap<SignatureId, u64>,
}

impl Document {
    fn add(&mut self, text: &[u8], line: u64) -> Result<(), String> {
        let cluster: BaselineCluster =
            serde_json::from_slice(text).map_err(|error| format!("it is no cluster: {}", told(&error)))?;
        if let Some(other) = self.lines.insert(cluster.id, line) {
            return Err(format!("cluster {} stands on line {other} already", cluster.id));
        }
        if let Some(said) = &cluster.said {
            check_said(said)?;
        }
        // A value may be known from the beginning of its cluster, where another grouping version told it apart.
        let hours = cluster.templates.iter().flat_map(|template| &template.hours);
        let hours: BTreeSet<Hour> = hours.map(|count| count.hour).collect();
        for template in &cluster.templates {
            check(&cluster, &hours, template)
                .map_err(|reason| format!("fine template {}: {reason}", template.id))?;
            if let Some(other) = self.templates.insert(template.id, line) {
                return Err(format!(
                    "fine template {} stands on line {other} already",
                    template.id
                ));
            }
        }
        self.clusters.push(cluster);
        Ok(())
    }

    fn finish(self, header: &Header) -> Result<Vec<BaselineCluster>, String> {
        let found = (self.clusters.len() as u64, self.templates.len() as u64);
        if found != (header.clusters, header.fine_templates) {
            return Err(format!(
                "the header promises {} clusters with {} fine templates, here are {} with {}; export it again",
                header.clusters, header.fine_templates, found.0, found.1
            ));
        }
        Ok(self.clusters)
    }
}

fn check_said(said: &Said) -> Result<(), String> {
    if said.by.chars().count() > Said::MAX_BY {
        return Err(format!("`by` has more than {} characters", Said::MAX_BY));
    }
    if said.note.chars().count() > Said::MAX_NOTE {
        return Err(format!("`note` has more than {} characters", Said::MAX_NOTE));
    }
    Ok(())
}

/// A fine template's id follows from what it says: another one would count later events for something else.
fn check(
    cluster: &BaselineCluster,
    hours: &BTreeSet<Hour>,
    template: &BaselineTemplate,
) -> Result<(), String> {
    if !is_own(cluster, template) {
        return Err("the id does not belong to its family and text".to_owned());
    }
    check_hours(&template.hours)?;
    let mut last = None;
    for value in &template.values {
        let key = (value.dimension, value.value.as_str());
        if last >= Some(key) {
            return Err("its values are not sorted, each once".to_owned());
        }
        last = Some(key);
        check_hours(&value.hours)?;
        if value.hours.is_empty() || value.hours.iter().any(|count| !hours.contains(&count.hour)) {
            return Err("a value occurs when the cluster does not".to_owned());
        }
    }
    Ok(())
}

/// Whether a fine template is its family's: by its text, or as what stands for all past the family's bound.
fn is_own(cluster: &BaselineCluster, template: &BaselineTemplate) -> bool {
    let family = cluster.family.clone();
    if template.template == Bounds::OVERFLOW && template.id == Bounds::overflow(&family) {
        return true;
    }
    let signature = Signature {
        account: family.account,
        event_source: family.event_source,
        event_name: family.event_name,
        error_code: family.error_code,
        template: template.template.clone(),
    };
    signature.id() == template.id
}

fn check_hours(hours: &[HourCount]) -> Result<(), String> {
    let mut last = None;
    for count in hours {
        let span = count.span;
        if last >= Some(count.hour) {
            return Err("its hours are not sorted, each once".to_owned());
        }
        last = Some(count.hour);
        let inside = span.first.hour() == count.hour && span.last.hour() == count.hour;
        if !inside || span.last < span.first {
            return Err(format!(
                "the occurrences of the hour {} lie elsewhere",
                count.hour
            ));
        }
        if span.count == 0 || span.count > MAX_COUNT {
            return Err(format!("{} occurrences in the hour {}", span.count, count.hour));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{Dimension, FamilyKey, LifeCycle, Span, Time};
    use proptest::prelude::*;

    use super::*;
    use crate::BaselineValue;

    fn cluster(name: &str) -> BaselineCluster {
        let family = FamilyKey {
            account: "111122223333".to_owned(),
            event_source: "iam.amazonaws.com".to_owned(),
            event_name: name.to_owned(),
            error_code: "AccessDenied".to_owned(),
        };
        let signature = Signature {
            account: family.account.clone(),
            event_source: family.event_source.clone(),
            event_name: family.event_name.clone(),
            error_code: family.error_code.clone(),
            template: "no <*>".to_owned(),
        };
        let time: Time = "2026-01-15T11:20:00Z".parse().unwrap();
        let hours = vec![HourCount {
            hour: time.hour(),
            span: Span::at(time),
        }];
        BaselineCluster {
            id: ClusterId(signature.id().0),
            family,
            template: "no \u{202e}\n<userName>".to_owned(),
            life_cycle: LifeCycle::Expected,
            said: Some(Said {
                by: "alice".to_owned(),
                at: time,
                note: "why".to_owned(),
            }),
            founded: time,
            templates: vec![BaselineTemplate {
                id: signature.id(),
                template: signature.template,
                display: (time, "no <userName>".to_owned()),
                values: vec![BaselineValue {
                    dimension: Dimension::Actor,
                    value: "root".to_owned(),
                    hours: hours.clone(),
                }],
                hours,
            }],
        }
    }

    fn refused(document: &str) -> String {
        read(document.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let clusters = vec![cluster("CreateUser"), cluster("DeleteUser")];
        let document = write(&clusters);
        assert_eq!(document.lines().count(), 3);
        assert_eq!(read(document.as_bytes()).unwrap(), clusters);
    }

    #[test]
    fn what_went_past_its_familys_bound_is_carried_over() {
        let mut overflow = cluster("CreateUser");
        overflow.id = Bounds::overflow_cluster(&overflow.family);
        overflow.templates[0].id = Bounds::overflow(&overflow.family);
        overflow.templates[0].template = Bounds::OVERFLOW.to_owned();
        let document = write(std::slice::from_ref(&overflow));
        assert_eq!(read(document.as_bytes()).unwrap(), [overflow.clone()]);
        overflow.templates[0].template.push('!');
        assert!(refused(&write(&[overflow])).contains("does not belong"));
    }

    #[test]
    fn headers_are_checked() {
        assert!(refused("").starts_with("line 1: it is empty"));
        assert!(refused("{\"Records\":[]}\n").starts_with("line 1: it is no header"));
        let document = write(&[cluster("CreateUser")]);
        let other = |from: &str, to: &str| refused(&document.replacen(from, to, 1));
        assert!(other("baseline/1", "baseline/2").contains("its schema is"));
        assert!(other("\"grouping\":", "\"grouping\":9").contains("export it with the same version"));
        assert!(other("\"clusters\":1", "\"clusters\":2").contains("promises 2 clusters"));
    }

    #[test]
    fn a_document_that_is_cut_off_is_refused_wherever_that_is() {
        let document = write(&[cluster("CreateUser"), cluster("DeleteUser")]);
        for end in 0..document.len() {
            assert!(read(&document.as_bytes()[..end]).is_err(), "cut at byte {end}");
        }
    }

    #[test]
    fn what_could_not_have_been_exported_is_refused_with_its_line() {
        let change = |change: fn(&mut BaselineCluster)| {
            let mut clusters = [cluster("CreateUser"), cluster("DeleteUser")];
            change(&mut clusters[1]);
            refused(&write(&clusters))
        };
        let told = [
            change(|cluster| cluster.id = super::tests::cluster("CreateUser").id),
            change(|cluster| cluster.family.account = "444455556666".to_owned()),
            change(|cluster| cluster.templates[0].template.push('!')),
            change(|cluster| cluster.templates[0].hours.clear()),
            change(|cluster| cluster.templates[0].hours[0].span.count = 0),
            change(|cluster| cluster.templates[0].hours[0].span.count = u64::MAX),
            change(|cluster| cluster.templates[0].hours[0].span.last = Time::MAX),
            change(|cluster| {
                let twice = cluster.templates[0].hours[0];
                cluster.templates[0].hours.push(twice);
            }),
            change(|cluster| {
                let twice = cluster.templates[0].values[0].clone();
                cluster.templates[0].values.push(twice);
            }),
            change(|cluster| cluster.said.as_mut().unwrap().note = "x".repeat(Said::MAX_NOTE + 1)),
        ];
        for reason in &told {
            assert!(reason.starts_with("line 3: "), "{reason}");
        }
        let distinct: BTreeSet<_> = told.iter().collect();
        assert!(distinct.len() >= 7, "{distinct:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_read_or_refused(text in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..900) {
            let mut document = write(&[cluster("CreateUser")]).into_bytes();
            let at = at.min(document.len());
            let end = (at + text.len()).min(document.len());
            document.splice(at..end, text);
            if let Ok(clusters) = read(document.as_slice()) {
                prop_assert_eq!(read(write(&clusters).as_bytes()).unwrap(), clusters);
            }
        }
    }
}
