//! A history of many clusters, of which some occur in the window that is judged.

use firstsight_engine::{
    Dimension, EventIdentity, History, InputQuery, JudgeInput, Observation, Policy, Range, Summary,
    SummaryOptions, Time, judge,
};

use crate::end;

/// The name of the inspection that judges.
pub const INSPECTION: &str = "bench";

/// How many fine templates a family has.
const FAMILY: u32 = 10;
/// One in so many active clusters is seen for the first time.
const NEW: u32 = 20;
/// How many hours of the baseline a known cluster occurs in.
const OCCURRENCES: u32 = 3;
/// Hours of the baseline.
const BASELINE: i64 = 14 * 24;
const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
const REGIONS: [&str; 4] = ["eu-west-1", "us-east-1", "us-west-2", "ap-south-1"];

/// How many clusters there are, and how many of them the window holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clusters {
    /// Known before the window.
    pub stored: u32,
    /// Those with an occurrence in the window: one in 20 of them is new, the others are the first of the stored ones.
    pub active: u32,
}

impl Clusters {
    /// What is asked of a history, of the hour before the sample's end.
    #[must_use]
    pub fn query() -> InputQuery {
        query(Range::hours_before(end().hour(), 1))
    }

    /// The history: every stored cluster was judged and recorded an hour before the window.
    #[must_use]
    pub fn history(self) -> History {
        let mut history = History::new();
        history.observe(&self.past());
        let founding = query(Range::hours_before(Self::query().window.start.hour(), 1));
        let verdict = judge(&history.input(&founding));
        history.record(INSPECTION, founding.window, &verdict);
        history.observe(&self.present());
        history
    }

    /// What a judgement of the window looks at.
    #[must_use]
    pub fn input(self) -> JudgeInput {
        self.history().input(&Self::query())
    }

    fn past(self) -> Summary {
        let mut summary = Summary::new(SummaryOptions::default());
        for cluster in 0..self.stored {
            for turn in 0..OCCURRENCES {
                let hours = 2 + i64::from(mixed(cluster, turn) as u32) % (BASELINE - 4);
                add(&mut summary, cluster, turn, hours);
            }
        }
        summary
    }

    fn present(self) -> Summary {
        let mut summary = Summary::new(SummaryOptions::default());
        for number in 0..self.active {
            let is_new = number % NEW == NEW - 1;
            let cluster = if is_new { self.stored + number } else { number };
            add(&mut summary, cluster, OCCURRENCES, 0);
        }
        summary
    }
}

fn query(window: Range) -> InputQuery {
    InputQuery {
        inspection: INSPECTION.to_owned(),
        window,
        baseline: Range::hours_before(window.start.hour(), BASELINE),
        accounts: Vec::new(),
        remember_from: Range::ALL.start,
        policy: Policy::default(),
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, OOPSLA 2014): numbers without an order, the same every time.
fn mixed(cluster: u32, turn: u32) -> u64 {
    let mut z = (u64::from(cluster) << 32 | u64::from(turn)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A word of letters that no other cluster of its family has.
fn word(number: u32) -> String {
    let letters = (0..6).map(|place| char::from(b'a' + (number / 26_u32.pow(place) % 26) as u8));
    letters.collect()
}

fn add(summary: &mut Summary, cluster: u32, turn: u32, hours_ago: i64) {
    let random = mixed(cluster, turn);
    let identity = u128::from(random) << 64 | u128::from(mixed(turn, cluster));
    let family = cluster / FAMILY;
    let actor = format!("arn:aws:iam::{}:role/{}", ACCOUNTS[0], word(random as u32 % 40));
    let template = format!(
        "The {} of this request is not what {} takes",
        word(cluster),
        word(cluster + 7)
    );
    let name = format!("Get{}", word(family));
    let start = end().as_secs() - 3_600 * (hours_ago + 1);
    summary.insert(&Observation {
        identity: EventIdentity(identity.to_be_bytes()),
        time: Time::from_secs(start + i64::from(random as u32 % 3_600)),
        account: ACCOUNTS[family as usize % ACCOUNTS.len()],
        event_source: "ec2.amazonaws.com",
        event_name: &name,
        error_code: if family.is_multiple_of(3) {
            "AccessDenied"
        } else {
            "ValidationException"
        },
        template: &template,
        display: &template,
        values: &[
            (Dimension::Actor, &actor),
            (Dimension::Region, REGIONS[random as usize % REGIONS.len()]),
            (Dimension::SourceNetwork, "192.0.2.0/24"),
            (Dimension::UserAgent, "aws-cli"),
        ],
        event_id: "",
        raw: "{}",
    });
}
