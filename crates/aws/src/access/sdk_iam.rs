//! [`IamApi`] over the SDK.

use async_trait::async_trait;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{AccessKeyLastUsed, AccessKeyMetadata, StatusType};
use aws_smithy_types::DateTime;
use firstsight_cloudtrail::Timestamp;

use super::sdk::{Asker, sent};
use crate::api::{IamApi, KeyListed, KeyUsed};
use crate::error::AwsError;
use crate::target::Call;

/// IAM of one account.
#[derive(Debug)]
pub(super) struct SdkIam {
    pub(super) client: Client,
    pub(super) asker: Asker,
}

#[async_trait]
impl IamApi for SdkIam {
    async fn key_last_used(&self, key: &str) -> Result<KeyUsed, AwsError> {
        let (subject, users) = (format!("access key {key}"), self.asker.iam_arn("user/*"));
        let asked = self.asker.asked(Call::GetAccessKeyLastUsed, &subject, users);
        let request = self.client.get_access_key_last_used().access_key_id(key);
        let output = sent(&asked, |attempts| {
            request.customize().interceptor(attempts).send()
        })
        .await?;
        Ok(key_used(
            output.user_name.unwrap_or_default(),
            output.access_key_last_used,
        ))
    }

    async fn keys_of(&self, user: &str) -> Result<Vec<KeyListed>, AwsError> {
        let arn = self.asker.iam_arn(&format!("user/{user}"));
        let asked = self
            .asker
            .asked(Call::ListAccessKeys, &format!("user {user}"), arn);
        let request = self.client.list_access_keys().user_name(user);
        let output = sent(&asked, |attempts| {
            request.customize().interceptor(attempts).send()
        })
        .await?;
        Ok(output
            .access_key_metadata
            .into_iter()
            .filter_map(key_listed)
            .collect())
    }

    async fn account_alias(&self) -> Result<Option<String>, AwsError> {
        let asked = self
            .asker
            .asked(Call::ListAccountAliases, "account alias", "*".to_owned());
        let request = self.client.list_account_aliases();
        let output = sent(&asked, |attempts| {
            request.customize().interceptor(attempts).send()
        })
        .await?;
        Ok(output.account_aliases.into_iter().next())
    }
}

/// IAM says `N/A` for the service and region of a key that was never used, and for the region of some services.
fn key_used(user: String, used: Option<AccessKeyLastUsed>) -> KeyUsed {
    let told = |text: String| (!text.is_empty() && text != "N/A").then_some(text);
    match used {
        None => KeyUsed {
            user,
            last_used: None,
            service: None,
            region: None,
        },
        Some(used) => KeyUsed {
            user,
            last_used: used.last_used_date.and_then(timestamp),
            service: told(used.service_name),
            region: told(used.region),
        },
    }
}

fn key_listed(key: AccessKeyMetadata) -> Option<KeyListed> {
    Some(KeyListed {
        id: key.access_key_id?,
        active: key.status == Some(StatusType::Active),
        created: key.create_date.and_then(timestamp),
    })
}

fn timestamp(date: DateTime) -> Option<Timestamp> {
    date.to_millis().ok().map(Timestamp::from_millis)
}
