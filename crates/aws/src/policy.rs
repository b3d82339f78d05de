//! The least IAM policy for a configuration. Nothing is asked of AWS: what is not known stands as `*`, or has to be
//! filled in.
//!
//! Which resource each action takes is from the service authorization reference:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
//! Reading events is allowed for a log group as a whole, never for one of its streams; its ARN ends with `:*` there.
//!
//! ```
//! use firstsight_aws::policy::{Wanted, documents};
//!
//! let wanted = Wanted {
//!     groups: vec!["trail".to_owned()],
//!     regions: vec!["eu-west-1".to_owned()],
//!     account: Some("111122223333".to_owned()),
//!     ..Wanted::default()
//! };
//! assert!(documents(&wanted).contains("arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"));
//! ```

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::access::Role;
use crate::access::settings::{check_partitions, check_region, check_role};
use crate::arn::{GroupArn, group_arn, is_account, partition_in, partition_of, role_account};
use crate::error::AwsError;
use crate::target::Call;

/// What is to be allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Names, patterns or ARNs of log groups, as the user wrote them behind `cloudwatch:`.
    pub groups: Vec<String>,
    /// The regions.
    pub regions: Vec<String>,
    /// The roles that are assumed.
    pub roles: Vec<Role>,
    /// The caller's account, where known: `*` stands in for it otherwise.
    pub account: Option<String>,
    /// The caller's ARN, where known: for the roles' trust policies.
    pub caller: Option<String>,
    /// Whether access keys are looked up in IAM.
    pub iam: bool,
    /// Whether groups are listed: patterns need it, names do not.
    pub list_groups: bool,
}

/// A managed policy has at most so many characters, white space not counted.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_CHARACTERS: usize = 6_144;

/// Whether a policy can be made of it: one with a mistake in it allows nothing, and nobody sees why.
///
/// # Errors
/// [`AwsError::Invalid`] for what can be no log group, region, role, account or principal.
pub fn check(wanted: &Wanted) -> Result<(), AwsError> {
    for group in &wanted.groups {
        group_arn(group)?;
    }
    wanted
        .regions
        .iter()
        .try_for_each(|region| check_region(region))?;
    wanted.roles.iter().try_for_each(check_role)?;
    check_partitions(&wanted.roles, &wanted.regions)?;
    let account = wanted.account.as_ref().filter(|id| !is_account(id));
    let caller = wanted.caller.as_ref().filter(|arn| !is_principal(arn));
    match (account, caller) {
        (Some(id), _) => Err(invalid(
            format!("--account {id}"),
            "an account has 12 digits, like 111122223333",
        )),
        (None, Some(arn)) => Err(invalid(
            format!("--caller {arn}"),
            "not a user's or role's ARN, which looks like arn:aws:iam::111122223333:user/name",
        )),
        (None, None) => Ok(()),
    }
}

fn invalid(place: String, reason: &str) -> AwsError {
    AwsError::Invalid {
        place,
        reason: reason.to_owned(),
    }
}

/// Whether a trust policy can name it: IAM's or STS' ARN of somebody in an account.
fn is_principal(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, "iam" | "sts", "", account, somebody] = parts.as_slice() else {
        return false;
    };
    let named = somebody
        .split_once('/')
        .is_some_and(|(kind, name)| !kind.is_empty() && !name.is_empty());
    partition.starts_with("aws") && is_account(account) && (named || *somebody == "root")
}

/// The documents, as JSON text that can be pasted: one policy, or with roles an object of the caller's policy and, by
/// role, its policy and its trust policy.
#[must_use]
pub fn documents(wanted: &Wanted) -> String {
    let text = if wanted.roles.is_empty() {
        serde_json::to_string_pretty(&wanted.reader(None))
    } else {
        serde_json::to_string_pretty(&wanted.with_roles())
    };
    // Structures of strings have no way to fail.
    text.unwrap_or_default() + "\n"
}

/// What the documents cannot say themselves, for people.
#[must_use]
pub fn remarks(wanted: &Wanted) -> Vec<String> {
    let mut remarks = wanted.unknowns();
    remarks.extend(wanted.shared_remark());
    remarks.extend(wanted.idle_roles());
    remarks.extend(wanted.sizes());
    if !wanted.list_groups {
        remarks.push(format!(
            "log groups are named whole, so {} is left out: with it, a back-fill is estimated before and 'firstsight check' \
             tells more",
            Call::DescribeLogGroups.action()
        ));
    }
    remarks.push(
        "log groups encrypted with a KMS key need nothing here, as CloudWatch Logs decrypts them by itself; where the key's \
         policy asks for callers by kms:ViaService, allow kms:Decrypt on that key too"
            .to_owned(),
    );
    remarks
}

/// Stands for what has to be filled in: IAM refuses it, so that it cannot be forgotten.
const FILL_IN: &str = "FILL-IN-THE-ARN-THAT-FIRSTSIGHT-RUNS-AS";

