//! Answers of IAM, kept for a while.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use firstsight_cloudtrail::Timestamp;

use crate::error::AwsError;

/// What is known stays known for an hour: IAM itself tells a use only once in 15 minutes.
/// Source: IAM user guide, credential report (`access_key_1_last_used_date`).
const KNOWN_MILLIS: i64 = 60 * 60 * 1000;
/// What failed is tried again after five minutes: a policy may have been mended.
const FAILED_MILLIS: i64 = 5 * 60 * 1000;

/// What was found, or the reason why not, in words.
pub(super) type Answer<T> = Result<T, String>;

/// An answer and when it is to be asked for again.
#[derive(Debug)]
struct Kept<T> {
    answer: T,
    until: Timestamp,
}

/// Answers of one call, by account and what was asked of.
#[derive(Debug)]
pub(super) struct Memory<T>(Mutex<Inner<T>>);

#[derive(Debug)]
struct Inner<T> {
    answers: BTreeMap<(String, String), Kept<Answer<T>>>,
    /// Why an account answers nothing at all.
    refusals: BTreeMap<String, Kept<String>>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            answers: BTreeMap::new(),
            refusals: BTreeMap::new(),
        }))
    }
}

impl<T> Inner<T> {
    fn has_answered(&self, account: &str, now: Timestamp) -> bool {
        let of_account = self.answers.range((account.to_owned(), String::new())..);
        of_account
            .take_while(|((of, _), _)| of == account)
            .any(|(_, kept)| kept.until > now && kept.answer.is_ok())
    }
}

impl<T: Clone> Memory<T> {
    fn inner(&self) -> MutexGuard<'_, Inner<T>> {
        // Each change is one insertion: a panic elsewhere leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what is out of date, so that it does not grow with every key that was ever seen.
    pub(super) fn forget(&self, now: Timestamp) {
        let mut inner = self.inner();
        inner.answers.retain(|_, kept| kept.until > now);
        inner.refusals.retain(|_, kept| kept.until > now);
    }

    /// The answer as far as it is known: its own, else the one that the whole account gives.
    pub(super) fn get(&self, account: &str, of: &str, now: Timestamp) -> Option<Answer<T>> {
        let inner = self.inner();
        let own = inner.answers.get(&(account.to_owned(), of.to_owned()));
        if let Some(kept) = own.filter(|kept| kept.until > now) {
            return Some(kept.answer.clone());
        }
        let refusal = inner.refusals.get(account).filter(|kept| kept.until > now)?;
        Some(Err(refusal.answer.clone()))
    }

    /// Keeps an answer. A failure that is not about this one thing alone is taken for the whole account's, so that it
    /// costs one request and not one for each. A denial is not where the account has answered before: a policy can allow
    /// some users, and whether IAM denies or does not find a key of another account is not documented.
    pub(super) fn keep(
        &self,
        account: &str,
        of: &str,
        answer: Result<T, AwsError>,
        now: Timestamp,
    ) -> Answer<T> {
        let mut inner = self.inner();
        let is_of_all = match &answer {
            Err(AwsError::Denied { .. }) => !inner.has_answered(account, now),
            Err(error) => concerns_all(error),
            Ok(_) => false,
        };
        let length = if answer.is_ok() {
            KNOWN_MILLIS
        } else {
            FAILED_MILLIS
        };
        let until = now.plus_millis(length);
        let answer = answer.map_err(|error| reason(account, &error));
        if let (true, Err(refusal)) = (is_of_all, &answer) {
            let answer = refusal.clone();
            inner.refusals.insert(account.to_owned(), Kept { answer, until });
        } else {
            let kept = Kept {
                answer: answer.clone(),
                until,
            };
            inner.answers.insert((account.to_owned(), of.to_owned()), kept);
        }
        answer
    }
}

/// Whether the next thing would fail in the same way: not what does not exist or makes no sense.
const fn concerns_all(error: &AwsError) -> bool {
    !matches!(error, AwsError::NotFound { .. } | AwsError::Invalid { .. })
}

/// Why there is no answer, and what to do, short enough for a line of a report.
fn reason(account: &str, error: &AwsError) -> String {
    match error {
        AwsError::Denied { call, .. } => {
            format!("not permitted: allow {} in account {account}", call.action())
        }
        AwsError::NotFound { .. } => {
            format!("not found in IAM of account {account}: deleted, or of another account")
        }
        other => other.to_string(),
    }
}
