//! Texts at given places of a JSON value, without building a tree of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// How many texts of one value are looked at.
const MAX_FOUND: usize = 64;

/// A place: keys from the top, without regard to case. Lists on the way are passed through.
pub(super) type Place<'p> = &'p [&'p str];

/// The texts at these places of a JSON value, each with its place's number. What is no JSON ends them.
pub(super) fn texts(json: &str, places: &[Place<'_>]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let open = places.iter().copied().enumerate().collect();
    let walk = Walk {
        open,
        found: &mut found,
    };
    let mut reader = serde_json::Deserializer::from_str(json);
    // An error behind what was found takes nothing back: the record was read whole before.
    let _ = walk.deserialize(&mut reader);
    found
}

/// Reads one value, below which these places lie.
struct Walk<'p, 'f> {
    open: Vec<(usize, Place<'p>)>,
    found: &'f mut Vec<(usize, String)>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let ended = self.open.iter().filter(|(_, rest)| rest.is_empty());
        for (place, _) in ended {
            if self.found.len() < MAX_FOUND {
                self.found.push((*place, text.to_owned()));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(open) = map.next_key_seed(Below(&self.open))? {
            if open.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else {
                let found = &mut *self.found;
                map.next_value_seed(Walk { open, found })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        loop {
            let item = Walk {
                open: self.open.clone(),
                found: &mut *self.found,
            };
            if items.next_element_seed(item)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Of the places open so far, those that go on below a key.
struct Below<'p, 'o>(&'o [(usize, Place<'p>)]);

impl<'de, 'p> DeserializeSeed<'de> for Below<'p, '_> {
    type Value = Vec<(usize, Place<'p>)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Below<'p, '_> {
    type Value = Vec<(usize, Place<'p>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        let below = self.0.iter().filter_map(|(place, rest)| {
            let (first, rest) = rest.split_first()?;
            first.eq_ignore_ascii_case(key).then_some((*place, rest))
        });
        Ok(below.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_passed_through_and_case_does_not_matter() {
        let json = r#"{"Set":{"items":[{"id":"a"},{"id":"\u0062"},{"id":7}]},"id":"c","x":[["d"]]}"#;
        let places: [Place<'_>; 3] = [&["set", "items", "id"], &["id"], &["X"]];
        let found = texts(json, &places);
        let found: Vec<_> = found
            .iter()
            .map(|(place, text)| (*place, text.as_str()))
            .collect();
        assert_eq!(found, [(0, "a"), (0, "b"), (1, "c"), (2, "d")]);
    }

    #[test]
    fn no_more_than_so_many_are_found() {
        let json = serde_json::json!({ "id": vec!["x"; 1000] }).to_string();
        assert_eq!(texts(&json, &[&["id"]]).len(), MAX_FOUND);
    }
}
