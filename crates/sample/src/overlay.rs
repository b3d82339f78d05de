//! Lays a recording over a sample: real records, moved to the sample's accounts and into its last hours.
//!
//! A recording of an attack, on its own, has no history to stand out from. Laid over a sample, it has two weeks of
//! somebody's ordinary work before and around it:
//!
//! ```
//! use firstsight_sample::overlay::Overlay;
//! use firstsight_sample::{Sample, SampleConfig};
//!
//! let end = "2026-01-15T00:00:00Z".parse::<firstsight_cloudtrail::Timestamp>().unwrap().hour();
//! let sample = Sample::new(SampleConfig::new(7, end))?;
//! let recorded = serde_json::json!({
//!     "eventID": "00000000-0000-4000-8000-000000000001",
//!     "eventTime": "2023-07-10T12:05:00Z",
//!     "recipientAccountId": "999988887777",
//!     "awsRegion": "us-east-1",
//!     "errorMessage": "no role arn:aws:iam::999988887777:role/Deploy",
//! });
//! let overlay = Overlay::new(sample.config(), [recorded]);
//! let file = overlay.files().next().unwrap();
//! assert!(file.path.starts_with("AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/1"));
//! let text = String::from_utf8(file.body).unwrap();
//! assert!(text.contains("2026-01-14T23:05:00Z") && text.contains("arn:aws:iam::111122223333:role/Deploy"));
//! # Ok::<(), firstsight_sample::SampleError>(())
//! ```
//!
//! The recording's account with the most records becomes the sample's first account, the next one its second, and so
//! on, and from the first again where the recording has more than the sample; every occurrence of such an id changes, inside ARNs and
//! messages too. Times move by whole hours, so that the last record falls into the last hour; distances
//! stay, but for more than a day without a record, which becomes an hour: so sessions of months still lie in the sample's
//! last days. Everything that is written like an `eventTime` moves along with its record.
//! `eventID`s stay, so that findings can be traced to the recording.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_cloudtrail::{Hour, Timestamp};
use serde_json::Value;

use crate::config::{SampleConfig, account_id, is_region};
use crate::files::{Delivery, SampleFile, file};

/// Hour, account and region: what one file is about.
type Place = (Hour, String, String);

/// A recording, moved.
#[derive(Clone, Debug)]
pub struct Overlay {
    seed: u64,
    accounts: BTreeMap<String, String>,
    /// Records as JSON texts, by hour, account and region, in the order of their times.
    batches: BTreeMap<Place, Vec<(Timestamp, Vec<u8>)>>,
    skipped: u64,
}

impl Overlay {
    /// Moves these records to the accounts and the last hours of a sample of this configuration.
    ///
    /// Holds all records in memory. Those without a readable `eventTime` cannot be placed and are left out, see
    /// [`skipped`](Self::skipped).
    #[must_use]
    pub fn new(config: &SampleConfig, records: impl IntoIterator<Item = Value>) -> Self {
        let mut skipped = 0;
        let mut timed = Vec::new();
        for record in records {
            match event_time(&record) {
                Some(time) => timed.push((time, record)),
                None => skipped += 1,
            }
        }
        let accounts = map_accounts(config.accounts, timed.iter().map(|(_, record)| record));
        let moves = moves(config.end, timed.iter().map(|(time, _)| time.hour()));
        let mut batches: BTreeMap<Place, Vec<_>> = BTreeMap::new();
        for (time, mut record) in timed {
            let hours = moves.get(&time.hour()).copied().unwrap_or_default();
            let mover = Mover {
                accounts: &accounts,
                millis: hours.saturating_mul(3_600_000),
            };
            mover.value(&mut record);
            let time = time.plus_millis(mover.millis);
            let account = own_account(&record).unwrap_or_else(|| account_id(0));
            let batch = (time.hour(), account, own_region(&record));
            batches
                .entry(batch)
                .or_default()
                .push((time, record.to_string().into_bytes()));
        }
        for batch in batches.values_mut() {
            batch.sort_by_key(|(time, _)| *time);
        }
        Self {
            seed: config.seed,
            accounts,
            batches,
            skipped,
        }
    }

    /// The recording's account ids and what became of them.
    #[must_use]
    pub fn accounts(&self) -> &BTreeMap<String, String> {
        &self.accounts
    }

    /// How many records were left out because they have no readable `eventTime`.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The files, in the layout of the sample's and under names that the sample does not use.
    pub fn files(&self) -> impl Iterator<Item = SampleFile> {
        self.batches.iter().map(|((hour, account, region), records)| {
            let texts = records.iter().map(|(_, text)| text.as_slice());
            file(
                self.seed,
                account,
                region,
                *hour,
                Delivery::Usual,
                "overlay",
                texts,
            )
        })
    }
}

/// The most hours without a record that stay.
const MAX_GAP: i64 = 24;

