//! Where the log groups that were asked for are, over all accounts and regions.

use std::collections::BTreeSet;

use super::steps::Steps;
use super::{Checkup, Site, words};
use crate::api::{GroupFound, GroupName, LogsApi};
use crate::arn::GroupArn;
use crate::error::AwsError;
use crate::target::{Call, Target};

/// Groups that a pattern matches are looked into one by one, up to so many an account and region.
const MOST: usize = 20;
/// Groups that look alike are named, so many at most.
const ALIKE: usize = 5;
/// Pages of 50 groups are listed for a pattern, and for what looks alike.
const PAGES: usize = 10;

/// What was asked for.
#[derive(Debug)]
struct Wanted {
    text: String,
    /// A name, or a pattern with `*`.
    name: String,
    arn: Option<GroupArn>,
}

/// A log group to look into.
#[derive(Debug)]
pub(super) struct Found {
    /// How it is asked for.
    pub(super) name: GroupName,
    /// How it is called.
    pub(super) label: String,
    /// What the listing says of it; nothing where groups may not be listed or belong to another account.
    pub(super) listed: Option<GroupFound>,
}

/// What one place answers about one thing wanted.
#[derive(Debug)]
enum Answer {
    /// To be looked into; with how many there are besides.
    Found(Vec<Found>, usize),
    /// It is not there; these look alike, of so many.
    Absent { alike: Vec<String>, groups: usize },
    /// The place could not say.
    Unknown,
    /// It was asked for elsewhere.
    NotHere,
}

/// What one place answers.
#[derive(Debug)]
struct Listing {
    answers: Vec<Answer>,
    /// Why groups cannot be listed there.
    error: Option<AwsError>,
    /// Whether listing was tried.
    tried: bool,
}

/// The answers of all places.
#[derive(Debug)]
pub(super) struct Search {
    wanted: Vec<Wanted>,
    targets: Vec<Target>,
    listings: Vec<Listing>,
}

impl Wanted {
    fn new(text: &str) -> Self {
        let arn = text.starts_with("arn:").then(|| GroupArn::parse(text)).flatten();
        let name = arn.as_ref().map_or(text, |arn| &arn.name).to_owned();
        Self {
            text: text.to_owned(),
            name,
            arn,
        }
    }

    /// Whether it begins as an ARN and is none of a log group.
    fn is_broken(&self) -> bool {
        self.arn.is_none() && self.text.starts_with("arn:")
    }

    fn is_pattern(&self) -> bool {
        self.name.contains('*')
    }

    /// Whether it is to be looked for at this place, and by which name: what another account shares with a monitoring
    /// account is asked for by its ARN.
    fn at(&self, target: &Target, targets: &[Target]) -> Option<GroupName> {
        let Some(arn) = &self.arn else {
            return (!self.is_broken()).then(|| GroupName::Own(self.name.clone()));
        };
        if arn.region != target.region {
            return None;
        }
        if arn.account == target.account {
            return Some(GroupName::Own(self.name.clone()));
        }
        let reached = targets.iter().any(|other| other.account == arn.account);
        (!reached && target.role.is_none()).then(|| GroupName::Shared(self.text.clone()))
    }
}

impl Search {
    /// Asks every place for everything.
    pub(super) async fn run(sites: &[Site], checkup: &Checkup) -> Self {
        let mut search = Self {
            wanted: checkup.groups.iter().map(|text| Wanted::new(text)).collect(),
            targets: sites.iter().map(|site| site.target().clone()).collect(),
            listings: Vec::new(),
        };
        for site in sites {
            let listing = search.list(site).await;
            search.listings.push(listing);
        }
        search
    }

    async fn list(&self, site: &Site) -> Listing {
        let mut listing = Listing {
            answers: Vec::new(),
            error: None,
            tried: false,
        };
        for wanted in &self.wanted {
            let answer = match wanted.at(site.target(), &self.targets) {
                None => Answer::NotHere,
                Some(GroupName::Own(name)) => self.ask(site, wanted, name, &mut listing).await,
                Some(name) if wanted.is_pattern() => {
                    let _ = name; // The groups of other accounts are not listed.
                    Answer::Unknown
                }
                Some(name) => one(name, &wanted.name, None),
            };
            listing.answers.push(answer);
        }
        listing
    }

