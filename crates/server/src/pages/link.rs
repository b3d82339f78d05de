//! Addresses: paths and queries, with every value encoded.

use std::fmt::Write as _;

/// A value as a part of a path or query: all but unreserved characters are percent-encoded (RFC 3986, section 2.3).
#[must_use]
pub(crate) fn encoded(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// A path with a query; pairs without a value are left out.
#[must_use]
pub(crate) fn link(path: &str, pairs: &[(&str, &str)]) -> String {
    let query: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| format!("{key}={}", encoded(value)))
        .collect();
    joined(path, &query)
}

/// This path and query with these pairs in place of what it had under their keys.
#[must_use]
pub(crate) fn with(path: &str, query: &str, pairs: &[(&str, &str)]) -> String {
    let replaced = |key: &str| pairs.iter().any(|(other, _)| *other == key);
    let kept = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !replaced(key_of(pair)));
    let mut all: Vec<String> = kept.map(str::to_owned).collect();
    all.extend(
        pairs
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| format!("{key}={}", encoded(value))),
    );
    joined(path, &all)
}

/// The page of an event.
#[must_use]
pub(crate) fn event(id: &str) -> String {
    format!("/events/{}", encoded(id))
}

/// The page of a cluster, as one inspection knows it.
#[must_use]
pub(crate) fn cluster(inspection: &str, id: &str) -> String {
    format!("/clusters/{}/{}", encoded(inspection), encoded(id))
}

/// The page of an inspection.
#[must_use]
pub(crate) fn inspection(name: &str) -> String {
    format!("/inspections/{}", encoded(name))
}

/// Where a form leads back to: a path of this server, or the overview.
#[must_use]
pub(crate) fn local(path: &str) -> &str {
    let is_path = path.starts_with('/') && !path.starts_with("//");
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path && is_plain { path } else { "/" }
}

fn key_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(key, _)| key)
}

fn joined(path: &str, query: &[String]) -> String {
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out_of_an_address() {
        assert_eq!(
            link("/events", &[("text", "a&b=\"<\u{202e}"), ("actor", "")]),
            "/events?text=a%26b%3D%22%3C%E2%80%AE"
        );
        assert_eq!(event("../x y"), "/events/..%2Fx%20y");
        assert_eq!(cluster("prod/eu", "ab"), "/clusters/prod%2Feu/ab");
    }

    #[test]
    fn a_query_keeps_what_is_not_replaced() {
        let here = |pairs: &[(&str, &str)]| with("/events", "status=ok&cursor=x&text=a%20b", pairs);
        assert_eq!(
            here(&[("cursor", "y z")]),
            "/events?status=ok&text=a%20b&cursor=y%20z"
        );
        assert_eq!(here(&[("cursor", ""), ("status", ""), ("text", "")]), "/events");
    }

    #[test]
    fn forms_lead_back_to_this_server_only() {
        for away in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "/a\r\nb",
            "",
            "x",
            "/é",
        ] {
            assert_eq!(local(away), "/", "{away:?}");
        }
        assert_eq!(local("/events/ab?x=1"), "/events/ab?x=1");
    }
}