/// Stands for what is not known.
const ANY: &str = "*";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: &'static str,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<BTreeMap<&'static str, String>>,
    action: Vec<&'static str>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<BTreeMap<&'static str, BTreeMap<&'static str, String>>>,
}

/// What a configuration with roles needs.
#[derive(Serialize)]
struct WithRoles<'a> {
    caller: Policy,
    roles: BTreeMap<&'a str, OfRole>,
}

#[derive(Serialize)]
struct OfRole {
    policy: Policy,
    trust: Policy,
}

impl Policy {
    fn of(statement: Vec<Statement>) -> Self {
        Self {
            version: "2012-10-17",
            statement,
        }
    }

    /// Characters that count.
    fn size(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.chars().filter(|c| !c.is_whitespace()).count())
    }
}

impl Statement {
    fn allow(sid: &'static str, calls: &[Call], resource: impl IntoIterator<Item = String>) -> Self {
        Self {
            sid,
            effect: "Allow",
            principal: None,
            action: calls.iter().map(|call| call.action()).collect(),
            resource: resource.into_iter().collect(),
            condition: None,
        }
    }
}

impl Wanted {
    fn with_roles(&self) -> WithRoles<'_> {
        let arns = self.roles.iter().map(|role| role.arn.clone());
        let of_role = |role: &Role| OfRole {
            policy: self.reader(Some(role)),
            trust: self.trust(role),
        };
        WithRoles {
            caller: Policy::of(vec![Statement::allow("AssumeRoles", &[Call::AssumeRole], arns)]),
            roles: self
                .roles
                .iter()
                .map(|role| (role.arn.as_str(), of_role(role)))
                .collect(),
        }
    }

    /// Who reads: a role, or the caller where there is none.
    fn reader(&self, role: Option<&Role>) -> Policy {
        let place = self.place(role);
        let groups = self.groups_of(&place);
        let mut statements = Vec::new();
        if !groups.is_empty() {
            let reading = [Call::DescribeLogStreams, Call::FilterLogEvents];
            let names = groups.iter().map(GroupArn::of_all_streams);
            statements.push(Statement::allow("ReadCloudTrail", &reading, names));
        }
        if self.list_groups && !groups.is_empty() {
            let all = groups.iter().map(GroupArn::of_all_groups);
            statements.push(Statement::allow("FindLogGroups", &[Call::DescribeLogGroups], all));
        }
        if self.iam {
            statements.extend(place.iam());
        }
        Policy::of(statements)
    }

    fn place(&self, role: Option<&Role>) -> Place {
        let account = match role {
            Some(role) => role_account(&role.arn).map(str::to_owned),
            None => self.account.clone().or_else(|| self.account_of_groups()),
        };
        let arns = role.map(|role| role.arn.as_str()).into_iter();
        let arns = arns.chain(self.groups.iter().map(String::as_str));
        let of_regions = self.regions.first().map(|region| partition_of(region));
        let partition = of_regions.or_else(|| arns.filter_map(partition_in).next());
        Place {
            account: account.unwrap_or_else(|| ANY.to_owned()),
            partition: partition.unwrap_or("aws").to_owned(),
        }
    }

    /// The account of all groups, where each is an ARN and it is the same.
    fn account_of_groups(&self) -> Option<String> {
        let accounts: BTreeSet<Option<String>> = self
            .groups
            .iter()
            .map(|group| GroupArn::parse(group).map(|arn| arn.account))
            .collect();
        match accounts.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(account)] => Some(account.clone()),
            _ => None,
        }
    }

    /// The groups that are read there: by name those in its account, by ARN also those that others share with it.
    fn groups_of(&self, place: &Place) -> Vec<GroupArn> {
        let mut found = Vec::new();
        for group in &self.groups {
            match GroupArn::parse(group) {
                Some(arn) if arn.account == place.account || !self.is_of_a_role(&arn) => found.push(arn),
                Some(_) => {}
                None => found.extend(self.named(group, place)),
            }
        }
        found
    }

    fn is_of_a_role(&self, group: &GroupArn) -> bool {
        let mut accounts = self.roles.iter().filter_map(|role| role_account(&role.arn));
        accounts.any(|account| account == group.account)
    }

    /// A name in each region.
    fn named(&self, name: &str, place: &Place) -> Vec<GroupArn> {
        let any = [ANY.to_owned()];
        let regions: &[String] = if self.regions.is_empty() {
            &any
        } else {
            &self.regions
        };
        let group = |region: &String| GroupArn {
            partition: place.partition.clone(),
            region: region.clone(),
            account: place.account.clone(),
            name: name.to_owned(),
        };
        regions.iter().map(group).collect()
    }

    fn trust(&self, role: &Role) -> Policy {
        let mut statement = Statement::allow("TrustFirstsight", &[Call::AssumeRole], []);
        statement.principal = Some(BTreeMap::from([("AWS", self.principal(role))]));
        statement.condition = role
            .external_id
            .as_ref()
            .map(|id| BTreeMap::from([("StringEquals", BTreeMap::from([("sts:ExternalId", id.clone())]))]));
        Policy::of(vec![statement])
    }

    /// Whom a role trusts: the caller, else its account (which then says who may), else nobody yet.
    fn principal(&self, role: &Role) -> String {
        let partition = partition_in(&role.arn).unwrap_or("aws");
        match (&self.caller, &self.account) {
            (Some(caller), _) => durable(caller),
            (None, Some(account)) => format!("arn:{partition}:iam::{account}:root"),
            (None, None) => FILL_IN.to_owned(),
        }
    }

    fn unknowns(&self) -> Vec<String> {
        let named = self.groups.iter().any(|group| GroupArn::parse(group).is_none());
        let mut unknown = Vec::new();
        if self.regions.is_empty() && named {
            unknown.push("the region stands as *: --region REGION names it".to_owned());
        }
        if self.roles.is_empty() && self.place(None).account == ANY {
            unknown.push("the account stands as *: --account ID names it".to_owned());
        }
        if !self.roles.is_empty() && self.caller.is_none() {
            unknown.push(match &self.account {
                None => format!("fill in {FILL_IN}, or give --caller ARN or --account ID"),
                Some(account) => format!(
                    "the roles trust all of account {account}, whose policies then say who may assume them: --caller ARN \
                     names the one that does"
                ),
            });
        }
        unknown
    }

    /// Groups of accounts that nobody is in.
    fn shared_remark(&self) -> Option<String> {
        let home = self.place(None).account;
        let groups = self.groups.iter().filter_map(|group| GroupArn::parse(group));
        let foreign = |arn: &GroupArn| match self.roles.as_slice() {
            [] => home != ANY && arn.account != home,
            _ => !self.is_of_a_role(arn),
        };
        let accounts: BTreeSet<String> = groups.filter(foreign).map(|arn| arn.account).collect();
        let accounts = accounts.into_iter().collect::<Vec<_>>().join(", ");
        (!accounts.is_empty()).then(|| {
            format!(
                "log groups of {accounts} are read as shared ones: that account has to share them with this monitoring account \
                 (CloudWatch cross-account observability); otherwise name a role there with --role-arn"
            )
        })
    }

    /// Roles of accounts where nothing is to be read.
    fn idle_roles(&self) -> Vec<String> {
        let is_idle = |role: &&Role| self.groups_of(&self.place(Some(role))).is_empty();
        let idle = self.roles.iter().filter(is_idle);
        idle.map(|role| format!("{} reads none of these log groups: leave it out", role.arn))
            .collect()
    }

    fn sizes(&self) -> Option<String> {
        let readers: Vec<Policy> = match self.roles.as_slice() {
            [] => vec![self.reader(None)],
            roles => roles.iter().map(|role| self.reader(Some(role))).collect(),
        };
        let size = readers.iter().map(Policy::size).max().unwrap_or_default();
        (size > MOST_CHARACTERS).then(|| {
            format!(
                "the policy has {size} characters without white space, and a managed policy may have {MOST_CHARACTERS}: name log \
                 groups by a pattern, or fewer in one run"
            )
        })
    }
}

