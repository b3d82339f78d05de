//! What a table says of calls, by service and name.

use std::collections::HashMap;

use super::Verb;
use super::table::{Pattern, rows, service};

/// A table whose first two columns name calls: a service (or `*` for any), and a pattern of names (or `<write>`).
#[derive(Debug)]
pub(super) struct CallTable<T> {
    services: HashMap<&'static str, Vec<(Calls, T)>>,
}

/// Which calls of a service a row is about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Calls {
    Named(Pattern<'static>),
    Writing,
}

impl<T> CallTable<T> {
    /// Reads a table of `N` columns; rows that make no sense are left out, and counted by a test beside each table.
    pub(super) fn read<const N: usize>(
        text: &'static str,
        value: impl Fn([&'static str; N]) -> Option<T>,
    ) -> Self {
        let mut services: HashMap<_, Vec<_>> = HashMap::new();
        for row in rows::<N>(text) {
            if let [source, name, ..] = row[..]
                && let Some(entry) = Calls::parse(name).zip(value(row))
            {
                services.entry(source).or_default().push(entry);
            }
        }
        Self { services }
    }

    /// What the first row says that names this call: the service's own rows come before those for any service.
    pub(super) fn find(&self, event_source: &str, event_name: &str) -> Option<&T> {
        let of = |source| self.services.get(source).into_iter().flatten();
        of(service(event_source))
            .chain(of("*"))
            .find(|(calls, _)| calls.contain(event_name))
            .map(|(_, value)| value)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.services.values().map(Vec::len).sum()
    }
}

impl Calls {
    fn parse(name: &'static str) -> Option<Self> {
        match name {
            "<write>" => Some(Self::Writing),
            _ => Pattern::parse(name).map(Self::Named),
        }
    }

    fn contain(self, event_name: &str) -> bool {
        match self {
            Self::Named(pattern) => pattern.matches(event_name),
            Self::Writing => Verb::of(event_name) == Verb::Write,
        }
    }
}

/// A call that this name column is about.
#[cfg(test)]
pub(super) fn example(name: &str) -> String {
    match name {
        "<write>" => String::from("DoThing"),
        _ => name.replace('*', "X"),
    }
}
