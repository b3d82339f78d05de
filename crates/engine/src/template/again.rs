//! Templates of records that were kept.

use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Timestamp, Visitor};

use super::FineTemplate;

/// The fine template that a kept record gives (see [`Sample::raw`](crate::Sample::raw)), by the templating of a grouping
/// version; `None` when it cannot be read, because it was cut or is no error event.
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
        self.found.get_or_insert_with(|| (self.template)(event));
    }

    fn reject(&mut self, _: &Reject) {}
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
}
