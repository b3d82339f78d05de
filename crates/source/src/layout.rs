//! Where a CloudTrail trail puts its files, and what their names tell.
//!
//! A trail delivers to `[prefix/]AWSLogs/[o-ID/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/`, into files named
//! `ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz` (AWS CloudTrail user guide, "CloudTrail log file
//! examples"; one example there lacks the underscore before UNIQUE, so both are read). The time is that of delivery, in
//! UTC, to the minute. Digests stand beside them in `CloudTrail-Digest`, Insights events in `CloudTrail-Insight`, and
//! other services' logs under their own names.
//!
//! Names are given here as object keys: components separated by `/`. A path is read the same way.

use std::fmt;
use std::time::Duration;

use firstsight_cloudtrail::{TimeRange, Timestamp};

const MINUTE_MILLIS: i64 = 60_000;
const HOUR_MILLIS: i64 = 3_600_000;

/// What a log file's name tells. Displays as the name that CloudTrail gives.
///
/// ```
/// # use firstsight_source::layout::TrailFile;
/// let name = "111122223333_CloudTrail_us-east-1_20260131T1205Z_3x2Ab9.json.gz";
/// let file = TrailFile::parse(name).expect("a trail's file name");
/// assert_eq!((&*file.account, &*file.region), ("111122223333", "us-east-1"));
/// assert_eq!(file.delivered.to_string(), "2026-01-31T12:05:00Z");
/// assert_eq!(file.to_string(), name);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailFile {
    /// The account whose records it holds.
    pub account: String,
    /// The region whose records it holds.
    pub region: String,
    /// When it was delivered, to the minute (rounded down).
    pub delivered: Timestamp,
    /// What makes the name unique; sixteen letters and digits when CloudTrail gave it.
    pub unique: String,
    /// What follows the first dot, `json.gz` when CloudTrail gave it; empty without a dot.
    pub extension: String,
}

impl TrailFile {
    /// Reads a file's name (the last component of a key or path); `None` when it is no trail's log file.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (account, rest) = name.split_once("_CloudTrail_")?;
        let (region, rest) = rest.split_once('_')?;
        let (stamp, rest) = rest.split_once('Z')?;
        let rest = rest.strip_prefix('_').unwrap_or(rest);
        let (unique, extension) = rest.split_once('.').unwrap_or((rest, ""));
        (is_account(account) && is_region(region)).then_some(())?;
        Some(Self {
            account: account.into(),
            region: region.into(),
            delivered: minute(stamp)?,
            unique: unique.into(),
            extension: extension.into(),
        })
    }
}

impl fmt::Display for TrailFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 2026-01-31T12:05:00Z without what separates, and without the seconds.
        let time = self.delivered.to_string().replace(['-', ':'], "");
        let stamp = time.get(..13).unwrap_or(&time);
        write!(
            f,
            "{}_CloudTrail_{}_{stamp}Z_{}",
            self.account, self.region, self.unique
        )?;
        if self.extension.is_empty() {
            return Ok(());
        }
        write!(f, ".{}", self.extension)
    }
}

/// What a trail does not hold its log files in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Beside {
    /// Digests: hashes of log files, no records.
    Digest,
    /// Insights events, which are not judged.
    Insight,
    /// The logs of another service (load balancers, VPC flow logs, …) in the same bucket.
    OtherService,
}

impl Beside {
    /// What a folder (a key without its trailing `/`) is, when nothing below it can hold a trail's records.
    #[must_use]
    pub fn of_folder(key: &str) -> Option<Self> {
        let mut up = key.rsplit('/');
        match up.next()? {
            "CloudTrail-Digest" => Some(Self::Digest),
            "CloudTrail-Insight" => Some(Self::Insight),
            "CloudTrail" => None,
            _ => (is_account(up.next()?) && is_delivery_root(up)).then_some(Self::OtherService),
        }
    }

    /// What a file is by its own name, when it is no log file although CloudTrail wrote it.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        let (account, rest) = name.split_once('_')?;
        is_account(account).then_some(())?;
        match rest.split_once('_')?.0 {
            "CloudTrail-Digest" => Some(Self::Digest),
            "CloudTrail-Insight" => Some(Self::Insight),
            _ => None,
        }
    }
}

/// Whether the components above an account (nearest first) end in `AWSLogs` or `AWSLogs/o-ID`.
fn is_delivery_root<'a>(mut up: impl Iterator<Item = &'a str>) -> bool {
    match up.next() {
        Some("AWSLogs") => true,
        Some(organization) if organization.starts_with("o-") => up.next() == Some("AWSLogs"),
        _ => false,
    }
}

