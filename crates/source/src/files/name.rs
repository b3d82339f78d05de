//! Paths as text that can be stored, shown and read back.
//!
//! A path is bytes; ids and positions are text, and are shown to people. What is no UTF-8, and what steers a terminal,
//! is written as `%XX`, and so is `%` itself; everything else stands as it is.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::UnitId;

/// The path as text; [`decode`] reads it back.
pub(super) fn encode(path: &Path) -> String {
    let mut text = String::new();
    for chunk in to_bytes(path).utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() || character == '%' {
                escape(&mut text, character.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                text.push(character);
            }
        }
        escape(&mut text, chunk.invalid());
    }
    text
}

fn escape(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(text, "%{byte:02X}");
    }
}

/// The path that [`encode`] gave this text for; `None` for text that it gives for no path.
pub(super) fn decode(text: &str) -> Option<PathBuf> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, escaped)) = rest.split_once('%') {
        bytes.extend_from_slice(plain.as_bytes());
        let (digits, after) = escaped.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    bytes.extend_from_slice(rest.as_bytes());
    from_bytes(bytes)
}

#[cfg(unix)]
fn to_bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a path is not any bytes")]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    let path: OsString = std::os::unix::ffi::OsStringExt::from_vec(bytes);
    Some(path.into())
}

#[cfg(not(unix))]
fn to_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

#[cfg(not(unix))]
fn from_bytes(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes)
        .ok()
        .map(|text| OsString::from(text).into())
}

/// A file's unit: its path with links resolved, its size in bytes, and when it was last written (seconds since 1970,
/// to the nanosecond).
pub(super) fn unit_of(resolved: &Path, metadata: &Metadata) -> UnitId {
    let modified = metadata.modified().map_or_else(|_| "-".into(), seconds);
    UnitId(format!(
        "{} size={} modified={modified}",
        encode(resolved),
        metadata.len()
    ))
}

fn seconds(time: SystemTime) -> String {
    let (sign, span) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => ("", after),
        Err(before) => ("-", before.duration()),
    };
    format!("{sign}{}.{:09}", span.as_secs(), span.subsec_nanos())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_path_reads_as_it_is_and_what_steers_a_terminal_is_escaped() {
        assert_eq!(encode(Path::new("/logs/größe 1.json")), "/logs/größe 1.json");
        assert_eq!(
            encode(Path::new("/a\u{1b}[31m\n%\u{9b}")),
            "/a%1B[31m%0A%25%C2%9B"
        );
    }

    #[test]
    fn text_that_is_no_encoding_is_refused() {
        for text in ["%", "%4", "/a%zz", "/a%é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn times_before_1970_are_told() {
        assert_eq!(
            seconds(UNIX_EPOCH + Duration::new(1_700_000_000, 7)),
            "1700000000.000000007"
        );
        assert_eq!(seconds(UNIX_EPOCH - Duration::from_millis(1500)), "-1.500000000");
    }

    #[cfg(unix)]
    proptest! {
        #[test]
        fn any_path_round_trips(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let path = from_bytes(bytes).unwrap();
            let text = encode(&path);
            prop_assert!(!text.chars().any(char::is_control));
            prop_assert_eq!(decode(&text), Some(path));
        }
    }
}
