//! The sample as a whole.

use std::collections::VecDeque;

use firstsight_cloudtrail::{Hour, Timestamp};
use serde_json::Value;

use crate::config::{SampleConfig, account_id};
use crate::error::SampleError;
use crate::files::{Delivery, SampleFile, deliver, file};
use crate::hour::HourWriter;
use crate::tables::novelty::{Novelty, catalogue};
use crate::world::World;

/// Made CloudTrail: a function of its [`SampleConfig`].
#[derive(Debug)]
pub struct Sample {
    config: SampleConfig,
    accounts: Vec<Account>,
    catalogue: Vec<Novelty>,
}

#[derive(Debug)]
struct Account {
    world: World,
    /// The order in which it comes upon the catalogue of harmless errors.
    order: Vec<usize>,
}

/// An error event of the attack: what an inspection of the last hour has to find.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Planted {
    /// `eventID`.
    pub event_id: String,
    /// `recipientAccountId`.
    pub account: String,
    /// `eventTime`.
    pub time: Timestamp,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`; empty for failed console sign-ins, which have none.
    pub error_code: String,
    /// What the attacker wants.
    pub why: &'static str,
}

impl Sample {
    /// A sample of this configuration. Nothing is made before [`files`](Self::files) is read.
    ///
    /// # Errors
    ///
    /// [`SampleError::Config`] names a setting that is out of its range.
    pub fn new(config: SampleConfig) -> Result<Self, SampleError> {
        config.check()?;
        let catalogue = catalogue();
        let accounts = (0..config.accounts)
            .map(|index| Account::new(&config, index, catalogue.len()))
            .collect();
        Ok(Self {
            config,
            accounts,
            catalogue,
        })
    }

    /// What it was made from.
    #[must_use]
    pub fn config(&self) -> &SampleConfig {
        &self.config
    }

    /// Every file, by hour, account and region. Only the files of one hour of one account stand in memory.
    #[must_use]
    pub fn files(&self) -> Files<'_> {
        Files {
            sample: self,
            hour: self.config.start(),
            account: 0,
            ready: VecDeque::new(),
        }
    }

    /// The files of one hour of every account, by account and region. Any hour will do, those before and behind the sample too: for
    /// who lets a sample go on, hour by hour.
    #[must_use]
    pub fn files_of(&self, hour: Hour) -> Vec<SampleFile> {
        (0..self.accounts.len())
            .flat_map(|index| self.hour(index, hour))
            .collect()
    }

    /// A file of records of one's own, in the layout of the sample's: what happened besides, in one hour of an account and region. Files of
    /// different `name`s differ in theirs; `trail` and `overlay` are taken.
    #[must_use]
    pub fn file(&self, account: &str, region: &str, hour: Hour, name: &str, records: &[Value]) -> SampleFile {
        let texts: Vec<Vec<u8>> = records
            .iter()
            .map(|record| record.to_string().into_bytes())
            .collect();
        let texts = texts.iter().map(Vec::as_slice);
        file(
            self.config.seed,
            account,
            region,
            hour,
            Delivery::Usual,
            name,
            texts,
        )
    }

    /// The error events of the attack, in order; none where [`SampleConfig::attack`] is off. The calls of the attack
    /// that succeed and the flood of throttling around it are not among them.
    #[must_use]
    pub fn planted(&self) -> Vec<Planted> {
        let (true, Some(account)) = (self.config.attack, self.accounts.first()) else {
            return Vec::new();
        };
        let hour = self.config.end.plus(-1);
        let moves = self.writer(account, hour).attack();
        moves
            .into_iter()
            .filter_map(|(step, event_id)| {
                let (code, _) = step.call.error?;
                Some(Planted {
                    event_id,
                    account: account.world.account.clone(),
                    time: Timestamp::from_secs(hour.start().as_secs() + step.at),
                    event_source: format!("{}.amazonaws.com", step.call.source),
                    event_name: step.call.name.to_owned(),
                    error_code: code.to_owned(),
                    why: step.why,
                })
            })
            .collect()
    }

    fn writer<'a>(&'a self, account: &'a Account, hour: Hour) -> HourWriter<'a> {
        HourWriter::new(
            &self.config,
            &account.world,
            &self.catalogue,
            &account.order,
            hour,
        )
    }

    /// The files of one hour of one account.
    fn hour(&self, index: usize, hour: Hour) -> Vec<SampleFile> {
        let Some(account) = self.accounts.get(index) else {
            return Vec::new();
        };
        let mut writer = self.writer(account, hour);
        writer.ordinary();
        if self.config.attack && index == 0 && hour == self.config.end.plus(-1) {
            writer.attack();
        }
        deliver(&writer.finish(), hour)
    }
}

impl Account {
    fn new(config: &SampleConfig, index: usize, catalogue: usize) -> Self {
        let world = World::new(config.seed, account_id(index), &config.regions);
        let mut dice = world.lasting("order of novelties");
        let mut order: Vec<usize> = (0..catalogue).collect();
        // Fisher and Yates's shuffle.
        for last in (1..order.len()).rev() {
            order.swap(last, dice.below(last + 1));
        }
        Self { world, order }
    }
}

/// The files of a [`Sample`].
#[derive(Debug)]
pub struct Files<'a> {
    sample: &'a Sample,
    hour: Hour,
    account: usize,
    ready: VecDeque<SampleFile>,
}

impl Iterator for Files<'_> {
    type Item = SampleFile;

    fn next(&mut self) -> Option<SampleFile> {
        while self.ready.is_empty() && self.hour < self.sample.config.end {
            self.ready = self.sample.hour(self.account, self.hour).into();
            self.account += 1;
            if self.account >= self.sample.accounts.len() {
                self.account = 0;
                self.hour = self.hour.plus(1);
            }
        }
        self.ready.pop_front()
    }
}

impl<'a> IntoIterator for &'a Sample {
    type Item = SampleFile;
    type IntoIter = Files<'a>;

    fn into_iter(self) -> Files<'a> {
        self.files()
    }
}
