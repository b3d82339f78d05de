//! Asks IAM about access keys and accounts, where that is wanted, and puts the answers into what is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use firstsight_aws::access::Access;
use firstsight_aws::api::IamApi;
use firstsight_aws::iam::{KeyDirectory, KeyStanding as Known};
use firstsight_inspection::{accounts_to_name, enrich, enrich_keys, keys_to_look_up, long_lived};
use firstsight_sink::{KeyActivity, KeyStanding, Report};

use crate::args::aws::Aws;
use crate::context::Context;
use crate::failure::Failure;
use crate::opening;

/// IAM, where it is asked.
pub(crate) struct Iam<'a> {
    /// AWS as the source has opened it.
    pub(crate) access: Option<&'a Access>,
    /// How to open it otherwise.
    pub(crate) aws: &'a Aws,
}

impl Iam<'_> {
    /// Puts what IAM says into a report. A look-up that fails is a note: what was found stands without it.
    pub(crate) async fn complete(&self, report: &mut Report, context: &Context) {
        let keys = keys_to_look_up(report);
        let accounts = accounts_to_name(report);
        let asked = async {
            let directory = self.directory(context).await?;
            let standings = patient(standings(&directory, &keys, context)).await?;
            // An alias is only a name: a report without says nothing wrong.
            let aliases = patient(directory.aliases(&accounts, context.now)).await;
            Ok((standings, aliases.unwrap_or_default()))
        };
        match context.or_cancelled(asked).await.and_then(|outcome| outcome) {
            Ok((standings, aliases)) => enrich(report, &standings, &aliases),
            Err(failure) => report.notes.push(not_asked(&failure)),
        }
    }

    /// Puts what IAM says into access keys.
    pub(crate) async fn complete_keys(&self, keys: &mut [KeyActivity], context: &Context) {
        let asked = long_lived(&*keys);
        if asked.is_empty() {
            return;
        }
        let asked = async {
            let directory = self.directory(context).await?;
            patient(standings(&directory, &asked, context)).await
        };
        match context.or_cancelled(asked).await.and_then(|outcome| outcome) {
            Ok(standings) => enrich_keys(keys, &standings),
            Err(failure) => context.hint(&not_asked(&failure)),
        }
    }

    async fn directory(&self, context: &Context) -> Result<KeyDirectory, Failure> {
        let access = match self.access {
            Some(access) => access.clone(),
            None => opening::cloudwatch::access(self.aws, &[], context).await?,
        };
        // IAM is one for all regions.
        let mut accounts: BTreeMap<String, Arc<dyn IamApi>> = BTreeMap::new();
        for target in access.targets().await? {
            let iam = || access.iam(&target);
            accounts.entry(target.account.clone()).or_insert_with(iam);
        }
        Ok(KeyDirectory::new(accounts))
    }
}

/// No report waits longer for IAM. A hundred keys and their users take 40 s within the budget of one account; where IAM is
/// not reached (a network with endpoints for other services only), each account would take its attempts one after another.
const PATIENCE: Duration = Duration::from_secs(60);

async fn patient<T>(asked: impl Future<Output = T>) -> Result<T, Failure> {
    or_no_longer(asked, tokio::time::sleep(PATIENCE)).await
}

async fn or_no_longer<T>(
    asked: impl Future<Output = T>,
    patience: impl Future<Output = ()>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        answer = asked => Ok(answer),
        () = patience => Err(Failure::new(format!(
            "no answer within {} s: check that IAM can be reached from here, or leave it out with --no-iam",
            PATIENCE.as_secs()
        ))),
    }
}

fn not_asked(failure: &Failure) -> String {
    match failure {
        Failure::Failed(message) | Failure::Unreachable(message) | Failure::Usage(message) => {
            format!("access keys were not looked up in IAM: {message}")
        }
        Failure::Cancelled | Failure::Closed => {
            "access keys were not looked up in IAM: stopped before".to_owned()
        }
    }
}

async fn standings(
    directory: &KeyDirectory,
    keys: &[(String, String)],
    context: &Context,
) -> BTreeMap<String, KeyStanding> {
    let standings = directory.standings(keys, context.now).await;
    standings
        .into_iter()
        .map(|(id, known)| (id, told(known)))
        .collect()
}

/// The same, as reports hold it.
fn told(known: Known) -> KeyStanding {
    match known {
        Known::Unknown { reason } => KeyStanding::Unknown { reason },
        Known::Known {
            user,
            active,
            created,
            last_used,
            service,
            region,
            reason,
        } => KeyStanding::Known {
            user,
            active,
            created,
            last_used,
            service,
            region,
            reason,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn a_report_does_not_wait_for_ever_for_iam() {
        assert_eq!(or_no_longer(ready(7), ready(())).await.unwrap(), 7);
        let failure = or_no_longer(pending::<()>(), ready(())).await.unwrap_err();
        let said = not_asked(&failure);
        assert!(
            said.starts_with(
                "access keys were not looked up in IAM: no answer within 60 s: check that IAM can be"
            ),
            "{said}"
        );
    }
}
