//! What users name log groups by.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobMatcher};

use crate::arn::{GroupArn, group_arn};
use crate::error::AwsError;

/// A name, a pattern, or an ARN of either.
#[derive(Clone, Debug)]
pub(super) struct GroupSpec {
    /// As it was given.
    pub(super) text: String,
    /// Only there, where an ARN says so.
    pub(super) arn: Option<GroupArn>,
    /// The name, or the pattern.
    name: String,
    /// Matches names; none where the name is exact.
    pattern: Option<GlobMatcher>,
}

impl GroupSpec {
    /// # Errors
    /// [`AwsError::Invalid`] for what can be no log group's name.
    pub(super) fn parse(text: &str) -> Result<Self, AwsError> {
        let arn = group_arn(text)?;
        let name = arn.as_ref().map_or(text, |arn| &arn.name).to_owned();
        Ok(Self {
            text: text.to_owned(),
            pattern: pattern(text, &name)?,
            arn,
            name,
        })
    }

    /// The name, where it is exact.
    pub(super) fn exact(&self) -> Option<&str> {
        self.pattern.is_none().then_some(self.name.as_str())
    }

    /// What every matching name begins with, where that is known: the service looks for it.
    pub(super) fn prefix(&self) -> Option<&str> {
        let prefix = self.name.split('*').next().unwrap_or_default();
        (!prefix.is_empty()).then_some(prefix)
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        self.pattern
            .as_ref()
            .map_or(self.name == name, |pattern| pattern.is_match(name))
    }

    /// Whether it may mean groups of this account and region.
    pub(super) fn concerns(&self, account: &str, region: &str) -> bool {
        self.arn
            .as_ref()
            .is_none_or(|arn| arn.account == account && arn.region == region)
    }
}

fn invalid(text: &str, reason: &str) -> AwsError {
    AwsError::Invalid {
        place: format!("cloudwatch:{text}"),
        reason: reason.to_owned(),
    }
}

/// A star stands for any text, slashes included.
fn pattern(text: &str, name: &str) -> Result<Option<GlobMatcher>, AwsError> {
    if !name.contains('*') {
        return Ok(None);
    }
    // Two stars in a row would mean folders to the matcher.
    let stars = name
        .split('*')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("*");
    let start = if name.starts_with('*') { "*" } else { "" };
    let end = if name.ends_with('*') { "*" } else { "" };
    let name = if stars.is_empty() {
        "*".to_owned()
    } else {
        format!("{start}{stars}{end}")
    };
    let glob = GlobBuilder::new(&name).literal_separator(false).build();
    let glob = glob.map_err(|error| invalid(text, &error.kind().to_string()))?;
    Ok(Some(glob.compile_matcher()))
}

/// Up to 5 names that look like this one: the nearest first.
pub(super) fn alike(wanted: &str, names: &[String]) -> Vec<String> {
    let wanted = wanted.replace('*', "").to_lowercase();
    let mut near: Vec<(usize, &String)> = names
        .iter()
        .map(|name| (distance(&wanted, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= wanted.len().max(name.len()) / 2)
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(5).map(|(_, name)| name.clone()).collect()
}

/// How many letters have to be put in, taken out or changed. What stands whole inside the other is near.
fn distance(a: &str, b: &str) -> usize {
    if a.contains(b) || b.contains(a) {
        return 0;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
/// The regions of log groups, each once, where every one of them is an ARN; `None` where a name tells no region.
#[must_use]
pub fn regions_of(groups: &[String]) -> Option<Vec<String>> {
    let region = |group: &String| GroupArn::parse(group).map(|arn| arn.region);
    let regions: Option<BTreeSet<String>> = groups.iter().map(region).collect();
    Some(regions?.into_iter().collect())
}
