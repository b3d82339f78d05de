//! Fills the `<…>` of the tables.
//!
//! | placeholder | becomes |
//! |---|---|
//! | `<account>`, `<region>` | the record's own |
//! | `<actor>`, `<who>`, `<role>` | the caller's ARN, its session or user name, its role's name |
//! | `<bucket>`, `<instance>`, … | one of the account's resources of that kind |
//! | `<uuid>`, `<blob>`, `<hex4>`, `<hex8>`, `<hex16>`, `<n100>`, `<n100000>` | made for this record |
//! | `<time>`, `<day>` | the record's own time, or its date |
//!
//! The same placeholder has one value within a record, so that a message names what the request parameters name.

use crate::caller::Caller;
use crate::dice::Dice;
use crate::world::World;

/// The alphabet of EC2's encoded authorization failure messages.
const BLOB: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What one record's placeholders stand for.
pub(crate) struct Filler<'a> {
    pub(crate) world: &'a World,
    pub(crate) caller: &'a Caller,
    pub(crate) region: &'a str,
    pub(crate) time: &'a str,
    pub(crate) dice: &'a mut Dice,
    /// Values that are already chosen.
    pub(crate) chosen: Vec<(String, String)>,
}

impl Filler<'_> {
    /// The text with its placeholders filled; what is none of them stays as it stands.
    pub(crate) fn fill(&mut self, template: &str) -> String {
        let mut filled = String::with_capacity(template.len() + 64);
        let mut rest = template;
        while let Some((before, behind)) = rest.split_once('<') {
            filled.push_str(before);
            match behind.split_once('>') {
                Some((name, after)) => {
                    self.push_value(name, &mut filled);
                    rest = after;
                }
                None => {
                    filled.push('<');
                    rest = behind;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    fn push_value(&mut self, name: &str, filled: &mut String) {
        let known = self.chosen.iter().position(|(chosen, _)| chosen == name);
        let index = known.unwrap_or_else(|| {
            let value = self.value(name).unwrap_or_else(|| format!("<{name}>"));
            self.chosen.push((name.to_owned(), value));
            self.chosen.len() - 1
        });
        filled.push_str(&self.chosen[index].1);
    }

    fn value(&mut self, name: &str) -> Option<String> {
        Some(match name {
            "account" => self.world.account.clone(),
            "region" => self.region.to_owned(),
            "actor" => self.caller.arn.clone(),
            "who" => self.caller.name.clone(),
            "role" => self.caller.role.clone(),
            "time" => self.time.to_owned(),
            "day" => self.time.chars().take(10).collect(),
            "uuid" => self.dice.uuid(),
            "blob" => self.dice.text(BLOB, 420),
            "hex4" => self.dice.hex(4),
            "hex8" => self.dice.hex(8),
            "hex16" => self.dice.hex(16),
            "n100" => self.dice.between(1, 100).to_string(),
            "n100000" => self.dice.between(10_000, 100_000).to_string(),
            kind => self.dice.pick(self.world.pool(kind)?).clone(),
        })
    }
}
