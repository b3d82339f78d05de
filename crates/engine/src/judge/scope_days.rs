//! How often new things come, scope by scope: counted the same way by whoever builds a [`JudgeInput`].
//!
//! [`JudgeInput`]: super::input::JudgeInput

use std::collections::BTreeMap;
use std::ops::Range;

use firstsight_cloudtrail::Hour;

use super::input::{Family, Scope, ScopeHistory};
use crate::signature::Dimension;

/// The scopes that a judgement asks about, and the days on which they met clusters for the first time.
///
/// A scope is listed although it met none: so "quiet" is told from "not asked". What is not listed is not counted.
#[derive(Clone, Debug)]
pub struct ScopeDays {
    baseline: Range<Hour>,
    scopes: BTreeMap<Scope, BTreeMap<u32, u64>>,
}

impl ScopeDays {
    /// The scopes of a judgement: all accounts together, each of these accounts, and each actor and call of these
    /// families that occurs in the window. The baseline's hours end where the window starts.
    #[must_use]
    pub fn of<'a>(
        baseline: Range<Hour>,
        accounts: impl IntoIterator<Item = &'a String>,
        families: &[Family],
    ) -> Self {
        let window = baseline.end;
        let accounts = accounts.into_iter().cloned();
        let accounts = accounts.map(|account| Scope::Account { account });
        let active = families.iter().filter(|family| occurs(family, window));
        let scopes = std::iter::once(Scope::Organisation)
            .chain(accounts)
            .chain(active.clone().map(call_of))
            .chain(active.flat_map(actors_of));
        Self {
            scopes: scopes.map(|scope| (scope, BTreeMap::new())).collect(),
            baseline,
        }
    }

    /// A recorded cluster of this account and call, and the first hour it was seen in.
    pub fn add_cluster(&mut self, account: &str, event_source: &str, event_name: &str, first: Hour) {
        self.add(&Scope::Organisation, first);
        let account = account.to_owned();
        self.add(
            &Scope::Account {
                account: account.clone(),
            },
            first,
        );
        let call = Scope::Call {
            account,
            event_source: event_source.to_owned(),
            event_name: event_name.to_owned(),
        };
        self.add(&call, first);
    }

    /// A recorded cluster that this actor had, and the first hour that it did in.
    pub fn add_actor(&mut self, account: &str, actor: &str, first: Hour) {
        let scope = Scope::Actor {
            account: account.to_owned(),
            actor: actor.to_owned(),
        };
        self.add(&scope, first);
    }

    /// Counts for the day, the hours before the window taken 24 by 24; what is outside the baseline counts nowhere.
    fn add(&mut self, scope: &Scope, first: Hour) {
        if !self.baseline.contains(&first) {
            return;
        }
        let hours = self.baseline.end.index() - 1 - first.index();
        if let (Some(days), Ok(day)) = (self.scopes.get_mut(scope), u32::try_from(hours / 24)) {
            *days.entry(day).or_default() += 1;
        }
    }

    /// The scopes with their days, by scope.
    #[must_use]
    pub fn finish(self) -> Vec<ScopeHistory> {
        let histories = self.scopes.into_iter().map(|(scope, days)| ScopeHistory {
            scope,
            days: days.into_iter().collect(),
        });
        histories.collect()
    }
}

fn occurs(family: &Family, window: Hour) -> bool {
    let last = family
        .templates
        .iter()
        .filter_map(|template| template.hours.last());
    last.into_iter().any(|last| last.hour >= window)
}

fn call_of(family: &Family) -> Scope {
    Scope::Call {
        account: family.key.account.clone(),
        event_source: family.key.event_source.clone(),
        event_name: family.key.event_name.clone(),
    }
}

fn actors_of(family: &Family) -> impl Iterator<Item = Scope> {
    let values = family.templates.iter().flat_map(|template| &template.values);
    let actors = values.filter(|value| value.dimension == Dimension::Actor && value.within.is_some());
    actors.map(|actor| Scope::Actor {
        account: family.key.account.clone(),
        actor: actor.value.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";

    fn hour(index: i64) -> Hour {
        Hour::from_index(index)
    }

    fn days(first: &[i64]) -> Vec<ScopeHistory> {
        let accounts = [ACCOUNT.to_owned()];
        let mut days = ScopeDays::of(hour(100)..hour(200), &accounts, &[]);
        for index in first {
            days.add_cluster(ACCOUNT, "iam.amazonaws.com", "CreateUser", hour(*index));
        }
        days.finish()
    }

    #[test]
    fn days_are_counted_back_from_the_window() {
        let told = days(&[199, 176, 175, 152, 151, 100]);
        assert_eq!(told[0].scope, Scope::Organisation);
        assert_eq!(told[0].days, [(0, 2), (1, 2), (2, 1), (4, 1)]);
        assert_eq!(told[1].days, told[0].days, "the account's");
    }

    #[test]
    fn what_is_outside_the_baseline_or_not_asked_for_counts_nowhere() {
        let told = days(&[99, 200, 201]);
        assert!(told.iter().all(|scope| scope.days.is_empty()), "{told:?}");
        assert_eq!(told.len(), 2, "the call is not active: {told:?}");
    }
}
