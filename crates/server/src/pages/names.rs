//! Names as lists show them: short, with the whole name beside them.

use firstsight_engine::Locale;
use firstsight_sink::text::cut;
use maud::{Markup, html};

use super::words::{self, fill};

/// `iam.amazonaws.com` as `iam`.
pub(super) fn service(name: &str) -> &str {
    name.strip_suffix(".amazonaws.com").unwrap_or(name)
}

/// `arn:aws:iam::111122223333:role/platform/Deploy` as `role/…/Deploy`, a session as its role and name.
pub(super) fn actor(name: &str) -> String {
    let resource = match name.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", _, _, _, _, resource] if !resource.is_empty() => *resource,
        _ => return name.to_owned(),
    };
    match resource.split('/').collect::<Vec<_>>().as_slice() {
        ["assumed-role", rest @ ..] => rest.join("/"),
        [kind, _, .., last] => format!("{kind}/…/{last}"),
        _ => resource.to_owned(),
    }
}

/// Some names, and how many more there are.
pub(super) fn few(locale: Locale, names: &[String], most: usize, short: impl Fn(&str) -> String) -> Markup {
    let more = names.len().saturating_sub(most);
    html! {
        @for (index, name) in names.iter().take(most).enumerate() {
            @if index > 0 { br; }
            bdi title=(cut(name)) { (cut(&short(name))) }
        }
        @if more > 0 { " " span.muted { (fill(words::common::of(locale).more, &[&more])) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_still_tell() {
        assert_eq!(service("iam.amazonaws.com"), "iam");
        for (name, short) in [
            ("arn:aws:iam::111122223333:role/platform/Deploy", "role/…/Deploy"),
            ("arn:aws:iam::111122223333:user/alice", "user/alice"),
            ("arn:aws:iam::111122223333:root", "root"),
            (
                "arn:aws:sts::111122223333:assumed-role/ReadOnly/alice@example.com",
                "ReadOnly/alice@example.com",
            ),
            ("cloudtrail.amazonaws.com", "cloudtrail.amazonaws.com"),
            ("arn:aws:iam::1:", "arn:aws:iam::1:"),
        ] {
            assert_eq!(actor(name), short);
        }
    }
}
