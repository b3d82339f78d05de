//! The few records that are kept as evidence.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_cloudtrail::Timestamp;

use crate::judge::input::Sample;
use crate::signature::Digest;

/// Where a sample stands in the order that decides which ones are kept.
pub(crate) type Place = (Timestamp, Digest);

/// The samples of one fine template: its [`Sample::KEEP`] earliest, and each actor's earliest of the
/// [`Sample::KEEP_ACTORS`] actors who came first.
///
/// Time comes first in the order, so that what is kept from before any moment does not depend on what came after it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Samples {
    first: BTreeMap<Place, Arc<Sample>>,
    actors: BTreeMap<String, Arc<Sample>>,
}

fn place(sample: &Sample) -> Place {
    (sample.time, sample.identity)
}

/// A total order: ties of place go to the smaller content.
fn rank(sample: &Sample) -> (Place, &str, &str, &str) {
    (place(sample), &sample.event_id, &sample.actor, &sample.raw)
}

impl Samples {
    /// Whether a sample at this place by this actor may be kept: saves building most of them.
    pub(crate) fn wants(&self, at: Place, actor: &str) -> bool {
        let among_first = self.first.len() < Sample::KEEP
            || self.first.last_key_value().is_some_and(|(last, _)| at <= *last);
        among_first
            || match self.actors.get(actor) {
                Some(known) => at <= place(known),
                None => {
                    self.actors.len() < Sample::KEEP_ACTORS || self.actors.values().any(|s| at < place(s))
                }
            }
    }

    /// Keeps it if it belongs to the kept ones.
    pub(crate) fn offer(&mut self, sample: &Arc<Sample>) {
        self.offer_first(sample);
        self.offer_actor(sample);
    }

    fn offer_first(&mut self, sample: &Arc<Sample>) {
        let kept = self
            .first
            .entry(place(sample))
            .or_insert_with(|| Arc::clone(sample));
        if rank(sample) < rank(kept) {
            *kept = Arc::clone(sample);
        }
        if self.first.len() > Sample::KEEP {
            self.first.pop_last();
        }
    }

    fn offer_actor(&mut self, sample: &Arc<Sample>) {
        match self.actors.get_mut(&sample.actor) {
            Some(kept) if rank(sample) < rank(kept) => *kept = Arc::clone(sample),
            Some(_) => {}
            None => {
                self.actors.insert(sample.actor.clone(), Arc::clone(sample));
                self.drop_last_actor();
            }
        }
    }

    fn drop_last_actor(&mut self) {
        if self.actors.len() > Sample::KEEP_ACTORS
            && let Some(last) = self.actors.values().max_by_key(|sample| rank(sample))
        {
            let last = last.actor.clone();
            self.actors.remove(&last);
        }
    }

    /// Set union, then what is kept of it.
    pub(crate) fn merge(&mut self, other: &Self) {
        for sample in other.first.values().chain(other.actors.values()) {
            self.offer(sample);
        }
    }

