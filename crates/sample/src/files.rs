//! Puts the records of an hour into files, as CloudTrail delivers them.

use std::collections::BTreeMap;

use firstsight_cloudtrail::{Hour, Timestamp};

use crate::dice::{Dice, fnv};
use crate::record::{Writer, Written};

/// Of 10,000 records so many stand in two files, and so many come late.
const REPEATED: u64 = 100;
const LATE: u64 = 60;

/// One file of a trail, before it is compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SampleFile {
    /// Where it stands, with `/` between folders:
    /// `AWSLogs/ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE16.json.gz`. The time
    /// is that of delivery (AWS CloudTrail user guide, finding your CloudTrail log files).
    pub path: String,
    /// `{"Records":[…]}`.
    pub body: Vec<u8>,
    /// The hour in which its records happened.
    pub hour: Hour,
    /// When it is delivered, as its name says: nobody can read it before.
    pub delivered: Timestamp,
    /// How many records it holds.
    pub records: u32,
}

/// When a file of an hour is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Delivery {
    /// 5 or 10 minutes after the hour.
    Usual,
    /// Up to an hour after the hour.
    Late,
}

/// Names a file and wraps the records, which come as JSON texts.
pub(crate) fn file<'r>(
    seed: u64,
    account: &str,
    region: &str,
    hour: Hour,
    delivery: Delivery,
    kind: &str,
    records: impl Iterator<Item = &'r [u8]>,
) -> SampleFile {
    let purpose = fnv(kind) ^ fnv(region).rotate_left(1) ^ u64::from(delivery == Delivery::Late);
    let mut dice = Dice::new(seed, account.parse().unwrap_or(0), hour.index(), purpose);
    let minutes = match delivery {
        Delivery::Usual => dice.between(1, 2),
        Delivery::Late => dice.between(3, 11),
    };
    let delivered = hour.plus(1).start().plus_millis(i64::from(minutes) * 5 * 60_000);
    let written = delivered.to_string();
    let unique = dice.text(
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        16,
    );
    let day: String = written
        .chars()
        .take(10)
        .map(|c| if c == '-' { '/' } else { c })
        .collect();
    let stamp: String = written
        .chars()
        .take(16)
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    let path = format!(
        "AWSLogs/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{stamp}Z_{unique}.json.gz"
    );
    let mut body = br#"{"Records":["#.to_vec();
    let mut count = 0;
    for record in records {
        if count > 0 {
            body.push(b',');
        }
        body.extend_from_slice(record);
        count += 1;
    }
    body.extend_from_slice(b"]}");
    SampleFile {
        path,
        body,
        hour,
        delivered,
        records: count,
    }
}

/// The files of an hour of an account: one a region, and where records came late, one more.
pub(crate) fn deliver(writer: &Writer<'_>, hour: Hour) -> Vec<SampleFile> {
    let world = writer.world;
    let mut batches: BTreeMap<(&str, Delivery), Vec<&Written>> = BTreeMap::new();
    for record in &writer.records {
        for place in places(record, &world.regions) {
            batches.entry(place).or_default().push(record);
        }
    }
    batches
        .into_iter()
        .map(|((region, delivery), mut records)| {
            records.sort_by_key(|record: &&Written| (record.time, record.json.start));
            let texts = records.iter().map(|record| &writer.buffer[record.json.clone()]);
            file(world.seed, &world.account, region, hour, delivery, "trail", texts)
        })
        .collect()
}

/// Where a record stands. That it is late or repeated follows from its id alone, so that no other record matters.
fn places<'a>(record: &'a Written, regions: &'a [String]) -> Vec<(&'a str, Delivery)> {
    let draw = fnv(&record.event_id);
    let own = record.region.as_str();
    let elsewhere = regions.iter().map(String::as_str).find(|region| *region != own);
    match draw % 10_000 {
        share if share < REPEATED => {
            let second = match elsewhere {
                Some(region) if draw & (1 << 40) == 0 => (region, Delivery::Usual),
                _ => (own, Delivery::Late),
            };
            vec![(own, Delivery::Usual), second]
        }
        share if share < REPEATED + LATE && happened_late(record.time) => vec![(own, Delivery::Late)],
        _ => vec![(own, Delivery::Usual)],
    }
}

/// A record of the hour's last part can be up to an hour late and still come with the hour's late file.
fn happened_late(time: Timestamp) -> bool {
    time.as_secs().rem_euclid(3_600) >= 1_800
}
