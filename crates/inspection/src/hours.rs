//! How many records of one unit each account has in each hour.

use std::collections::BTreeMap;

use firstsight_cloudtrail::{Hour, Timestamp};
use firstsight_engine::Span;
use firstsight_store::HourRecords;

/// The most pairs of account and hour that one unit's records are counted by.
pub(crate) const MOST_HOURS: usize = 100_000;

/// Counts records by account and hour. Most follow one of the same account and hour, so the last pair is at hand.
#[derive(Debug, Default)]
pub(crate) struct Hours {
    all: BTreeMap<(String, i64), HourRecords>,
    last: Option<(String, Hour, Span)>,
}

impl Hours {
    /// Counts one record; whether there was room for its account and hour.
    pub(crate) fn count(&mut self, account: &str, time: Timestamp) -> bool {
        let span = Span::at(time);
        if let Some((known, hour, counted)) = &mut self.last
            && *hour == time.hour()
            && known == account
        {
            *counted = counted.merged(span);
            return true;
        }
        self.settle();
        let key = (account.to_owned(), time.hour().index());
        if self.all.len() >= MOST_HOURS && !self.all.contains_key(&key) {
            return false;
        }
        self.last = Some((key.0, time.hour(), span));
        true
    }

    /// What was counted.
    pub(crate) fn finish(mut self) -> BTreeMap<(String, i64), HourRecords> {
        self.settle();
        self.all
    }

    fn settle(&mut self) {
        if let Some((account, hour, span)) = self.last.take() {
            self.all
                .entry((account, hour.index()))
                .and_modify(|known| known.span = known.span.merged(span))
                .or_insert(HourRecords { span });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_counted_by_account_and_hour_in_whatever_order_they_come() {
        let at = |minutes: i64| Timestamp::from_secs(minutes * 60);
        let mut hours = Hours::default();
        for (account, minutes) in [("a", 0), ("a", 59), ("b", 1), ("a", 30), ("a", 60), ("b", 2)] {
            assert!(hours.count(account, at(minutes)));
        }
        let counted: Vec<_> = hours
            .finish()
            .into_iter()
            .map(|((account, hour), records)| (account, hour, records.span))
            .collect();
        let span = |times: &[i64]| {
            let spans = times.iter().map(|minutes| Span::at(at(*minutes)));
            spans.reduce(Span::merged).unwrap()
        };
        assert_eq!(
            counted,
            [
                ("a".to_owned(), 0, span(&[0, 59, 30])),
                ("a".to_owned(), 1, span(&[60])),
                ("b".to_owned(), 0, span(&[1, 2])),
            ]
        );
    }

    #[test]
    fn no_more_pairs_are_kept_than_a_real_unit_has() {
        let mut hours = Hours::default();
        let taken = (0..MOST_HOURS + 5).filter(|n| hours.count(&n.to_string(), Timestamp::from_secs(0)));
        assert_eq!(taken.count(), MOST_HOURS);
        assert!(
            hours.count("7", Timestamp::from_secs(0)),
            "known pairs are counted on"
        );
        assert_eq!(hours.finish().len(), MOST_HOURS);
    }
}