/// The year, month or day that a folder `…/CloudTrail/REGION/YYYY[/MM[/DD]]` is for; `None` for other folders.
#[must_use]
pub fn folder_dates(key: &str) -> Option<TimeRange> {
    let mut up = key.rsplit('/');
    let mut nearest: Vec<&str> = up
        .by_ref()
        .take_while(|part| !is_region_folder(part))
        .take(4)
        .collect();
    // The first component that is no number was the region.
    (up.next() == Some("CloudTrail")).then_some(())?;
    nearest.reverse();
    match nearest.as_slice() {
        [year] => span(number(year, 4)?, None, None),
        [year, month] => span(number(year, 4)?, Some(number(month, 2)?), None),
        [year, month, day] => span(number(year, 4)?, Some(number(month, 2)?), Some(number(day, 2)?)),
        _ => None,
    }
}

fn is_region_folder(part: &str) -> bool {
    is_region(part) && !part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The account and region that a key's folders tell: `…/ACCOUNT/CloudTrail/REGION/…`.
#[must_use]
pub fn folder_owner(key: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = key.split('/').collect();
    parts.windows(3).rev().find_map(|window| match window {
        [account, "CloudTrail", region] if is_account(account) && is_region_folder(region) => {
            Some((*account, *region))
        }
        _ => None,
    })
}

/// Which delivery times can hold records of a window of event time.
///
/// A file holds what happened before it was delivered: usually within a quarter of an hour, without a promise. So it is
/// taken when it was delivered from the window's start on, up to a *lateness* after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryWindow {
    start: Timestamp,
    end: Timestamp,
}

impl DeliveryWindow {
    /// The lateness that is allowed unless the caller says otherwise: two hours.
    pub const LATENESS: Duration = Duration::from_secs(2 * 3600);

    /// The delivery times for a window of event time.
    #[must_use]
    pub fn new(window: &TimeRange, lateness: Duration) -> Self {
        let lateness = i64::try_from(lateness.as_millis()).unwrap_or(i64::MAX);
        Self {
            // A name's minute may have begun up to a minute before the delivery.
            start: window.start.plus_millis(1 - MINUTE_MILLIS),
            end: window.end.plus_millis(lateness),
        }
    }

    /// Whether a file delivered then has to be read.
    #[must_use]
    pub fn takes(&self, delivered: Timestamp) -> bool {
        self.start <= delivered && delivered < self.end
    }

    /// Whether a folder for these dates has to be listed. Nothing promises that a file delivered around midnight lies
    /// in the folder of the day that its name tells, so an hour on each side is allowed.
    #[must_use]
    pub fn touches(&self, dates: &TimeRange) -> bool {
        dates.start.plus_millis(-HOUR_MILLIS) < self.end && self.start < dates.end.plus_millis(HOUR_MILLIS)
    }
}

/// Twelve digits.
fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `us-east-1`, `us-gov-west-1`, `cn-north-1`, and what may come.
fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn number(text: &str, digits: usize) -> Option<u16> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
    text.parse().ok()
}

/// `20260131T1205`.
fn minute(stamp: &str) -> Option<Timestamp> {
    let (date, time) = stamp.split_once('T')?;
    (date.len() == 8 && time.len() == 4 && date.is_ascii() && time.is_ascii()).then_some(())?;
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let (hour, minute) = (time.get(..2)?, time.get(2..)?);
    [year, month, day, hour, minute]
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(())?;
    format!("{year}-{month}-{day}T{hour}:{minute}:00Z").parse().ok()
}

fn span(year: u16, month: Option<u16>, day: Option<u16>) -> Option<TimeRange> {
    let start = midnight(year, month.unwrap_or(1), day.unwrap_or(1))?;
    let end = match (month, day) {
        (_, Some(_)) => Some(start.plus_millis(24 * HOUR_MILLIS)),
        (None | Some(12), None) => midnight(year + 1, 1, 1),
        (Some(month), None) => midnight(year, month + 1, 1),
    };
    Some(TimeRange::new(start, end?))
}

