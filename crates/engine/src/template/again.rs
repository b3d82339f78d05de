//! Templates of records that were kept.

use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Timestamp, Visitor};

use super::FineTemplate;

/// The fine template that a kept record gives (see [`Sample::raw`](crate::Sample::raw)), by the templating of a grouping
/// version; `None` when it cannot be read, because it or its message was cut or it is no error event.
#[must_use]
pub fn retemplate(raw: &str, template: fn(&ErrorEvent<'_>) -> FineTemplate) -> Option<FineTemplate> {
    let mut first = First {
        template,
        found: None,
    };
    // It was accepted when it came: now it is not from the future.
    let mut scanner = Scanner::new(ScanOptions::new(Timestamp::MAX));
    scanner.feed(raw.as_bytes(), &mut first);
    scanner.finish(&mut first);
    first.found
}

struct First {
    template: fn(&ErrorEvent<'_>) -> FineTemplate,
    found: Option<FineTemplate>,
}

impl Visitor for First {
    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        if !is_cut(&event.error_message) {
            self.found.get_or_insert_with(|| (self.template)(event));
        }
    }

    fn reject(&mut self, _: &Reject) {}
}

/// Whether only a marker is left of a message, as large records have it, see [`Sample::raw`](crate::Sample::raw).
fn is_cut(message: &str) -> bool {
    let bytes = message
        .strip_prefix("(cut: ")
        .and_then(|rest| rest.strip_suffix(" bytes)"));
    bytes.is_some_and(|bytes| bytes.parse::<usize>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_record_gives_its_template_again_and_a_cut_one_none() {
        let raw = r#"{"eventTime":"2026-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject",
            "errorCode":"NoSuchKey","errorMessage":"no key 17 here","recipientAccountId":"111122223333"}"#;
        let again = retemplate(raw, FineTemplate::of).unwrap();
        assert_eq!(again.identity, "no key <*> here");
        assert_eq!(retemplate(&raw[..60], FineTemplate::of), None);
        assert_eq!(retemplate("", FineTemplate::of), None);
    }

    #[test]
    fn a_record_whose_message_was_cut_gives_none() {
        let record = |message: &str| {
            format!(
                r#"{{"eventTime":"2026-01-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject",
                "errorCode":"NoSuchKey","errorMessage":"{message}","recipientAccountId":"111122223333"}}"#
            )
        };
        let cut =
            crate::summary::shorten::shortened(&record(&"no such key ".repeat(2000)), crate::Sample::MAX_RAW);
        assert!(cut.contains("(cut: "), "{cut}");
        assert_eq!(retemplate(&cut, FineTemplate::of), None);
        assert!(retemplate(&record("(cut: it was)"), FineTemplate::of).is_some());
    }
}
