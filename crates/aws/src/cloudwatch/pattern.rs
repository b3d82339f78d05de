//! What the service is asked to leave out.

/// Matches every record that can be an error event, and few others: the scanner applies the exact rule.
///
/// Existence is `= *`: `EXISTS` is not supported, says the user guide (filter and pattern syntax, JSON log events).
/// Failed sign-ins have no `errorCode`.
pub const ERRORS: &str = r#"{ ($.errorCode = *) || ($.errorMessage = *) || ($.responseElements.ConsoleLogin = "Failure") || ($.responseElements.CheckMfa = "Failure") || ($.responseElements.SwitchRole = "Failure") }"#;

#[cfg(test)]
mod tests {
    use firstsight_cloudtrail::{ErrorEvent, RecordSeen, Reject, ScanOptions, Scanner, TimeRange, Visitor};
    use firstsight_source::LogSourceExt;
    use firstsight_source::files::FileSource;
    use serde_json::{Value, json};

    use super::ERRORS;

    /// `$.path = value`; any value where there is none.
    #[derive(Debug)]
    struct Term<'a> {
        path: Vec<&'a str>,
        value: Option<&'a str>,
    }

    /// The part of the grammar that the pattern uses: `{ (term) || (term) }`.
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
    fn parse(pattern: &str) -> Vec<Term<'_>> {
        let inner = pattern
            .strip_prefix("{ ")
            .and_then(|text| text.strip_suffix(" }"))
            .unwrap();
        inner
            .split(" || ")
            .map(|term| {
                let term = term
                    .strip_prefix('(')
                    .and_then(|text| text.strip_suffix(')'))
                    .unwrap();
                let (path, value) = term.split_once(" = ").unwrap();
                let value = match value {
                    "*" => None,
                    text => Some(
                        text.strip_prefix('"')
                            .and_then(|text| text.strip_suffix('"'))
                            .unwrap(),
                    ),
                };
                Term {
                    path: path.strip_prefix("$.").unwrap().split('.').collect(),
                    value,
                }
            })
            .collect()
    }

    impl Term<'_> {
        /// Strict where the service is not documented: no null and nothing nested counts as a value.
        fn matches(&self, record: &Value) -> bool {
            let found = self.path.iter().try_fold(record, |value, key| value.get(key));
            match (found, self.value) {
                (None | Some(Value::Null | Value::Array(_) | Value::Object(_)), _) => false,
                (Some(_), None) => true,
                (Some(found), Some(value)) => found == value,
            }
        }
    }

    fn lets_through(record: &Value) -> bool {
        parse(ERRORS).iter().any(|term| term.matches(record))
    }

    /// How many error events there are, and those that the pattern would have kept back.
    #[derive(Default)]
    struct Checked {
        errors: usize,
        records: usize,
        kept_back: Vec<String>,
    }

    impl Visitor for Checked {
        fn record(&mut self, _: &RecordSeen<'_>) {
            self.records += 1;
        }
        fn error_event(&mut self, event: &ErrorEvent<'_>) {
            self.errors += 1;
            if !lets_through(&serde_json::from_str(event.raw).unwrap()) {
                self.kept_back.push(event.raw.to_owned());
            }
        }
        fn reject(&mut self, _: &Reject) {}
    }

    impl Checked {
        fn scan(&mut self, bytes: &[u8]) {
            let mut scanner = Scanner::new(ScanOptions::new("2030-01-01T00:00:00Z".parse().unwrap()));
            scanner.feed(bytes, self);
            scanner.finish(self);
        }
    }

    #[test]
    fn the_service_takes_a_pattern_of_this_length() {
        assert!(ERRORS.len() <= 1024);
        assert_eq!(parse(ERRORS).len(), 5);
    }

    #[test]
    fn each_kind_of_error_event_is_let_through() {
        let failures = [
            json!({"errorCode": "AccessDenied"}),
            json!({"errorCode": "AccessDenied", "errorMessage": null}),
            json!({"errorMessage": "Failed authentication"}),
            json!({"errorCode": null, "errorMessage": "x"}),
            json!({"responseElements": {"ConsoleLogin": "Failure"}}),
            json!({"responseElements": {"CheckMfa": "Failure"}}),
            json!({"responseElements": {"SwitchRole": "Failure"}}),
        ];
        let mut checked = Checked::default();
        for mut record in failures.clone() {
            record["eventTime"] = "2026-01-01T00:00:00Z".into();
            checked.scan(record.to_string().as_bytes());
        }
        assert_eq!((checked.errors, checked.kept_back), (failures.len(), Vec::new()));
    }

    #[test]
    fn other_records_are_kept_back() {
        for record in [
            json!({"eventName": "GetRole"}),
            json!({"errorCode": null}),
            json!({"responseElements": null}),
            json!({"responseElements": {"ConsoleLogin": "Success"}}),
            json!({"requestParameters": {"errorCode": "x"}}),
        ] {
            assert!(!lets_through(&record), "{record}");
        }
    }

    #[tokio::test]
    #[allow(
        clippy::disallowed_methods,
        clippy::print_stderr,
        reason = "tests are told by the environment where the recordings are"
    )]
    async fn every_error_event_of_the_recordings_is_let_through() {
        let Some(folder) = std::env::var_os("FIRSTSIGHT_REAL_DATA").filter(|folder| !folder.is_empty())
        else {
            eprintln!("not run: FIRSTSIGHT_REAL_DATA names no folder of recordings");
            return;
        };
        let units = FileSource::new([folder])
            .read_units(&TimeRange::ALL)
            .await
            .unwrap();
        let mut checked = Checked::default();
        for unit in units {
            checked.scan(&unit.bytes);
        }
        assert_eq!(checked.kept_back, [""; 0]);
        assert!(
            checked.errors > 100 && checked.records > checked.errors,
            "{} of {}",
            checked.errors,
            checked.records
        );
    }
}
