//! The small cookies of the pages: what somebody chose, and what to say on the next page. Sessions are not among them.

use http::HeaderMap;
use http::header::COOKIE;

/// The language that was chosen.
pub(super) const LANGUAGE: &str = "firstsight_lang";
/// The theme that was chosen.
pub(super) const THEME: &str = "firstsight_theme";
/// What the next page says first.
pub(super) const FLASH: &str = "firstsight_flash";

const YEAR: u32 = 365 * 24 * 60 * 60;

/// The value of a cookie that was sent.
pub(super) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A choice that is kept for a year. A script may read and change it.
pub(super) fn keep(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age={YEAR}; SameSite=Strict")
}

/// A word for the next page.
pub(super) fn pass_on(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Max-Age=60; HttpOnly; SameSite=Strict")
}

/// Takes a cookie back.
pub(super) fn drop(name: &str) -> String {
    format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "xfirstsight_lang=en; firstsight_lang=zh".parse().unwrap());
        headers.append(COOKIE, "firstsight_theme=dark".parse().unwrap());
        assert_eq!(read(&headers, LANGUAGE), Some("zh"));
        assert_eq!(read(&headers, THEME), Some("dark"));
        assert_eq!(read(&headers, FLASH), None);
    }
}
