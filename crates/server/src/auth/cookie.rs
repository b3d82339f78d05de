//! Cookies.

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// The session's.
pub(super) const SESSION: &str = "firstsight_session";

/// The value of a cookie that was sent; of several, the first.
pub(super) fn sent<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// Sets a cookie until the browser is closed. No script reads it, no other site's request carries it, and over TLS it goes by TLS only.
pub(super) fn set(headers: &mut HeaderMap, name: &str, value: &str, tls: bool) {
    append(headers, &format!("{name}={value}{}", attributes(tls)));
}

/// Takes a cookie back.
pub(super) fn clear(headers: &mut HeaderMap, name: &str, tls: bool) {
    append(headers, &format!("{name}={}; Max-Age=0", attributes(tls)));
}

const fn attributes(tls: bool) -> &'static str {
    if tls {
        "; HttpOnly; SameSite=Strict; Path=/; Secure"
    } else {
        "; HttpOnly; SameSite=Strict; Path=/"
    }
}

/// Names and values are ours (hex), so every one is a header's value.
fn append(headers: &mut HeaderMap, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        headers.append(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(sent(&headers, SESSION), None);
        headers.append(
            COOKIE,
            "a=b; xfirstsight_session=no;firstsight_session=one=two"
                .parse()
                .unwrap(),
        );
        headers.append(COOKIE, "firstsight_session=later; empty=".parse().unwrap());
        assert_eq!(sent(&headers, SESSION), Some("one=two"));
        assert_eq!(sent(&headers, "empty"), Some(""));
        assert_eq!(sent(&headers, "another"), None);
    }

    #[test]
    fn cookies_are_for_the_page_alone() {
        let mut headers = HeaderMap::new();
        set(&mut headers, SESSION, "00ff", true);
        clear(&mut headers, SESSION, false);
        let cookies: Vec<_> = headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|cookie| cookie.to_str().unwrap())
            .collect();
        assert_eq!(
            cookies,
            [
                "firstsight_session=00ff; HttpOnly; SameSite=Strict; Path=/; Secure",
                "firstsight_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0",
            ]
        );
    }
}
