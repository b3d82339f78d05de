//! Numbers, sizes and lengths of time in words.

/// `12,340`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 record`, `12,340 records`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    let word = if number == 1 { one } else { many };
    format!("{} {word}", thousands(number))
}

/// `once`, `3 times`.
pub(super) fn times(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        number => format!("{} times", thousands(number)),
    }
}

/// `2.5`, `5`: without digits that say nothing.
pub(super) fn rate(rate: f64) -> String {
    format!("{rate:.1}").trim_end_matches(".0").to_owned()
}

/// `about 3.4 GB`, in powers of ten.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if number < 1000 {
        return counted(number, "byte", "bytes");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("about {value:.1} {}", UNITS[unit])
}

/// A length of time in its two largest units: `less than a minute`, `7 min`, `2 h 10 min`, `3 d 4 h`.
pub(super) fn length(millis: i64) -> String {
    let minutes = millis.max(0) / 60_000;
    let (days, hours, rest) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// `20 s`, `7 min`.
pub(super) fn seconds(millis: u64) -> String {
    if millis < 120_000 {
        return format!("{} s", millis / 1000);
    }
    length(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// A whole number of hours as people say it: `hour`, `24 hours`, `14 days`.
pub(super) fn hours(hours: i64) -> String {
    match hours {
        1 => "hour".to_owned(),
        hours if hours > 24 && hours % 24 == 0 => format!("{} days", hours / 24),
        hours => format!("{hours} hours"),
    }
}

/// At most `max` of them, and how many there are besides.
pub(super) fn listed<S: AsRef<str>>(items: &[S], max: usize) -> String {
    let shown: Vec<&str> = items.iter().take(max).map(AsRef::as_ref).collect();
    let more = items.len().saturating_sub(max);
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Like [`listed`], of things that have commas themselves.
pub(super) fn joined(items: &[String], max: usize) -> String {
    let shown: Vec<&str> = items.iter().take(max).map(String::as_str).collect();
    match items.len().saturating_sub(max) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

/// The first characters of a text, with an ellipsis where some are left out.
pub(super) fn cut(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!([rate(2.5), rate(5.0)], ["2.5", "5"]);
    }

    #[test]
    fn sizes_have_one_digit() {
        assert_eq!(
            [1, 999, 1000, 999_949, 999_951, 3_400_000_000].map(bytes),
            [
                "1 byte",
                "999 bytes",
                "about 1.0 kB",
                "about 999.9 kB",
                "about 1.0 MB",
                "about 3.4 GB"
            ]
        );
    }

    #[test]
    fn lengths_have_two_units() {
        let minutes = [0, 7, 60, 130, 1440, 3000].map(|minutes| length(minutes * 60_000));
        assert_eq!(
            minutes,
            [
                "less than a minute",
                "7 min",
                "1 h",
                "2 h 10 min",
                "1 d",
                "2 d 2 h"
            ]
        );
        assert_eq!([1, 24, 336].map(hours), ["hour", "24 hours", "14 days"]);
    }

    #[test]
    fn cuts_fall_between_characters() {
        assert_eq!(cut("東京都", 2), "東京…");
        assert_eq!(cut("東京", 2), "東京");
    }
}
