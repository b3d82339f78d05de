//! Addresses with places to be filled in.

use std::fmt::Write as _;

use crate::event::Event;

/// An address with places to be filled in: `{event}`, `{fault}`, `{account}`, `{inspection}`, `{cluster}`, `{start_ms}` and
/// `{end_ms}` (of the window). What is filled in is percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTemplate(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(Place),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Event,
    Fault,
    Account,
    Inspection,
    Cluster,
    Start,
    End,
}

impl Place {
    const ALL: [(&'static str, Self); 7] = [
        ("event", Self::Event),
        ("fault", Self::Fault),
        ("account", Self::Account),
        ("inspection", Self::Inspection),
        ("cluster", Self::Cluster),
        ("start_ms", Self::Start),
        ("end_ms", Self::End),
    ];

    fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, place)| place).ok_or_else(|| {
            let known = Self::ALL.map(|(known, _)| format!("{{{known}}}"));
            format!(
                "no place is called {{{}}}: use {}",
                name.escape_debug(),
                known.join(", ")
            )
        })
    }
}

impl LinkTemplate {
    /// Addresses that are longer once filled in are left out: browsers and chats cut them.
    pub(super) const LONGEST: usize = 2_000;

    /// A template; `Err` names the place that is unknown, or says that it is no `http(s)` address.
    ///
    /// # Errors
    /// Says what is wrong, for people.
    pub fn new(text: &str) -> Result<Self, String> {
        check_address(text)?;
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, from)) = rest.split_once('{') {
            let (name, after) = from.split_once('}').ok_or("a { has no }")?;
            pieces.push(Piece::Text(before.to_owned()));
            pieces.push(Piece::Place(Place::named(name)?));
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        let stray = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains('}'));
        if pieces.iter().any(stray) {
            return Err("a } has no {".to_owned());
        }
        Ok(Self(pieces))
    }

    /// The address for an event (and one of its clusters, `{cluster}` being empty without one).
    #[must_use]
    pub fn fill(&self, event: &Event, cluster: Option<&str>) -> String {
        let mut url = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => url.push_str(text),
                Piece::Place(place) => encode(&mut url, &place.value(event, cluster)),
            }
        }
        url
    }

    /// Whether it leads to one cluster.
    pub(super) fn names_cluster(&self) -> bool {
        self.0.contains(&Piece::Place(Place::Cluster))
    }
}

impl Place {
    fn value(self, event: &Event, cluster: Option<&str>) -> String {
        match self {
            Self::Event => event.id.clone(),
            Self::Fault => event.fault.id.clone(),
            Self::Account => event.account.clone(),
            Self::Inspection => event.inspection.clone(),
            Self::Cluster => cluster.unwrap_or_default().to_owned(),
            Self::Start => event.window.start.as_millis().to_string(),
            Self::End => event.window.end.as_millis().to_string(),
        }
    }
}

/// What an address has to be before its places are looked at.
fn check_address(text: &str) -> Result<(), String> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.starts_with(scheme));
    let scheme = scheme.ok_or("a link begins with https:// or http://")?;
    let rest = text.strip_prefix(scheme).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || host.contains(['{', '}']) {
        return Err("a link names its host, without places".to_owned());
    }
    if host.contains('@') {
        return Err(
            "a link holds no user name or password: everybody who reads the message would".to_owned(),
        );
    }
    // What RFC 3986 has in no address.
    let allowed = |c: char| c.is_ascii_graphic() && !"\"<>\\^`|".contains(c);
    match text.chars().find(|c| !allowed(*c)) {
        None => Ok(()),
        Some(c) => Err(format!("a link does not hold {c:?}: write it percent-encoded")),
    }
}

/// Appends a value with everything but RFC 3986's unreserved characters percent-encoded.
fn encode(url: &mut String, value: &str) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conformance::fixture;

    #[test]
    fn places_are_filled_in() {
        let link =
            LinkTemplate::new("https://example.com/{account}/{inspection}?c={cluster}&t={start_ms},{end_ms}")
                .unwrap();
        assert_eq!(
            link.fill(&fixture::event(1), Some("ab12")),
            "https://example.com/111122223333/default?c=ab12&t=1773482400000,1773486000000"
        );
        assert!(link.fill(&fixture::event(1), None).contains("?c=&t="));
        let event = fixture::event(1);
        let link = LinkTemplate::new("http://localhost:8080/{event}#{fault}").unwrap();
        assert_eq!(
            link.fill(&event, None),
            format!("http://localhost:8080/{}#{}", event.id, event.fault.id)
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, said) in [
            ("ftp://example.com/", "begins with https://"),
            ("javascript:alert(1)//https://", "begins with https://"),
            ("https://", "names its host"),
            ("https://{account}.example.com/", "names its host"),
            ("https://a:b@example.com/", "no user name"),
            (
                "https://example.com/{events}",
                "no place is called {events}: use {event}, ",
            ),
            ("https://example.com/{event", "a { has no }"),
            ("https://example.com/event}", "a } has no {"),
            ("https://example.com/{{event}}", "no place is called {{event}"),
            ("https://example.com/a b", "does not hold ' '"),
            ("https://example.com/é", "does not hold 'é'"),
        ] {
            let error = LinkTemplate::new(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn a_value_stays_inside_its_place(text in any::<String>()) {
            let event = Event { account: text.clone(), ..fixture::event(1) };
            let url = LinkTemplate::new("https://example.com/{account}/end").unwrap().fill(&event, None);
            let value = url.strip_prefix("https://example.com/").unwrap().strip_suffix("/end").unwrap();
            prop_assert!(value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
            prop_assert_eq!(value.len() >= text.len(), true);
        }

        #[test]
        fn any_text_is_a_template_or_refused(text in "https://[a-z]{1,3}/[ -~]{0,20}|\\PC{0,20}") {
            if let Ok(link) = LinkTemplate::new(&text) {
                prop_assert!(link.fill(&fixture::event(1), None).is_ascii());
            }
        }
    }
}
