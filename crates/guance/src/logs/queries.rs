//! What is asked of Guance: one function, so that a test, or a way to Guance that is not the OpenAPI, can stand in.

use std::fmt::{self, Debug};

use async_trait::async_trait;
use firstsight_source::SourceError;

use crate::client::{DqlPage, DqlQuery, OpenApi};
use crate::error::GuanceError;

/// Something that answers DQL queries of logs: sorted by time, the oldest first, without sampling, every column.
#[async_trait]
pub trait Queries: Debug + Send + Sync {
    /// A page of rows.
    ///
    /// # Errors
    /// When it cannot be had; the same query may be made again.
    async fn query(&self, query: &DqlQuery) -> Result<DqlPage, GuanceError>;
}

#[async_trait]
impl Queries for OpenApi {
    async fn query(&self, query: &DqlQuery) -> Result<DqlPage, GuanceError> {
        Self::query(self, query).await
    }
}

/// The index that holds what no rule sends to another one
/// (<https://docs.guance.com/en/logs/multi-index/>).
pub(super) const DEFAULT_INDEX: &str = "default";

/// Log sources in an index: one by its name, or all that a regular expression matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    /// As it was given.
    text: String,
    index: Option<String>,
}

impl Spec {
    /// # Errors
    /// [`SourceError::Invalid`] for what cannot be said in DQL. It knows no escapes inside backticks and none that its
    /// pages tell of inside quotes, so what would need one is refused: no name may end the text that it stands in.
    pub(super) fn new(text: &str, index: Option<&str>) -> Result<Self, SourceError> {
        let invalid = |reason: &str| SourceError::Invalid {
            name: format!("guance-logs:{}", text.escape_debug()),
            reason: reason.to_owned(),
        };
        let name = pattern_of(text).unwrap_or(text);
        if name.trim().is_empty() {
            return Err(invalid("the name of the log source is empty"));
        }
        if !is_quotable(name) {
            return Err(invalid(
                "a log source has no backtick and no control character in its name",
            ));
        }
        if pattern_of(text).is_none() && text.contains('*') {
            return Err(invalid(
                "a name has no star: write a regular expression, as re(aws-cloudtrail-.*)",
            ));
        }
        if index.is_some_and(|index| !is_index(index)) {
            return Err(invalid("an index is named by letters, digits, _ and -"));
        }
        Ok(Self {
            text: text.to_owned(),
            index: index.map(str::to_owned),
        })
    }

    /// The query for every column of every log.
    pub(super) fn dql(&self) -> String {
        let source = match pattern_of(&self.text) {
            Some(pattern) => format!("re(`{pattern}`)"),
            None => format!("`{}`", self.text),
        };
        let filter = match &self.index {
            Some(index) => format!(" {{ `index` = '{index}' }}"),
            None => String::new(),
        };
        format!("L::{source}:(`*`){filter}")
    }
}

/// Names a lane: what its partitions' ids begin with.
impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = self.index.as_deref().unwrap_or(DEFAULT_INDEX);
        write!(f, "guance-logs:{index}:{}", self.text)
    }
}

/// The regular expression of `re(…)`, with or without quotes of its own.
fn pattern_of(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("re(")?.strip_suffix(')')?;
    let unquoted = |quote| inner.strip_prefix(quote)?.strip_suffix(quote);
    Some(['`', '"', '\''].into_iter().find_map(unquoted).unwrap_or(inner))
}

fn is_quotable(name: &str) -> bool {
    !name.contains(|character: char| character == '`' || character.is_control())
}

fn is_index(name: &str) -> bool {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !name.is_empty() && name.bytes().all(is_fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dql(source: &str, index: Option<&str>) -> Result<String, String> {
        let spec = Spec::new(source, index).map_err(|error| error.to_string())?;
        Ok(spec.dql())
    }

    #[test]
    fn a_source_is_named_in_backticks_and_a_pattern_is_passed_on() {
        let fine = [
            ("cloudtrail", None, "L::`cloudtrail`:(`*`)"),
            (
                "/aws/cloudtrail.logs#1 'x' \"y\"",
                None,
                "L::`/aws/cloudtrail.logs#1 'x' \"y\"`:(`*`)",
            ),
            ("审计", Some("audit_1"), "L::`审计`:(`*`) { `index` = 'audit_1' }"),
            ("re(.*trail)", None, "L::re(`.*trail`):(`*`)"),
            ("re(\"a|b\")", None, "L::re(`a|b`):(`*`)"),
            ("re('a|b')", None, "L::re(`a|b`):(`*`)"),
            ("re(`a|b`)", None, "L::re(`a|b`):(`*`)"),
        ];
        for (source, index, expected) in fine {
            assert_eq!(dql(source, index).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_could_end_its_quotes_is_refused() {
        let hostile = [
            ("a`:(`*`) { 1 = 1 } L::`b", None),
            ("re(a`):(`x`)", None),
            ("a\nb", None),
            ("a\u{1b}[31m", None),
            ("", None),
            (" ", None),
            ("re()", None),
            ("aws-cloudtrail-*", None),
            ("a", Some("")),
            ("a", Some("x' } L::`b` { 'a' = 'a")),
            ("a", Some("x\\")),
        ];
        for (source, index) in hostile {
            let error = dql(source, index).expect_err(source);
            assert!(error.starts_with("guance-logs:"), "{error}");
            assert!(!error.contains(['\n', '\u{1b}']), "{error:?}");
        }
    }

    #[test]
    fn lanes_are_told_apart_by_index_and_name() {
        let name = |source, index| Spec::new(source, index).unwrap().to_string();
        assert_eq!(name("cloudtrail", None), "guance-logs:default:cloudtrail");
        assert_eq!(name("a@b", Some("audit")), "guance-logs:audit:a@b");
    }
}