/// An account, and the partition that it is in.
struct Place {
    account: String,
    partition: String,
}

impl Place {
    fn iam(&self) -> [Statement; 2] {
        let Self { account, partition } = self;
        let keys = [Call::GetAccessKeyLastUsed, Call::ListAccessKeys];
        let users = format!("arn:{partition}:iam::{account}:user/*");
        [
            Statement::allow("LookUpAccessKeys", &keys, [users]),
            Statement::allow("NameTheAccount", &[Call::ListAccountAliases], [ANY.to_owned()]),
        ]
    }
}

impl GroupArn {
    /// The group as policies name it for everything but its tags.
    fn of_all_streams(&self) -> String {
        let Self {
            partition,
            region,
            account,
            name,
        } = self;
        format!("arn:{partition}:logs:{region}:{account}:log-group:{name}:*")
    }

    /// Listing is asked of all groups of an account and region, or of none.
    fn of_all_groups(&self) -> String {
        let Self {
            partition,
            region,
            account,
            ..
        } = self;
        format!("arn:{partition}:logs:{region}:{account}:log-group:*")
    }
}

/// The role behind a session's ARN (`…:sts::ACCOUNT:assumed-role/ROLE/SESSION`), which a trust policy should name: a
/// session ends. A path of the role is not part of it.
fn durable(caller: &str) -> String {
    let role = || {
        let (head, session) = caller.split_once(":assumed-role/")?;
        let (name, _) = session.split_once('/')?;
        Some(format!("{}:role/{name}", head.replacen(":sts:", ":iam:", 1)))
    };
    role().unwrap_or_else(|| caller.to_owned())
}

#[cfg(test)]
mod tests;
