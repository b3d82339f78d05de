//! Family generalisation: inside one (account, eventSource, eventName, errorCode) family, fine templates that differ
//! only where tokens look variable are one cluster.
//!
//! It is the third step of [templating](crate::template), and the only one that compares: two templates with the same
//! number of tokens fit each other if a value stands at each position where they differ, and if they share at least as
//! many words as they differ in, and at least one. What shows that a value stands at a position:
//!
//! * one of the two has `<*>` there: a record or a mask has proved it;
//! * one of the two is a name: words joined by separators or capitals (`acme-data`, `OpsZebra`), one of them no word of
//!   AWS's messages and parameters, or words with dots between them (`data.import`). Two names in capitals prove nothing
//!   to each other, because AWS writes its own so (`ListBuckets`, `Intelligent-Tiering`);
//! * both are plain words from outside AWS's language, quoted or bracketed or behind a colon;
//! * both are states of a resource (`CREATING`, `running`), one in capitals or near the word `state` or `status`; or one
//!   is a constant behind the word `type`.
//!
//! Several items with commas between them are one token, in which the item that looks most like a value decides.
//!
//! What keeps errors apart, whatever the evidence: punctuation; words that carry the sentence (`cannot`, `may`, `not`,
//! `null`, `anonymous`, …); a capitalised word that starts a sentence; the parameter in AWS's `Value '…' at 'parameter'
//! failed to satisfy constraint`. Two words of AWS's language (`source` and `target`, `disableApiStop` and
//! `disableApiTermination`) are two errors until a `<*>` stands at their place.
//!
//! Templates that fit each other through others are one cluster, and joined templates are compared again by the pattern
//! that they share. A template that was cut (it ends with `…`) is compared as far as it reaches, if that is six tokens.
//!
//! ```
//! use firstsight_engine::family::{self, Member};
//! use firstsight_engine::{Digest, SignatureId};
//!
//! let member = |template| Member { id: SignatureId(Digest::of(&[template])), template, cluster: None, founded: 0 };
//! let members = [
//!     member("The function <*> does not exist."),
//!     member("The function orders does not exist."),
//!     member("The function cannot be deleted now."),
//! ];
//! let clusters: Vec<_> = family::assign(&members).into_iter().map(|(_, cluster)| cluster).collect();
//! assert_eq!(clusters.iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
//! ```
//!
//! # Limits
//!
//! A family of *n* templates costs at most *n*² comparisons of token numbers in each of at most 8 rounds, and most pairs
//! differ at once; the caller bounds *n*. What is recorded decides: what two recorded clusters have in common
//! does not join them, and a template that came alone and was judged stays a cluster of its own.

mod generalise;
mod lists;
mod pattern;
mod tokens;

use std::collections::BTreeMap;

use crate::signature::{ClusterId, SignatureId};
use pattern::{Pattern, Vocabulary};

pub use generalise::generalise;

/// A fine template that takes part in the generalisation of its family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its signature's id.
    pub id: SignatureId,
    /// Its identity text, variables as `<*>`.
    pub template: &'a str,
    /// The recorded cluster it belongs to; `None` when it has not been judged yet. Recorded assignments never change.
    pub cluster: Option<ClusterId>,
    /// When that cluster was founded, on any scale that is the same for all members (milliseconds since 1970, say).
    /// The older of two clusters is the one that takes a template that fits both. Not looked at without a cluster.
    pub founded: i64,
}

/// How often joined groups, whose common pattern is wider than each of theirs, are compared again.
const MAX_ROUNDS: usize = 8;