    /// The kept samples, by identity, each once.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Sample>> {
        let mut all: Vec<_> = self.first.values().chain(self.actors.values()).collect();
        all.sort_unstable();
        all.dedup_by_key(|sample| sample.identity);
        all.into_iter()
    }

    /// Drops what happened before, but the last one where nothing else is left: another grouping version needs a
    /// record. What is kept of the others then depends on them alone, not on why they were kept.
    pub(crate) fn forget(&mut self, before: Timestamp) {
        let all = std::mem::take(self);
        let all = || all.first.values().chain(all.actors.values());
        let last = all().max_by_key(|sample| place(sample));
        all()
            .filter(|sample| sample.time >= before)
            .chain(last)
            .for_each(|sample| self.offer(sample));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(identity: u8, time: i64, actor: u8, raw: &str) -> Arc<Sample> {
        Arc::new(Sample {
            identity: Digest([identity; 16]),
            time: Timestamp::from_secs(time),
            event_id: String::new(),
            actor: format!("actor-{actor}"),
            raw: raw.to_owned(),
        })
    }

    fn kept(samples: &[Arc<Sample>]) -> Samples {
        let mut all = Samples::default();
        samples.iter().for_each(|one| all.offer(one));
        all
    }

    fn samples() -> impl Strategy<Value = Vec<Arc<Sample>>> {
        let one = (
            any::<u8>(),
            0..50_i64,
            any::<u8>(),
            prop_oneof![Just("{}"), Just("{ }")],
        )
            .prop_map(|(identity, time, actor, raw)| sample(identity, time, actor, raw));
        proptest::collection::vec(one, 0..400)
    }

    #[test]
    fn the_earliest_are_kept_and_each_actors_earliest() {
        let all: Vec<_> = (0..10)
            .map(|n| sample(100 - n, i64::from(n), n / 5, "{}"))
            .collect();
        let times: Vec<_> = kept(&all).iter().map(|s| s.time.as_secs()).collect();
        assert_eq!(times, [5, 2, 1, 0], "by identity, which falls as time goes on");
    }

    #[test]
    fn after_forgetting_the_earliest_of_the_others_are_the_first_ones() {
        let mut samples = kept(
            &(0..9)
                .map(|n| sample(n, i64::from(n), n, "{}"))
                .collect::<Vec<_>>(),
        );
        samples.forget(Timestamp::from_secs(4));
        samples.offer(&sample(20, 20, 8, "{}"));
        let times: Vec<_> = samples.iter().map(|s| s.time.as_secs()).collect();
        assert_eq!(
            times,
            [4, 5, 6, 7, 8],
            "a late one by a known actor is none of them"
        );
    }

    #[test]
    fn the_last_one_is_never_forgotten() {
        let mut samples = kept(&[sample(1, 1, 1, "{}"), sample(2, 2, 2, "{}")]);
        samples.forget(Timestamp::from_secs(4));
        let times: Vec<_> = samples.iter().map(|s| s.time.as_secs()).collect();
        assert_eq!(times, [2]);
    }

    #[test]
    fn what_is_not_wanted_would_not_be_kept() {
        let all: Vec<_> = (0..250_u8)
            .map(|n| sample(n, i64::from(n % 40), n, "{}"))
            .collect();
        let mut without_asking = Samples::default();
        let mut asking = Samples::default();
        for one in &all {
            without_asking.offer(one);
            if asking.wants(place(one), &one.actor) {
                asking.offer(one);
            }
        }
        assert_eq!(asking, without_asking);
        assert_eq!(asking.actors.len(), Sample::KEEP_ACTORS);
    }

    /// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
    fn cases(usual: u32) -> ProptestConfig {
        let asked = ProptestConfig::default();
        let cases = u64::from(usual) * u64::from(asked.cases) / 256;
        ProptestConfig {
            cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
            failure_persistence: None,
            ..asked
        }
    }

    proptest! {
        #![proptest_config(cases(64))]
        #[test]
        fn merging_keeps_what_seeing_everything_keeps(a in samples(), b in samples()) {
            let (mut ab, mut ba) = (kept(&a), kept(&b));
            ab.merge(&kept(&b));
            ba.merge(&kept(&a));
            prop_assert_eq!(&ab, &kept(&[a, b].concat()));
            prop_assert_eq!(&ab, &ba);
            ba.merge(&ab);
            prop_assert_eq!(&ab, &ba);
        }

        #[test]
        fn what_is_kept_from_before_a_moment_does_not_depend_on_what_came_after(a in samples(), end in 0..50_i64) {
            let end = Timestamp::from_secs(end);
            let before: Vec<_> = a.iter().filter(|s| s.time < end).cloned().collect();
            let now = kept(&a);
            let then = kept(&before);
            let remaining: Vec<_> = now.iter().filter(|s| s.time < end).collect();
            prop_assert_eq!(remaining, then.iter().collect::<Vec<_>>());
        }
    }
}
