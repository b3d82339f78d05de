//! Where Guance and TrueWatch are: the nodes by name, and addresses of one's own.
//!
//! Source: DataFlux Func, `guance-node-urls.json` and `truewatch-node-urls.json`; the documentation's table of the OpenAPI
//! (<https://docs.guance.com/en/open-api/>). Where they disagree, see the comments below: a table like this ages, so every
//! address can be given instead.

/// The addresses of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name, as `default`, `us1`, `us1_truewatch`; `private` for addresses of one's own.
    pub name: String,
    /// The OpenAPI, as `https://openapi.guance.com`.
    pub openapi: String,
    /// The OpenWay, as `https://openway.guance.com`.
    pub openway: String,
    /// The console that people look at, where it is known.
    pub console: Option<String>,
}

/// Name, what stands before `openapi.` and `openway.`, the domain of each, and what stands before `console.`.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

/// The nodes of Guance, by the names that DataFlux Func has for them (`GUANCE_NODE`).
///
/// OpenWay is at `guance.com` for all of them in the sources of 2025; those of 2024 had `guance.one` for `cn6`, `eu1` and `ap1`.
const GUANCE: [Row; 11] = [
    // China 1, Hangzhou.
    ("default", "", "guance.com", "guance.com", Some("")),
    // China 2, Ningxia: not `cn2`.
    ("aws", "aws-", "guance.com", "guance.com", Some("aws-")),
    // China 3, Zhangjiakou: in the sources of 2024 alone.
    ("cn3", "cn3-", "guance.com", "guance.com", None),
    // China 4, Guangzhou.
    ("cn4", "cn4-", "guance.com", "guance.com", Some("cn4-")),
    // China 5: not in the sources of 2025.
    ("cn5", "cn5-", "guance.com", "guance.com", None),
    // Hong Kong.
    ("cn6", "cn6-", "guance.one", "guance.com", None),
    // Oregon.
    ("us1", "us1-", "guance.com", "guance.com", Some("us1-")),
    // Frankfurt.
    ("eu1", "eu1-", "guance.one", "guance.com", None),
    // Singapore.
    ("ap1", "ap1-", "guance.one", "guance.com", None),
    // South Africa: the documentation has `guance.com` for the OpenAPI.
    ("za1", "za1-", "guance.one", "guance.com", None),
    // Jakarta: the same.
    ("id1", "id1-", "guance.one", "guance.com", None),
];

/// The nodes of TrueWatch: all at one domain.
const TRUEWATCH: [(&str, &str); 6] = [
    ("us1_truewatch", "us1-"),
    ("eu1_truewatch", "eu1-"),
    ("ap1_truewatch", "ap1-"),
    ("za1_truewatch", "za1-"),
    ("id1_truewatch", "id1-"),
    ("fwt_truewatch", "fwt-"),
];

impl Node {
    /// A node of one's own, whose addresses are still to be said.
    #[must_use]
    pub fn private() -> Self {
        Self {
            name: "private".to_owned(),
            openapi: String::new(),
            openway: String::new(),
            console: None,
        }
    }

    /// A node by its name (in any case); `None` when it is not known.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let row = rows().find(|row| row.0.eq_ignore_ascii_case(name.trim()))?;
        let (name, prefix, openapi, openway, console) = row;
        Some(Self {
            name: name.to_owned(),
            openapi: format!("https://{prefix}openapi.{openapi}"),
            openway: format!("https://{prefix}openway.{openway}"),
            console: console.map(|prefix| format!("https://{prefix}console.{openapi}")),
        })
    }

    /// Every known name.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        rows().map(|row| row.0).collect()
    }

    /// The known name that is most like a text, if one is like it: what was meant by a slip of the keys. The region's number
    /// in Guance's documentation leads there too (`cn1`, `cn2`).
    #[must_use]
    pub fn nearest(name: &str) -> Option<&'static str> {
        let name = name.trim().to_ascii_lowercase().replace('-', "_");
        match name.as_str() {
            "cn1" | "none" | "guance" => return Some("default"),
            "cn2" => return Some("aws"),
            "truewatch" => return Some("us1_truewatch"),
            _ => {}
        }
        let far = |known: &&str| distance(&name, known);
        let nearest = Self::names().into_iter().min_by_key(far)?;
        (distance(&name, nearest) <= nearest.len() / 3).then_some(nearest)
    }
}

fn rows() -> impl Iterator<Item = Row> {
    let truewatch = |(name, prefix)| (name, prefix, "truewatch.com", "truewatch.com", None);
    GUANCE.into_iter().chain(TRUEWATCH.map(truewatch))
}

/// The number of characters that are put in, left out or replaced between two texts (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (place, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(row[place] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(name: &str) -> (String, String) {
        let node = Node::named(name).unwrap();
        (node.openapi, node.openway)
    }

    #[test]
    fn every_node_has_its_documented_addresses() {
        let mut table = String::new();
        for name in Node::names() {
            let (openapi, openway) = hosts(name);
            table.push_str(&format!("{name} {openapi} {openway}\n"));
        }
        let guance = "\
default https://openapi.guance.com https://openway.guance.com
aws https://aws-openapi.guance.com https://aws-openway.guance.com
cn3 https://cn3-openapi.guance.com https://cn3-openway.guance.com
cn4 https://cn4-openapi.guance.com https://cn4-openway.guance.com
cn5 https://cn5-openapi.guance.com https://cn5-openway.guance.com
cn6 https://cn6-openapi.guance.one https://cn6-openway.guance.com
us1 https://us1-openapi.guance.com https://us1-openway.guance.com
eu1 https://eu1-openapi.guance.one https://eu1-openway.guance.com
ap1 https://ap1-openapi.guance.one https://ap1-openway.guance.com
za1 https://za1-openapi.guance.one https://za1-openway.guance.com
id1 https://id1-openapi.guance.one https://id1-openway.guance.com
us1_truewatch https://us1-openapi.truewatch.com https://us1-openway.truewatch.com
eu1_truewatch https://eu1-openapi.truewatch.com https://eu1-openway.truewatch.com
ap1_truewatch https://ap1-openapi.truewatch.com https://ap1-openway.truewatch.com
za1_truewatch https://za1-openapi.truewatch.com https://za1-openway.truewatch.com
id1_truewatch https://id1-openapi.truewatch.com https://id1-openway.truewatch.com
fwt_truewatch https://fwt-openapi.truewatch.com https://fwt-openway.truewatch.com
";
        assert_eq!(table, guance);
    }

    #[test]
    fn a_name_is_known_in_any_case() {
        assert_eq!(Node::named(" US1_TrueWatch ").unwrap().name, "us1_truewatch");
        let node = Node::named("Default").unwrap();
        assert_eq!(node.console.as_deref(), Some("https://console.guance.com"));
        assert_eq!(Node::named("private"), None);
        assert_eq!(Node::named(""), None);
    }

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        for (slip, meant) in [
            ("cn2", "aws"),
            ("cn1", "default"),
            ("defualt", "default"),
            ("us1-truewatch", "us1_truewatch"),
            ("eu1_trewatch", "eu1_truewatch"),
            ("us2", "us1"),
        ] {
            assert_eq!(Node::nearest(slip), Some(meant), "{slip}");
        }
        for nonsense in ["", "private", "frankfurt", "https://openapi.example.com"] {
            assert_eq!(Node::nearest(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