/// The assignment of each member that had none, in the order of their ids. Deterministic: it depends on the set of
/// members only, not on their order.
///
/// A member that fits recorded clusters joins the oldest of them (among equally old ones, that with the least id).
/// Members that fit none of them found clusters together with the members that they fit; such a cluster has the least
/// id of its founders.
#[must_use]
pub fn assign(members: &[Member<'_>]) -> Vec<(SignatureId, ClusterId)> {
    let vocabulary = Vocabulary::default();
    let mut groups = Groups::of(members, &vocabulary);
    for _ in 0..MAX_ROUNDS {
        if !groups.join_recorded() && !groups.join_each_other() {
            break;
        }
    }
    groups.assignments()
}

/// Templates that are one cluster as far as is known.
struct Group {
    /// The founding time and the id, where it is recorded.
    recorded: Option<(i64, ClusterId)>,
    /// The ids of its members that need a cluster.
    waiting: Vec<SignatureId>,
    /// One for each layout among its templates.
    patterns: Vec<Pattern>,
}

struct Groups {
    recorded: Vec<Group>,
    fresh: Vec<Group>,
}

impl Groups {
    fn of<'a>(members: &[Member<'a>], vocabulary: &Vocabulary<'a>) -> Self {
        let mut recorded: BTreeMap<ClusterId, Group> = BTreeMap::new();
        let mut fresh: BTreeMap<&str, Group> = BTreeMap::new();
        for member in members {
            let group = match member.cluster {
                Some(cluster) => recorded.entry(cluster).or_insert_with(Group::empty),
                None => fresh.entry(member.template).or_insert_with(Group::empty),
            };
            match member.cluster {
                Some(cluster) => {
                    let known = group
                        .recorded
                        .map_or(member.founded, |(founded, _)| founded.min(member.founded));
                    group.recorded = Some((known, cluster));
                }
                None => group.waiting.push(member.id),
            }
            group.cover(vocabulary.pattern(member.template));
        }
        let mut recorded: Vec<_> = recorded.into_values().collect();
        recorded.sort_by_key(|group| group.recorded);
        Self {
            recorded,
            fresh: fresh.into_values().collect(),
        }
    }

    /// Every fresh group joins the oldest recorded one that it fits. Whether any did.
    fn join_recorded(&mut self) -> bool {
        let fresh = std::mem::take(&mut self.fresh);
        let hosts: Vec<_> = fresh
            .iter()
            .map(|group| self.recorded.iter().position(|known| known.fits(group)))
            .collect();
        for (group, host) in fresh.into_iter().zip(&hosts) {
            match host {
                Some(host) => self.recorded[*host].absorb(group),
                None => self.fresh.push(group),
            }
        }
        hosts.iter().any(Option::is_some)
    }

    /// Fresh groups that fit each other, directly or through others, become one. Whether any did.
    fn join_each_other(&mut self) -> bool {
        let fresh = std::mem::take(&mut self.fresh);
        let before = fresh.len();
        let mut sets: Vec<usize> = (0..before).collect();
        for (later, group) in fresh.iter().enumerate() {
            for (earlier, other) in fresh[..later].iter().enumerate() {
                let (a, b) = (root(&sets, earlier), root(&sets, later));
                if a != b && other.fits(group) {
                    sets[a.max(b)] = a.min(b);
                }
            }
        }
        let mut joined: BTreeMap<usize, Group> = BTreeMap::new();
        for (index, group) in fresh.into_iter().enumerate() {
            joined
                .entry(root(&sets, index))
                .or_insert_with(Group::empty)
                .absorb(group);
        }
        self.fresh = joined.into_values().collect();
        self.fresh.len() < before
    }

    fn assignments(self) -> Vec<(SignatureId, ClusterId)> {
        let mut all: Vec<_> = self
            .recorded
            .iter()
            .chain(&self.fresh)
            .flat_map(|group| {
                group
                    .waiting
                    .iter()
                    .filter_map(|id| Some((*id, group.cluster()?)))
            })
            .collect();
        all.sort_unstable();
        all
    }
}

impl Group {
    const fn empty() -> Self {
        Self {
            recorded: None,
            waiting: Vec::new(),
            patterns: Vec::new(),
        }
    }

    fn cluster(&self) -> Option<ClusterId> {
        let founder = || self.waiting.iter().min().map(|id| ClusterId(id.0));
        self.recorded.map(|(_, id)| id).or_else(founder)
    }

    fn fits(&self, other: &Self) -> bool {
        self.patterns
            .iter()
            .any(|one| other.patterns.iter().any(|two| one.fits(two)))
    }

    fn absorb(&mut self, other: Self) {
        self.waiting.extend(other.waiting);
        for pattern in other.patterns {
            self.cover(pattern);
        }
    }

    /// Patterns of one layout become the one that covers both.
    fn cover(&mut self, pattern: Pattern) {
        match self.patterns.iter_mut().find(|known| known.same_layout(&pattern)) {
            Some(known) => known.widen(&pattern),
            None => self.patterns.push(pattern),
        }
    }
}

/// The least member of a set.
fn root(sets: &[usize], mut index: usize) -> usize {
    while sets[index] != index {
        index = sets[index];
    }
    index
}

#[cfg(test)]
mod tests;
