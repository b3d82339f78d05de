//! Finding the next record after a broken one.
//!
//! Where brackets or quotes do not balance, no end can be told by structure. Reading goes on at the next place that
//! looks like a start: a line that begins with a value (between values), or an object whose first key is one that
//! records and their containers have. Inside a JSON string such a place cannot look the same: its quotes would be
//! escaped.

use memchr::{memchr_iter, memchr2_iter};

use super::structure::is_space;

/// The first keys that tell a record or a container. Sources: record contents in the AWS CloudTrail user guide; the
/// outputs of `lookup-events`, FilterLogEvents and CloudWatch Logs subscriptions; EventBridge's event structure.
const STARTS: [&[u8]; 28] = [
    b"Records",
    b"Events",
    b"events",
    b"logEvents",
    b"messageType",
    b"eventVersion",
    b"userIdentity",
    b"eventTime",
    b"eventSource",
    b"eventName",
    b"awsRegion",
    b"sourceIPAddress",
    b"userAgent",
    b"errorCode",
    b"errorMessage",
    b"eventID",
    b"eventType",
    b"requestID",
    b"recipientAccountId",
    b"EventId",
    b"EventName",
    b"CloudTrailEvent",
    b"logStreamName",
    b"timestamp",
    b"message",
    b"detail",
    b"detail-type",
    b"version",
];

/// So many of the first keys are those of containers.
const CONTAINERS: usize = 5;

/// How much of a start is looked at: longer runs of whitespace are not followed.
const LOOK_AHEAD: usize = 64;

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A value starts at this index; `outermost`: a container that stands by itself.
    Start { at: usize, outermost: bool },
    /// None before this index; from there on more text is needed.
    NotBefore(usize),
}

/// Searches `buf` from `from` for the next start. `before` is what stands before the buffer (0 at the very start), and
/// `lines` tells whether any line that begins with an object or array is one.
pub(super) fn find(buf: &[u8], from: usize, before: u8, lines: bool) -> Found {
    let text = buf.get(from..).unwrap_or_default();
    for at in memchr2_iter(b'{', b'[', text).map(|found| from + found) {
        let previous = at.checked_sub(1).map_or(Some(&before), |i| buf.get(i));
        let alone = matches!(previous, Some(0 | b'\n'));
        match known_start(buf.get(at..).unwrap_or_default()) {
            Known::Yes { container } => {
                let outermost = container && (alone || previous == Some(&b'}'));
                return Found::Start { at, outermost };
            }
            Known::TooShort => return Found::NotBefore(at),
            Known::No if lines && alone => return Found::Start { at, outermost: true },
            Known::No => {}
        }
    }
    Found::NotBefore(buf.len())
}

/// The next place from `from` on where a record as AWS writes it starts, with its `eventVersion`. Stricter than
/// [`find`], for text whose brackets seem to balance.
pub(super) fn find_record(text: &[u8], from: usize) -> Option<usize> {
    let mut starts = memchr_iter(b'{', text.get(from..).unwrap_or_default()).map(|found| from + found);
    starts.find(|&at| {
        let inner = text.get(at + 1..).unwrap_or_default().trim_ascii_start();
        inner.starts_with(b"\"eventVersion\"")
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Yes { container: bool },
    No,
    TooShort,
}

/// Whether an object with a known first key starts here, or the text is too short to tell.
fn known_start(text: &[u8]) -> Known {
    let limit = text.len().min(LOOK_AHEAD);
    let window = text.get(..limit).unwrap_or_default();
    let undecided = if limit == LOOK_AHEAD {
        Known::No
    } else {
        Known::TooShort
    };
    let Some(inner) = window.strip_prefix(b"{") else {
        return Known::No;
    };
    let Some(quote) = inner.iter().position(|&byte| !is_space(byte)) else {
        return undecided;
    };
    if inner.get(quote) != Some(&b'"') {
        return Known::No;
    }
    let key = inner.get(quote + 1..).unwrap_or_default();
    let is_key = |start: &&[u8]| key.starts_with(start) && key.get(start.len()) == Some(&b'"');
    if let Some(found) = STARTS.iter().position(is_key) {
        return Known::Yes {
            container: found < CONTAINERS,
        };
    }
    if STARTS.iter().any(|start| start.starts_with(key)) {
        undecided
    } else {
        Known::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, lines: bool) -> Found {
        find(text.as_bytes(), 0, b'x', lines)
    }

    fn start(at: usize, outermost: bool) -> Found {
        Found::Start { at, outermost }
    }

    #[test]
    fn a_start_is_a_known_first_key_or_a_line() {
        assert_eq!(at(r#"x},{"eventVersion":"1.08"}"#, false), start(3, false));
        assert_eq!(at("x},{ \n \"eventTime\" :1}", false), start(3, false));
        assert_eq!(at(r#"x},{"bucketName":"b"},{"#, false), Found::NotBefore(22));
        assert_eq!(at(r#"{\"eventVersion\":1}"#, false), Found::NotBefore(20));
        assert_eq!(at("x\n{1", true), start(2, true));
        assert_eq!(at("x\n {1", true), Found::NotBefore(5));
        assert_eq!(at("x\n{1", false), Found::NotBefore(4));
    }

    #[test]
    fn a_container_that_stands_by_itself_is_outermost() {
        assert_eq!(at("x\n{\"Records\":[", false), start(2, true));
        assert_eq!(at("}{\"messageType\":", false), start(1, true));
        assert_eq!(at(",{\"Records\":[", false), start(1, false));
        assert_eq!(at("\n{\"eventTime\":", false), start(1, false));
    }

    #[test]
    fn the_answer_does_not_depend_on_where_the_text_was_cut() {
        for (text, lines) in [
            (r#"ab},{"eventVersion":"1.08"}"#, false),
            ("ab,\n{\"Records\":[", true),
        ] {
            let whole = at(text, lines);
            assert!(matches!(whole, Found::Start { at: 4, .. }));
            for cut in 0..text.len() {
                match at(&text[..cut], lines) {
                    Found::NotBefore(from) => assert_eq!(find(text.as_bytes(), from, b'x', lines), whole),
                    found => assert_eq!(found, whole),
                }
            }
        }
    }
}