/// By how many hours each hour of the recording moves.
fn moves(end: Hour, hours: impl Iterator<Item = Hour>) -> BTreeMap<Hour, i64> {
    let distinct: BTreeSet<Hour> = hours.collect();
    let mut moves = BTreeMap::new();
    let mut later: Option<(Hour, i64)> = None;
    for hour in distinct.into_iter().rev() {
        let by = match later {
            None => end.plus(-1).index() - hour.index(),
            Some((next, by)) => match next.index() - hour.index() {
                gap if gap > MAX_GAP => by + gap - 1,
                _ => by,
            },
        };
        moves.insert(hour, by);
        later = Some((hour, by));
    }
    moves
}

fn event_time(record: &Value) -> Option<Timestamp> {
    record.get("eventTime")?.as_str()?.parse().ok()
}

fn own_account(record: &Value) -> Option<String> {
    let recipient = record.get("recipientAccountId").and_then(Value::as_str);
    let caller = record.pointer("/userIdentity/accountId").and_then(Value::as_str);
    recipient
        .or(caller)
        .filter(|id| is_account(id))
        .map(str::to_owned)
}

/// The record's region where it can stand in a path.
fn own_region(record: &Value) -> String {
    let region = record
        .get("awsRegion")
        .and_then(Value::as_str)
        .filter(|region| is_region(region));
    region.unwrap_or("us-east-1").to_owned()
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Gives each account id of the recording one of the sample's: those that records count for first, by how many do, then
/// those of callers, roles and resources, which get ids that the sample does not use.
fn map_accounts<'a>(accounts: usize, records: impl Iterator<Item = &'a Value>) -> BTreeMap<String, String> {
    let mut recipients: BTreeMap<String, u64> = BTreeMap::new();
    let mut others = BTreeSet::new();
    for record in records {
        if let Some(account) = own_account(record) {
            *recipients.entry(account).or_default() += 1;
        }
        mentioned(record, &mut others);
    }
    let mut order: Vec<(u64, String)> = recipients
        .into_iter()
        .map(|(account, count)| (count, account))
        .collect();
    order.sort_by(|(count, account), (other, id)| other.cmp(count).then(account.cmp(id)));
    others.retain(|account| !order.iter().any(|(_, id)| id == account));
    let next = order.len().min(accounts.max(1));
    let own = order.into_iter().map(|(_, account)| account).enumerate();
    let own = own.map(|(index, id)| (id, account_id(index % accounts.max(1))));
    let others = others.into_iter().zip(next..);
    own.chain(others.map(|(id, index)| (id, account_id(index))))
        .collect()
}

/// Collects the values of every field that holds an account id, and the accounts of every ARN.
fn mentioned(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let id = field
                    .as_str()
                    .filter(|id| is_account(id) && name.to_ascii_lowercase().contains("account"));
                found.extend(id.map(str::to_owned));
                mentioned(field, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| mentioned(item, found)),
        Value::String(text) => {
            let arns = text.split("arn:aws").skip(1);
            let ids = arns
                .filter_map(|arn| arn.split(':').nth(4))
                .filter(|id| is_account(id));
            found.extend(ids.map(str::to_owned));
        }
        _ => {}
    }
}

/// Whether a text is written as CloudTrail writes times, `2026-01-31T12:00:00Z`, with or without milliseconds.
fn is_stamp(text: &str) -> bool {
    text.ends_with('Z') && text.get(10..11) == Some("T") && text.get(13..14) == Some(":")
}

/// Changes account ids and times wherever they stand.
struct Mover<'a> {
    accounts: &'a BTreeMap<String, String>,
    millis: i64,
}