fn midnight(year: u16, month: u16, day: u16) -> Option<Timestamp> {
    format!("{year:04}-{month:02}-{day:02}T00:00:00Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_name_is_read_with_and_without_the_underscore_packed_or_not() {
        for name in [
            "111122223333_CloudTrail_us-gov-west-1_20260131T1205Z_Ab3.json.gz",
            "111122223333_CloudTrail_us-gov-west-1_20260131T1205ZAb3.json.gz",
            "111122223333_CloudTrail_us-gov-west-1_20260131T1205Z_Ab3.json",
            "111122223333_CloudTrail_us-gov-west-1_20260131T1205Z_Ab3",
        ] {
            let file = TrailFile::parse(name).expect(name);
            assert_eq!(file.delivered, at("2026-01-31T12:05:00Z"), "{name}");
            assert_eq!((&*file.region, &*file.unique), ("us-gov-west-1", "Ab3"), "{name}");
        }
    }

    #[test]
    fn a_name_that_tells_no_time_is_none() {
        for name in [
            "",
            "records.json.gz",
            "11112222333_CloudTrail_us-east-1_20260131T1205Z_Ab3.json.gz",
            "111122223333_CloudTrail_us-east-1_20260231T1205Z_Ab3.json.gz",
            "111122223333_CloudTrail_us-east-1_20260131T2460Z_Ab3.json.gz",
            "111122223333_CloudTrail_us-east-1_20260131T120500Z_Ab3.json.gz",
            "111122223333_CloudTrail_us-east-1_2026-131T1205Z_Ab3.json.gz",
            "111122223333_CloudTrail_us-east-1_+0260131T1205Z_Ab3.json.gz",
            "111122223333_CloudTrail__20260131T1205Z_Ab3.json.gz",
            "111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260131T120500Z.json.gz",
            "111122223333_CloudTrail_us-east-1_2026\u{301}131T12Z_Ab3.json.gz",
        ] {
            assert_eq!(TrailFile::parse(name), None, "{name}");
        }
    }

    #[test]
    fn digests_insights_and_other_services_are_told_by_folder_and_by_name() {
        let of = Beside::of_folder;
        assert_eq!(
            of("p/AWSLogs/111122223333/CloudTrail-Digest"),
            Some(Beside::Digest)
        );
        assert_eq!(of("CloudTrail-Insight"), Some(Beside::Insight));
        assert_eq!(
            of("AWSLogs/o-ab12/111122223333/vpcflowlogs"),
            Some(Beside::OtherService)
        );
        assert_eq!(
            of("AWSLogs/111122223333/elasticloadbalancing"),
            Some(Beside::OtherService)
        );
        for folder in [
            "AWSLogs",
            "AWSLogs/111122223333",
            "AWSLogs/o-ab12/111122223333/CloudTrail",
            "AWSLogs/111122223333/CloudTrail/us-east-1",
            "backup/111122223333/logs",
            "",
        ] {
            assert_eq!(of(folder), None, "{folder}");
        }
        assert_eq!(
            Beside::of_file("111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20260131T120500Z.json.gz"),
            Some(Beside::Digest)
        );
        assert_eq!(
            Beside::of_file("111122223333_CloudTrail-Insight_us-east-1_20260131T1205Z_Ab3.json.gz"),
            Some(Beside::Insight)
        );
        assert_eq!(
            Beside::of_file("111122223333_CloudTrail_us-east-1_20260131T1205Z_Ab3.json.gz"),
            None
        );
    }

    #[test]
    fn dated_folders_tell_their_year_month_or_day() {
        let dates = |key: &str| folder_dates(key).map(|range| range.to_string());
        let above = "AWSLogs/111122223333/CloudTrail/eu-west-1";
        assert_eq!(
            dates(&format!("{above}/2026")).as_deref(),
            Some("2026-01-01T00:00:00Z to 2027-01-01T00:00:00Z")
        );
        assert_eq!(
            dates(&format!("{above}/2026/12")).as_deref(),
            Some("2026-12-01T00:00:00Z to 2027-01-01T00:00:00Z")
        );
        assert_eq!(
            dates(&format!("{above}/2024/02")).as_deref(),
            Some("2024-02-01T00:00:00Z to 2024-03-01T00:00:00Z")
        );
        assert_eq!(
            dates(&format!("{above}/2026/01/31")).as_deref(),
            Some("2026-01-31T00:00:00Z to 2026-02-01T00:00:00Z")
        );
        for other in [
            "",
            "/2026/",
            "/2026/01/31/05",
            "/26",
            "/2026/1",
            "/2026/13",
            "/2026/02/30",
            "/x/2026",
        ] {
            assert_eq!(dates(&format!("{above}{other}")), None, "{other}");
        }
        assert_eq!(dates("CloudWatch/eu-west-1/2026"), None);
        assert_eq!(dates("2026"), None);
    }

    #[test]
    fn folders_tell_account_and_region() {
        assert_eq!(
            folder_owner("p/AWSLogs/o-ab/111122223333/CloudTrail/eu-west-1/2026/01/31/x.gz"),
            Some(("111122223333", "eu-west-1"))
        );
        assert_eq!(folder_owner("111122223333/CloudTrail/2026/x.gz"), None);
        assert_eq!(folder_owner("x.gz"), None);
    }

    #[test]
    fn a_window_takes_what_was_delivered_from_its_start_to_two_hours_after_its_end() {
        let hour = TimeRange::new(at("2026-01-31T12:00:00Z"), at("2026-01-31T13:00:00Z"));
        let window = DeliveryWindow::new(&hour, DeliveryWindow::LATENESS);
        for (delivered, taken) in [
            ("2026-01-31T11:59:00Z", false),
            ("2026-01-31T12:00:00Z", true),
            ("2026-01-31T14:59:00Z", true),
            ("2026-01-31T15:00:00Z", false),
        ] {
            assert_eq!(window.takes(at(delivered)), taken, "{delivered}");
        }
        // A window that starts within a minute: the name says 12:00, the delivery may have been at 12:00:59.
        let odd = TimeRange::new(at("2026-01-31T12:00:30Z"), at("2026-01-31T13:00:00Z"));
        assert!(DeliveryWindow::new(&odd, DeliveryWindow::LATENESS).takes(at("2026-01-31T12:00:00Z")));
    }

    #[test]
    fn a_window_touches_the_days_that_it_needs_and_neighbours_only_at_midnight() {
        let touched = |start, end| {
            let window = TimeRange::new(at(start), at(end));
            let window = DeliveryWindow::new(&window, DeliveryWindow::LATENESS);
            ["30", "31"].map(|day| {
                window.touches(&folder_dates(&format!("CloudTrail/eu-west-1/2026/01/{day}")).expect("a day"))
            })
        };
        assert_eq!(
            touched("2026-01-30T10:00:00Z", "2026-01-30T11:00:00Z"),
            [true, false]
        );
        assert_eq!(
            touched("2026-01-31T10:00:00Z", "2026-01-31T11:00:00Z"),
            [false, true]
        );
        assert_eq!(
            touched("2026-01-31T00:00:00Z", "2026-01-31T01:00:00Z"),
            [true, true]
        );
        assert_eq!(
            touched("2026-01-30T21:00:00Z", "2026-01-30T22:00:00Z"),
            [true, true]
        );
    }

    fn names() -> impl Strategy<Value = TrailFile> {
        (
            "[0-9]{12}",
            "[a-z]{2}-[a-z]{4,9}-[1-9]",
            0i64..4_102_444_800 / 60,
            "[A-Za-z0-9]{16}",
            prop_oneof![Just(""), Just("json"), Just("json.gz")],
        )
            .prop_map(|(account, region, minute, unique, extension)| TrailFile {
                account,
                region,
                delivered: Timestamp::from_secs(minute * 60),
                unique,
                extension: extension.into(),
            })
    }

    proptest! {
        #[test]
        fn names_round_trip(file in names()) {
            prop_assert_eq!(TrailFile::parse(&file.to_string()), Some(file.clone()));
            // The form without the underscore reads the same.
            let (stamped, unique) = file.to_string().rsplit_once('_').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
            prop_assert_eq!(TrailFile::parse(&format!("{stamped}{unique}")), Some(file));
        }

        #[test]
        fn no_name_panics(name in "\\PC{0,60}|[0-9]{12}_CloudTrail(-Digest)?_[a-z0-9-]{0,9}_\\PC{0,20}") {
            let _ = TrailFile::parse(&name);
            let _ = Beside::of_file(&name);
            let _ = Beside::of_folder(&name);
            let _ = folder_dates(&name);
            let _ = folder_owner(&name);
        }

        /// The day folder of a delivery that is taken is listed.
        #[test]
        fn what_is_taken_lies_in_a_folder_that_is_listed(
            start in 0i64..4_000_000_000, length in 1i64..1_000_000, delivered in -100_000i64..1_100_000,
        ) {
            let window = TimeRange::new(Timestamp::from_secs(start), Timestamp::from_secs(start + length));
            let window = DeliveryWindow::new(&window, DeliveryWindow::LATENESS);
            let delivered = Timestamp::from_secs((start + delivered).max(0));
            let day = delivered.to_string()[..10].replace('-', "/");
            let month = &day[..7];
            for folder in [&*day, month, &day[..4]] {
                let dates = folder_dates(&format!("CloudTrail/eu-west-1/{folder}")).unwrap();
                prop_assert!(dates.contains(delivered));
                prop_assert!(!window.takes(delivered) || window.touches(&dates));
            }
        }
    }
}
