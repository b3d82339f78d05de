//! What of a configuration is taken at the start of a daemon alone.

use secrecy::ExposeSecret as _;

use crate::{Config, SecretRef};

impl Config {
    /// The keys in which another configuration differs where a reload takes nothing: a daemon that was started with this one
    /// has to be started anew for them. What stands in a secret's file or variable is not looked at.
    #[must_use]
    pub fn takes_restart(&self, other: &Self) -> Vec<&'static str> {
        let (one, two) = (&self.server, &other.server);
        let differs = [
            ("store.path", self.store.path != other.store.path),
            ("server.enabled", one.enabled != two.enabled),
            ("server.bind", one.bind != two.bind),
            ("server.public_url", one.public_url != two.public_url),
            ("server.hosts", one.hosts != two.hosts),
            (
                "server.admin_token",
                !is_same(one.admin_token.as_ref(), two.admin_token.as_ref()),
            ),
            (
                "server.read_token",
                !is_same(one.read_token.as_ref(), two.read_token.as_ref()),
            ),
            ("server.session", one.session_seconds != two.session_seconds),
        ];
        let differing = differs.into_iter().filter(|(_, differs)| *differs);
        differing.map(|(key, _)| key).collect()
    }
}

/// Whether two secrets are named alike. Both stand in files of one owner: there is nobody to learn from how long it takes.
fn is_same(one: Option<&SecretRef>, two: Option<&SecretRef>) -> bool {
    match (one, two) {
        (None, None) => true,
        (Some(SecretRef::Env(one)), Some(SecretRef::Env(two))) => one == two,
        (Some(SecretRef::File(one)), Some(SecretRef::File(two))) => one == two,
        (Some(SecretRef::Literal(one)), Some(SecretRef::Literal(two))) => {
            one.expose_secret() == two.expose_secret()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::{Config, parse};

    fn config(text: &str) -> Config {
        let text =
            format!("{text}\n[inspections.main]\nsource = {{ kind = \"files\", paths = [\"trail\"] }}\n");
        parse("firstsight.toml", &text).unwrap()
    }

    #[test]
    fn what_a_reload_does_not_take_is_named_by_its_key() {
        let before = config("[server]\nadmin_token = { env = \"ONE\" }\nsession = \"1h\"");
        for (text, expected) in [
            (
                "[server]\nadmin_token = { env = \"ONE\" }\nsession = \"1h\"",
                vec![],
            ),
            (
                "[server]\nadmin_token = { env = \"TWO\" }\nsession = \"1h\"",
                vec!["server.admin_token"],
            ),
            (
                "[server]\nadmin_token = { file = \"ONE\" }\nsession = \"1h\"",
                vec!["server.admin_token"],
            ),
            (
                "[store]\npath = \"/srv/states\"\n[server]\nbind = \"127.0.0.1:7781\"\nread_token = { env = \"R\" }\n\
                 admin_token = { env = \"ONE\" }\nhosts = [\"a.example.com\"]\npublic_url = \"https://b.example.com\"",
                vec![
                    "store.path",
                    "server.bind",
                    "server.public_url",
                    "server.hosts",
                    "server.read_token",
                    "server.session",
                ],
            ),
            (
                "[server]\nenabled = false",
                vec!["server.enabled", "server.admin_token", "server.session"],
            ),
        ] {
            assert_eq!(before.takes_restart(&config(text)), expected, "{text}");
            assert_eq!(config(text).takes_restart(&before), expected, "{text}");
        }
    }
}