impl Mover<'_> {
    fn value(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, mut field) in std::mem::take(fields) {
                    self.value(&mut field);
                    fields.insert(self.accounts_in(&name), field);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::String(text) => *text = self.text(text),
            Value::Number(number) => {
                let known = self.accounts.get(&format!("{:0>12}", number.to_string()));
                if let Some(id) = known.and_then(|id| id.parse::<u64>().ok()) {
                    *value = id.into();
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn text(&self, text: &str) -> String {
        match text.parse::<Timestamp>() {
            Ok(time) if is_stamp(text) => time.plus_millis(self.millis).to_string(),
            _ => self.accounts_in(text),
        }
    }

    /// Replaces the known ids where they stand as a whole run of digits.
    fn accounts_in(&self, text: &str) -> String {
        let mut moved = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, digits) = rest.split_at(start);
            let length = digits.bytes().take_while(u8::is_ascii_digit).count();
            let (run, after) = digits.split_at(length);
            moved.push_str(before);
            moved.push_str(self.accounts.get(run).map_or(run, String::as_str));
            rest = after;
        }
        moved.push_str(rest);
        moved
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn config() -> SampleConfig {
        let end = "2026-01-15T00:00:00Z".parse::<Timestamp>().unwrap().hour();
        SampleConfig::new(1, end)
    }

    fn records(overlay: &Overlay) -> Vec<Value> {
        overlay
            .files()
            .flat_map(|file| {
                let body: Value = serde_json::from_slice(&file.body).unwrap();
                body["Records"].as_array().unwrap().clone()
            })
            .collect()
    }

    #[test]
    fn account_ids_change_everywhere_and_consistently() {
        let overlay = Overlay::new(
            &config(),
            [json!({
                "eventTime": "2023-07-10T12:00:00Z",
                "recipientAccountId": "999988887777",
                "userIdentity": {"accountId": "999988887777", "arn": "arn:aws:iam::999988887777:user/a"},
                "errorMessage": "arn:aws:iam::999988887777:role/x trusts 222211110000 and 9999888877770",
                "resources": [{"accountId": "222211110000"}],
                "requestParameters": {"tags": {"999988887777": 999_988_887_777_u64}},
            })],
        );
        let record = records(&overlay).remove(0);
        assert_eq!(record["recipientAccountId"], "111122223333");
        assert_eq!(record["userIdentity"]["arn"], "arn:aws:iam::111122223333:user/a");
        assert_eq!(
            record["errorMessage"],
            "arn:aws:iam::111122223333:role/x trusts 444455556666 and 9999888877770"
        );
        assert_eq!(record["resources"][0]["accountId"], "444455556666");
        assert_eq!(
            record["requestParameters"]["tags"]["111122223333"],
            111_122_223_333_u64
        );
    }

    #[test]
    fn swapped_ids_do_not_run_into_each_other() {
        let event =
            |account: &str| json!({"eventTime": "2023-07-10T12:00:00Z", "recipientAccountId": account});
        let overlay = Overlay::new(
            &config(),
            [
                event("444455556666"),
                event("444455556666"),
                event("111122223333"),
            ],
        );
        assert_eq!(overlay.accounts()["444455556666"], "111122223333");
        assert_eq!(overlay.accounts()["111122223333"], "444455556666");
        let ids: Vec<Value> = records(&overlay)
            .iter()
            .map(|record| record["recipientAccountId"].clone())
            .collect();
        assert_eq!(ids, ["111122223333", "111122223333", "444455556666"]);
    }

    #[test]
    fn times_move_together_and_end_in_the_last_hour() {
        let overlay = Overlay::new(
            &config(),
            [
                json!({"eventTime": "2023-07-10T12:40:00Z", "eventID": "b"}),
                json!({"eventTime": "2023-07-10T09:10:30Z", "eventID": "a",
                       "userIdentity": {"sessionContext": {"attributes": {"creationDate": "2023-07-10T09:00:00Z"}}}}),
                json!({"eventID": "c"}),
                json!("no record"),
            ],
        );
        assert_eq!(overlay.skipped(), 2);
        let found = records(&overlay);
        assert_eq!(found[0]["eventTime"], "2026-01-14T20:10:30Z");
        assert_eq!(
            found[0]["userIdentity"]["sessionContext"]["attributes"]["creationDate"],
            "2026-01-14T20:00:00Z"
        );
        assert_eq!(found[1]["eventTime"], "2026-01-14T23:40:00Z");
        assert_eq!(found[1]["eventID"], "b");
    }

    #[test]
    fn a_hostile_region_stays_out_of_the_path() {
        let event = json!({"eventTime": "2023-07-10T12:40:00Z", "awsRegion": "../../etc", "recipientAccountId": "../x"});
        let overlay = Overlay::new(&config(), [event]);
        let file = overlay.files().next().unwrap();
        assert!(
            file.path
                .starts_with("AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/15/"),
            "{}",
            file.path
        );
    }

    #[test]
    fn nothing_gives_nothing() {
        let overlay = Overlay::new(&config(), []);
        assert_eq!((overlay.files().count(), overlay.skipped()), (0, 0));
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

    #[test]
    fn days_without_a_record_become_an_hour() {
        let hour = |index| Hour::from_index(index);
        let moved = moves(hour(1000), [10, 11, 34, 59, 900].map(hour).into_iter());
        let places: Vec<i64> = moved.iter().map(|(hour, by)| hour.index() + by).collect();
        assert_eq!(places, [973, 974, 997, 998, 999]);
    }

    proptest! {
        #![proptest_config(cases(64))]

        #[test]
        fn distances_of_a_day_and_ids_stay_whatever_the_order(
            times in proptest::collection::vec(1_000_000_000_i64..1_000_080_000, 1..20),
        ) {
            let event = |(number, time): (usize, &i64)| {
                json!({"eventTime": Timestamp::from_secs(*time).to_string(), "eventID": number})
            };
            let overlay = Overlay::new(&config(), times.iter().enumerate().map(event));
            let found = records(&overlay);
            prop_assert_eq!(found.len(), times.len());
            let shifts: BTreeSet<i64> = found.iter().map(|record| {
                let number = usize::try_from(record["eventID"].as_u64().unwrap()).unwrap();
                event_time(record).unwrap().as_secs() - times[number]
            }).collect();
            prop_assert_eq!(shifts.len(), 1);
            let last = found.iter().filter_map(event_time).max().unwrap();
            prop_assert_eq!(last.hour(), config().end.plus(-1));
        }
    }
}
