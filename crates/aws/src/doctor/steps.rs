//! Steps being written down, each where the check stands.

use super::{Outcome, Step};
use crate::error::{AwsError, slow_down};
use crate::target::{Call, Target};

/// The steps so far, and where the check stands.
#[derive(Debug, Default)]
pub(super) struct Steps {
    steps: Vec<Step>,
    place: Option<(String, String)>,
    group: Option<String>,
}

impl Steps {
    pub(super) fn into_steps(self) -> Vec<Step> {
        self.steps
    }

    /// What follows is about this account and region.
    pub(super) fn enter(&mut self, target: &Target) {
        self.place = Some((target.account.clone(), target.region.clone()));
    }

    /// What follows is about this log group there.
    pub(super) fn enter_group(&mut self, group: &str) {
        self.group = Some(group.to_owned());
    }

    pub(super) fn leave_group(&mut self) {
        self.group = None;
    }

    pub(super) fn leave(&mut self) {
        (self.place, self.group) = (None, None);
    }

    pub(super) fn good(&mut self, name: &'static str, subject: &str, found: impl Into<String>) {
        self.add(name, subject, Outcome::Good, &found.into(), None);
    }

    pub(super) fn skipped(&mut self, name: &'static str, subject: &str, why: &str) {
        self.add(name, subject, Outcome::Skipped, why, None);
    }

    /// A warning that only leaves something out of findings.
    pub(super) fn remark(
        &mut self,
        name: &'static str,
        subject: &str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(
            name,
            subject,
            Outcome::Warning,
            &found.into(),
            Some(&advice.into()),
        );
    }

    /// A warning that keeps some findings from coming.
    pub(super) fn warning(
        &mut self,
        name: &'static str,
        subject: &str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.remark(name, subject, found, advice);
        if let Some(step) = self.steps.last_mut() {
            step.hinders = true;
        }
    }

    pub(super) fn bad(
        &mut self,
        name: &'static str,
        subject: &str,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) {
        self.add(name, subject, Outcome::Bad, &found.into(), Some(&advice.into()));
    }

    /// What the error says, as a step that failed.
    pub(super) fn failed(&mut self, name: &'static str, subject: &str, error: &AwsError) {
        let (found, advice) = told(error);
        self.add(name, subject, Outcome::Bad, &found, advice.as_deref());
    }

    /// What the error says, as a step that works without it: `missing` says what is lost.
    pub(super) fn lacking(&mut self, name: &'static str, subject: &str, error: &AwsError, missing: &str) {
        let (found, advice) = told(error);
        let found = format!("{found}; {missing}");
        self.add(name, subject, Outcome::Warning, &found, advice.as_deref());
    }

    /// A role that cannot be assumed: both sides have to allow it, and AWS does not say which one does not.
    pub(super) fn refused_role(&mut self, role: &str, error: &AwsError) {
        let (found, advice) = told(error);
        let advice = match error {
            AwsError::Denied { .. } => Some(
                "the caller's policy has to allow sts:AssumeRole on the role, and the role's trust policy the caller \
                 (with the --external-id that it asks for, if it asks): AWS does not say which of them is missing"
                    .to_owned(),
            ),
            _ => advice,
        };
        self.add("role", role, Outcome::Bad, &found, advice.as_deref());
    }

    fn add(
        &mut self,
        name: &'static str,
        subject: &str,
        outcome: Outcome,
        found: &str,
        advice: Option<&str>,
    ) {
        let (account, region) = self.place.clone().unzip();
        self.steps.push(Step {
            name,
            account,
            region,
            group: self.group.clone(),
            subject: subject.to_owned(),
            outcome,
            found: one_line(found),
            advice: advice.map(one_line),
            hinders: outcome == Outcome::Bad,
        });
    }
}

/// What the SDK says can have lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An error as what was found and what to do. Where it happened is said by the step.
fn told(error: &AwsError) -> (String, Option<String>) {
    match error {
        AwsError::Credentials { reason, advice, .. } => (reason.clone(), Some(advice.clone())),
        AwsError::Invalid { reason, .. } => (reason.clone(), None),
        AwsError::NotFound { reason, .. } => (format!("not found ({reason})"), None),
        AwsError::Denied {
            call,
            permission,
            said,
            ..
        } => (format!("refused ({said})"), Some(permit(*call, permission))),
        AwsError::Throttled { call, attempts, .. } => (
            format!("{call} is throttled after {attempts} attempts"),
            Some(format!(
                "others use the account's quota too: {}",
                slow_down(*call)
            )),
        ),
        AwsError::Unavailable {
            call,
            attempts,
            reason,
            ..
        } => (
            format!("{call} failed after {attempts} attempts ({reason})"),
            Some(reach(*call).to_owned()),
        ),
        error => (error.to_string(), None),
    }
}

fn permit(call: Call, permission: &str) -> String {
    match call {
        Call::AssumeRole => format!("allow {permission}, and let the role's trust policy allow the caller"),
        _ => format!("allow {permission}; 'firstsight iam-policy' prints the whole policy"),
    }
}

fn reach(call: Call) -> &'static str {
    match call {
        Call::GetCallerIdentity | Call::AssumeRole => {
            "look whether AWS STS can be reached from here: the network, a proxy, a VPC endpoint, --endpoint-url, --region"
        }
        _ => {
            "look whether AWS can be reached from here: the network, a proxy, a VPC endpoint, --endpoint-url, --region"
        }
    }
}
