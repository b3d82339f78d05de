//! Texts for people: how numbers, times and names are written.

use std::borrow::Cow;

use firstsight_engine::{ClusterId, Finding, Range, Sample, Time};

/// Longer texts are cut for people: CloudTrail itself cuts an error message at 1,024 characters.
/// Source: AWS CloudTrail user guide, record contents (`errorMessage`).
pub const LONGEST: usize = 2048;

/// The text, cut after [`LONGEST`] characters with a word about what is missing.
#[must_use]
pub fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            Cow::Owned(format!(
                "{kept}… ({} more bytes)",
                thousands((text.len() - end) as u64)
            ))
        }
    }
}

/// `1204` as `1,204`.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The first digits of a cluster's id, as many as lists show: commands take them for the whole.
#[must_use]
pub fn short(cluster: ClusterId) -> String {
    cluster.to_string().chars().take(12).collect()
}

/// `1 account`, `2 accounts`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// Bytes in decimal units, to three digits: `207 MB`.
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if number < 1000 {
        return counted(number, "byte", "bytes");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!(
        "{value:.digits$} {}",
        UNITS.get(unit).copied().unwrap_or_default()
    )
}

/// Hours as people say them: `1 hour`, `36 hours`, `14 days`.
pub(crate) fn hours(number: i64) -> String {
    let number = number.max(0).unsigned_abs();
    if number >= 48 && number.is_multiple_of(24) {
        counted(number / 24, "day", "days")
    } else {
        counted(number, "hour", "hours")
    }
}

/// The whole hours of a range.
pub(crate) fn hours_in(range: Range) -> i64 {
    range.end.hour().index() - range.start.hour().index()
}

/// `2026-03-14`.
#[must_use]
pub fn date(time: Time) -> String {
    time.to_string().chars().take(10).collect()
}

/// `10:02:33`.
#[must_use]
pub fn clock(time: Time) -> String {
    time.to_string().chars().skip(11).take(8).collect()
}

/// `2026-03-14 10:02`.
#[must_use]
pub fn minute(time: Time) -> String {
    format!("{} {}", date(time), clock(time).get(..5).unwrap_or_default())
}

/// `2026-03-14 10:00 to 11:00 UTC`.
#[must_use]
pub fn range(range: Range) -> String {
    let end = minute(range.end);
    let end = if date(range.start) == date(range.end) {
        end.get(11..).unwrap_or_default()
    } else {
        &end
    };
    format!("{} to {end} UTC", minute(range.start))
}

/// When a finding's occurrences were: `10:02:33`, `10:02:33 to 10:41:00`, with the date where it is not `day`.
pub(crate) fn moments(first: Time, last: Time, day: &str) -> String {
    let told = |time: Time, day: &str| {
        if date(time) == day {
            clock(time)
        } else {
            format!("{} {}", date(time), clock(time))
        }
    };
    if first == last {
        told(first, day)
    } else {
        format!("{} to {}", told(first, day), told(last, &date(first)))
    }
}

/// `iam.amazonaws.com` and `CreateUser` as `iam:CreateUser`.
#[must_use]
pub fn call(event_source: &str, event_name: &str) -> String {
    let or_unknown = |text: &str| if text.is_empty() { "unknown" } else { text }.to_owned();
    let service = event_source
        .strip_suffix(".amazonaws.com")
        .unwrap_or(event_source);
    format!("{}:{}", or_unknown(service), or_unknown(event_name))
}

/// The finding's error code, or what to say where there is none.
pub(crate) fn error_code(finding: &Finding) -> &str {
    if finding.error_code.is_empty() {
        "no error code"
    } else {
        &finding.error_code
    }
}

/// What is special about a finding, in short words.
pub(crate) fn states(finding: &Finding) -> impl Iterator<Item = &'static str> {
    [
        (finding.late, "late"),
        (finding.learning, "learning"),
        (finding.recorded, "reported before"),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, word)| word)
}

/// A sample's `eventID`, else its identity.
#[must_use]
pub fn sample_id(sample: &Sample) -> String {
    if sample.event_id.is_empty() {
        sample.identity.to_string()
    } else {
        sample.event_id.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        assert_eq!(cut("short"), "short");
        let long = "é".repeat(LONGEST + 1);
        assert!(cut(&long).ends_with("é… (2 more bytes)"));
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [0, 999, 1000, 839_305, 1_234_567].map(thousands),
            ["0", "999", "1,000", "839,305", "1,234,567"]
        );
        assert_eq!(
            [1, 999, 1000, 999_499, 999_500, 206_900_000, u64::MAX].map(bytes),
            [
                "1 byte",
                "999 bytes",
                "1.00 kB",
                "999 kB",
                "1.00 MB",
                "207 MB",
                "18.4 EB"
            ]
        );
        assert_eq!(
            [1, 24, 36, 48, 336, -1].map(hours),
            ["1 hour", "24 hours", "36 hours", "2 days", "14 days", "0 hours"]
        );
    }

    #[test]
    fn ranges_name_the_date_once() {
        let hour = Range::new(at("2026-03-14T10:00:00Z"), at("2026-03-14T11:00:00Z"));
        assert_eq!(range(hour), "2026-03-14 10:00 to 11:00 UTC");
        let night = Range::new(at("2026-03-14T23:00:00Z"), at("2026-03-15T00:00:00Z"));
        assert_eq!(range(night), "2026-03-14 23:00 to 2026-03-15 00:00 UTC");
        assert_eq!(moments(hour.start, hour.start, "2026-03-14"), "10:00:00");
        assert_eq!(
            moments(hour.start, night.end, "2026-03-13"),
            "2026-03-14 10:00:00 to 2026-03-15 00:00:00"
        );
    }

    #[test]
    fn calls_are_named_by_service() {
        assert_eq!(call("iam.amazonaws.com", "CreateUser"), "iam:CreateUser");
        assert_eq!(call("", ""), "unknown:unknown");
        assert_eq!(call("example.com", "X"), "example.com:X");
    }
}
