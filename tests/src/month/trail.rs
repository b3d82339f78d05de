//! The trail: a sample's files, each written when it is delivered, or later; and what they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use firstsight_engine::{Hour, Time};
use firstsight_sample::{Sample, SampleConfig, SampleFile};
use serde_json::Value;

use super::dice::Dice;

/// Hours of history before the first run.
pub(crate) const HISTORY: i64 = 36;

/// The account whose files come late.
const LATE_ACCOUNT: &str = "444455556666";

/// Error events by the hour in which they happened.
pub(crate) type Errors = BTreeMap<Hour, BTreeSet<String>>;

/// What the trail did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Delivered {
    pub(crate) files: u64,
    pub(crate) records: u64,
    /// Files that came hours late, and are read.
    pub(crate) late: u64,
    /// Files that came later than anything is read.
    pub(crate) too_late: u64,
}

/// A folder that fills.
#[derive(Debug)]
pub(crate) struct Trail {
    folder: PathBuf,
    /// Where the folder is while it is away.
    away: Option<PathBuf>,
    seed: u64,
    start: Hour,
    sample: Sample,
    /// Files that are made and not delivered, by when they are.
    waiting: Vec<(Time, SampleFile)>,
    /// Files later than this are not read any more, in hours.
    reach: i64,
    silent: bool,
    /// Whether the next file is to be damaged; then which one is.
    damage: Damage,
    /// What can be read, and has to be counted.
    errors: Errors,
    pub(crate) delivered: Delivered,
}

#[derive(Debug)]
enum Damage {
    None,
    Next,
    Is(SampleFile),
}

impl Trail {
    /// A trail with its history, and nothing of the hour that begins now.
    pub(crate) fn new(folder: PathBuf, seed: u64, start: Hour, reach: i64) -> Self {
        let mut trail = Self {
            folder,
            away: None,
            seed,
            start,
            sample: sample(seed, start, false),
            waiting: Vec::new(),
            reach,
            silent: false,
            damage: Damage::None,
            errors: Errors::new(),
            delivered: Delivered::default(),
        };
        for hour in -HISTORY..0 {
            trail.happen(start.plus(hour), false);
        }
        trail
    }

    /// What has been delivered and can be read.
    pub(crate) fn errors(&self) -> &Errors {
        &self.errors
    }

    /// Makes the files of an hour that is over; they wait to be delivered.
    pub(crate) fn happen(&mut self, hour: Hour, attack: bool) {
        let files = if attack {
            sample(self.seed, hour.plus(1), true).files_of(hour)
        } else {
            self.sample.files_of(hour)
        };
        for file in files {
            let at = self.delivery(&file);
            self.waiting.push((at, file));
        }
    }

    /// When a file is delivered: as its name says, or hours later.
    fn delivery(&mut self, file: &SampleFile) -> Time {
        const HOUR: i64 = 3_600_000;
        let index = file.hour.index() - self.start.index();
        let mut dice = Dice::new(self.seed, &file.path);
        // One account is always in time: an hour without any record would be no window to catch up with.
        if index < 0 || !file.path.contains(LATE_ACCOUNT) {
            return file.delivered;
        }
        if index % 120 == 1 {
            return file.delivered.plus_millis((self.reach + 14) * HOUR);
        }
        let late = dice.once_in(12);
        // Not by two days: for so long what was read in one file is known again in another.
        let hours = if late { dice.between(2, 26) } else { 0 };
        file.delivered.plus_millis(hours * HOUR)
    }

    /// Delivers what is due by now.
    pub(crate) fn deliver(&mut self, now: Time) {
        if self.silent {
            return;
        }
        let waiting = std::mem::take(&mut self.waiting);
        let (due, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(at, _)| *at <= now);
        self.waiting = waiting;
        for (at, file) in due {
            self.put(at, file);
        }
    }

    fn put(&mut self, at: Time, file: SampleFile) {
        self.delivered.files += 1;
        self.delivered.records += u64::from(file.records);
        let late = (at.as_secs() - file.delivered.as_secs()) / 3600;
        if late > self.reach {
            self.delivered.too_late += 1;
            return self.write(file);
        }
        self.delivered.late += u64::from(late > 0);
        if matches!(self.damage, Damage::Next) && late == 0 {
            self.write_half(&file);
            self.damage = Damage::Is(file);
            return;
        }
        self.count(&file);
        self.write(file);
    }

    fn count(&mut self, file: &SampleFile) {
        let document: Value = serde_json::from_slice(&file.body).expect("a sample is JSON");
        let records = document["Records"].as_array().expect("a file has records");
        for record in records.iter().filter(|record| is_error(record)) {
            let time: Time = record["eventTime"]
                .as_str()
                .expect("a time")
                .parse()
                .expect("a time");
            let id = format!("{} {}", record["recipientAccountId"], record["eventID"]);
            self.errors.entry(time.hour()).or_default().insert(id);
        }
    }

    fn root(&self) -> &Path {
        self.away.as_deref().unwrap_or(&self.folder)
    }

    fn write(&self, file: SampleFile) {
        firstsight_sample::write([file], self.root(), true, |_, _| {}).expect("a file can be written");
    }

    /// Half of it, as when a copy was cut off.
    fn write_half(&self, file: &SampleFile) {
        let path = self.root().join(&file.path);
        std::fs::create_dir_all(path.parent().expect("files lie in folders")).expect("a folder can be made");
        let whole = crate::gzip(&file.body);
        std::fs::write(path, &whole[..whole.len() / 2]).expect("a file can be written");
    }

    /// The next file comes damaged.
    pub(crate) fn damage(&mut self) {
        self.damage = Damage::Next;
    }

    /// The damaged file is whole.
    pub(crate) fn mend(&mut self) {
        let damage = std::mem::replace(&mut self.damage, Damage::None);
        if let Damage::Is(file) = damage {
            self.count(&file);
            self.write(file);
        }
    }

    /// Nothing is delivered, or all that waits again.
    pub(crate) fn silent(&mut self, silent: bool) {
        self.silent = silent;
    }

    /// The folder goes away, or comes back.
    pub(crate) fn away(&mut self, away: bool) {
        let other = self.folder.with_extension("away");
        let moved = match away {
            true => std::fs::rename(&self.folder, &other),
            false => std::fs::rename(&other, &self.folder),
        };
        moved.expect("a folder can be moved");
        self.away = away.then_some(other);
    }
}

fn sample(seed: u64, end: Hour, attack: bool) -> Sample {
    let mut config = SampleConfig::new(seed, end);
    config.days = 1;
    config.accounts = 2;
    config.regions = vec!["us-east-1".to_owned()];
    config.scale = 0.3;
    config.attack = attack;
    Sample::new(config).expect("the sample's settings are right")
}

/// The rule of `firstsight_cloudtrail::ErrorEvent`, said a second time: what is counted here must not rest on what is tested.
fn is_error(record: &Value) -> bool {
    let text = |name: &str| record[name].as_str().unwrap_or_default();
    let signs_in = &record["responseElements"];
    let failed = |step: &str| signs_in[step] == "Failure";
    !matches!(text("errorCode"), "" | "200")
        || !text("errorMessage").is_empty()
        || ["ConsoleLogin", "CheckMfa", "SwitchRole"].into_iter().any(failed)
}