    async fn ask(&self, site: &Site, wanted: &Wanted, name: String, listing: &mut Listing) -> Answer {
        let unlisted = |error: &AwsError| match error {
            AwsError::Denied { .. } if !wanted.is_pattern() => one(GroupName::Own(name.clone()), &name, None),
            _ => Answer::Unknown,
        };
        if let Some(error) = &listing.error {
            return unlisted(error);
        }
        listing.tried = true;
        match matching(&*site.place.logs, wanted).await {
            Ok(answer) => answer,
            Err(error) => {
                let answer = unlisted(&error);
                listing.error = Some(error);
                answer
            }
        }
    }

    /// What is to be looked into at a place, each group once.
    pub(super) fn at(&self, index: usize) -> impl Iterator<Item = &Found> {
        let mut seen = BTreeSet::new();
        let found = self.listings[index]
            .answers
            .iter()
            .flat_map(|answer| match answer {
                Answer::Found(found, _) => found.as_slice(),
                _ => &[],
            });
        found.filter(move |found| seen.insert(found.name.clone()))
    }

    /// What was asked for at places that are not read at all.
    pub(super) fn tell_elsewhere(&self, steps: &mut Steps) {
        for (at, wanted) in self.wanted.iter().enumerate() {
            let nowhere = |listing: &Listing| matches!(listing.answers[at], Answer::NotHere);
            if !self.listings.iter().all(nowhere) {
                continue;
            }
            let (found, advice) = match &wanted.arn {
                Some(arn) => (
                    format!(
                        "it is in none of the accounts and regions that are read ({})",
                        self.places()
                    ),
                    self.way_to(arn),
                ),
                None => (
                    "it is no log group's ARN".to_owned(),
                    "write it as arn:aws:logs:REGION:ACCOUNT:log-group:NAME".to_owned(),
                ),
            };
            steps.bad("log group", &wanted.text, found, advice);
        }
    }

    /// What would lead to a group of another place.
    fn way_to(&self, arn: &GroupArn) -> String {
        let reached = self.targets.iter().any(|target| target.account == arn.account);
        match reached {
            true => format!("read it with --region {}", arn.region),
            false => format!(
                "read it with --region {} and the --role-arn of a role of account {}",
                arn.region, arn.account
            ),
        }
    }

    fn places(&self) -> String {
        let places: Vec<String> = self.targets.iter().map(ToString::to_string).collect();
        words::joined(&places, ALIKE)
    }

    /// Whether groups could be listed at a place, and what is not there.
    pub(super) fn tell_listing(&self, index: usize, steps: &mut Steps) {
        let listing = &self.listings[index];
        self.tell_permission(listing, steps);
        for (at, (wanted, answer)) in self.wanted.iter().zip(&listing.answers).enumerate() {
            match answer {
                Answer::Absent { alike, groups } => self.tell_absent(at, alike, *groups, steps),
                Answer::Unknown => {
                    steps.skipped("log group", &wanted.text, "the groups here cannot be listed");
                }
                Answer::Found(_, more) if *more > 0 => steps.skipped(
                    "log group",
                    &wanted.text,
                    &format!("{more} more groups match, and are not looked into by this check"),
                ),
                Answer::Found(..) | Answer::NotHere => {}
            }
        }
    }

    fn tell_permission(&self, listing: &Listing, steps: &mut Steps) {
        let subject = Call::DescribeLogGroups.operation();
        let by_name = !self.wanted.iter().any(Wanted::is_pattern);
        match &listing.error {
            None if listing.tried => steps.good("permission", subject, "allowed"),
            None => steps.skipped("permission", subject, "no group is looked for here by its name"),
            Some(error @ AwsError::Denied { .. }) if by_name => {
                let missing = "groups given by name are read all the same; patterns with *, sizes and retentions need it";
                steps.lacking("permission", subject, error, missing);
            }
            Some(error) => steps.failed("permission", subject, error),
        }
    }

    fn tell_absent(&self, at: usize, alike: &[String], groups: usize, steps: &mut Steps) {
        let wanted = &self.wanted[at];
        let elsewhere: Vec<String> = self
            .listings
            .iter()
            .zip(&self.targets)
            .filter(|(listing, _)| matches!(&listing.answers[at], Answer::Found(found, _) if found.iter().any(|found| found.listed.is_some())))
            .map(|(_, target)| target.to_string())
            .collect();
        let absent = if wanted.is_pattern() {
            "no log group here matches"
        } else {
            "not found here"
        };
        if !elsewhere.is_empty() {
            let found = format!("{absent}, but in {}", words::joined(&elsewhere, ALIKE));
            return steps.remark(
                "log group",
                &wanted.text,
                found,
                "nothing, if the trail delivers only there",
            );
        }
        let advice = match (groups, alike.is_empty()) {
            (0, _) => "there is no log group at all here: check --region, --profile and --role-arn".to_owned(),
            (_, true) => "check the name and --region; the trail's details name its log group (aws cloudtrail describe-trails)".to_owned(),
            (_, false) => format!("check the name and --region; alike here: {}", words::listed(alike, ALIKE)),
        };
        steps.bad("log group", &wanted.text, absent, advice);
    }
}

fn one(name: GroupName, label: &str, listed: Option<GroupFound>) -> Answer {
    let label = label.to_owned();
    Answer::Found(vec![Found { name, label, listed }], 0)
}

/// The groups that are wanted, or those that look alike.
async fn matching(logs: &dyn LogsApi, wanted: &Wanted) -> Result<Answer, AwsError> {
    let prefix = wanted.name.split('*').next().unwrap_or_default();
    // A name sorts before all that it is the beginning of.
    let pages = if wanted.is_pattern() { PAGES } else { 1 };
    let listed = groups(logs, Some(prefix).filter(|prefix| !prefix.is_empty()), pages).await?;
    let mut found: Vec<Found> = listed
        .into_iter()
        .filter(|group| matches_pattern(&wanted.name, &group.name))
        .map(|group| Found {
            name: GroupName::Own(group.name.clone()),
            label: group.name.clone(),
            listed: Some(group),
        })
        .collect();
    if found.is_empty() {
        return alike(logs, wanted).await;
    }
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    Ok(Answer::Found(found, more))
}

async fn groups(logs: &dyn LogsApi, prefix: Option<&str>, pages: usize) -> Result<Vec<GroupFound>, AwsError> {
    let mut groups = Vec::new();
    let mut token: Option<String> = None;
    for _ in 0..pages {
        let page = logs.describe_log_groups(prefix, token.as_deref()).await?;
        groups.extend(page.groups);
        token = page.token;
        if token.is_none() {
            break;
        }
    }
    Ok(groups)
}

/// Groups that share words with what is wanted, or that trails are likely to write to; the likest first.
async fn alike(logs: &dyn LogsApi, wanted: &Wanted) -> Result<Answer, AwsError> {
    let listed = groups(logs, None, PAGES).await?;
    let sought = parts(&wanted.name);
    let likeness = |name: &str| {
        let common = parts(name).intersection(&sought).count();
        common + usize::from(name.to_ascii_lowercase().contains("trail"))
    };
    let mut scored: Vec<(usize, String)> = listed
        .iter()
        .map(|group| (likeness(&group.name), group.name.clone()))
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by(|(a, first), (b, second)| b.cmp(a).then_with(|| first.cmp(second)));
    let alike = scored.into_iter().map(|(_, name)| name).take(ALIKE).collect();
    Ok(Answer::Absent {
        alike,
        groups: listed.len(),
    })
}

fn parts(name: &str) -> BTreeSet<String> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .filter(|word| word.len() > 2)
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Whether a name matches a pattern whose `*` stand for anything.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    ends.into_iter().any(|at| matches_pattern(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for pattern in ["trail", "tr*", "*", "*ail", "t*a*l", "trail*", "**"] {
            assert!(matches_pattern(pattern, "trail"), "{pattern}");
        }
        for pattern in ["", "trai", "rail", "*x*", "t*x", "trail*l"] {
            assert!(!matches_pattern(pattern, "trail"), "{pattern}");
        }
    }
}
