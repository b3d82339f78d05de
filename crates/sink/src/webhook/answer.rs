//! What answers mean: who took the message, who may take it later, and who never will.
//!
//! Chats answer 200 and say in the body what is wrong, so theirs is read first. [`CODES`] holds the codes that are certain;
//! one that is not there is about this message.

use std::time::Duration;

use serde_json::Value;

use super::preset::Preset;
use crate::http::{Answer, HttpError};
use crate::{Delivery, SinkError, harmless};

/// What to do about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// Wait so many seconds (0: as long as the caller thinks right), then send the same again.
    Later(u64),
    /// Nothing arrives before a setting is mended.
    Mend(&'static str),
}

use Meaning::{Later, Mend};

const ADDRESS: &str = "the robot's address: copy it again from the group's settings";

/// Codes that are not about one message.
///
/// Sources: DingTalk, open.dingtalk.com, «send group messages by custom robot» (error codes; past 20 messages a minute a
/// robot is held for 10 minutes); Feishu, open.feishu.cn, «custom bot usage guide» (100 a minute, 5 a second) and «rate
/// limits»; WeCom, developer.work.weixin.qq.com, path 91770 (20 a minute) and path 90313 (error codes).
const CODES: [(Preset, i64, Meaning); 23] = [
    (Preset::DingTalk, -1, Later(0)),
    (Preset::DingTalk, 130_101, Later(600)),
    (Preset::DingTalk, 410_100, Later(600)),
    (Preset::DingTalk, 300_001, Mend(ADDRESS)),
    (Preset::DingTalk, 300_005, Mend(ADDRESS)),
    (Preset::DingTalk, 400_013, Mend("the group, which was dissolved")),
    (Preset::DingTalk, 400_101, Mend(ADDRESS)),
    (Preset::DingTalk, 400_102, Mend("the robot, which is stopped")),
    (Preset::DingTalk, 400_106, Mend(ADDRESS)),
    (
        Preset::DingTalk,
        310_000,
        Mend(
            "the robot's security settings: its keyword, its secret and this clock, or its list of addresses",
        ),
    ),
    (Preset::Feishu, 1500, Later(0)),
    (Preset::Feishu, 11_232, Later(60)),
    (Preset::Feishu, 99_991_400, Later(60)),
    (Preset::Feishu, 19_001, Mend(ADDRESS)),
    (
        Preset::Feishu,
        19_021,
        Mend("the secret, or this clock: they are an hour apart or the secret is another"),
    ),
    (
        Preset::Feishu,
        19_022,
        Mend("the robot's list of addresses that may send"),
    ),
    (
        Preset::Feishu,
        19_024,
        Mend("the robot's keyword: sign instead, not every message has a word of yours"),
    ),
    (Preset::WeCom, -1, Later(0)),
    (Preset::WeCom, 45_009, Later(60)),
    (Preset::WeCom, 45_033, Later(60)),
    (Preset::WeCom, 93_000, Mend(ADDRESS)),
    (Preset::WeCom, 93_004, Mend("the robot, which is stopped")),
    (
        Preset::WeCom,
        93_008,
        Mend("the robot, which is not in the group"),
    ),
];

/// How the answers to one sink's requests are read.
pub(super) struct Reader {
    /// The sink, as errors name it.
    pub(super) sink: String,
    /// Which far side it is, if it is known.
    pub(super) preset: Option<Preset>,
    /// What may not be said on: addresses, keys.
    pub(super) secrets: Vec<String>,
}

impl Reader {
    /// What became of a message.
    pub(super) fn read(&self, answer: Result<Answer, HttpError>) -> Result<Delivery, SinkError> {
        match answer {
            Ok(answer) => self.answered(&answer),
            Err(HttpError::Invalid { reason }) => Err(self.rejected(reason)),
            Err(error @ HttpError::NotSent { .. }) => Err(self.unavailable(None, error)),
            Err(HttpError::Unanswered { source }) => Err(self.unanswered(source)),
        }
    }

    fn answered(&self, answer: &Answer) -> Result<Delivery, SinkError> {
        let code = self.preset.and_then(|preset| code(preset, &answer.body));
        match code {
            Some(0) => Ok(Delivery::Delivered),
            Some(code) => self.coded(code, answer),
            None if answer.is_success() && self.says_codes() => {
                let missing = format!(
                    "answered {} without a code: {}",
                    answer.status,
                    self.quote(answer)
                );
                Err(self.unanswered(missing))
            }
            None => self.by_status(answer),
        }
    }

    fn says_codes(&self) -> bool {
        matches!(
            self.preset,
            Some(Preset::DingTalk | Preset::Feishu | Preset::WeCom)
        )
    }

    fn coded(&self, code: i64, answer: &Answer) -> Result<Delivery, SinkError> {
        let said = format!("answered code {code}: {}", self.quote(answer));
        let known = CODES
            .iter()
            .find(|(preset, known, _)| Some(*preset) == self.preset && *known == code);
        match known.map(|(_, _, meaning)| *meaning) {
            Some(Later(seconds)) => {
                let wait = (seconds > 0).then(|| Duration::from_secs(seconds));
                Err(self.unavailable(answer.retry_after.or(wait), said))
            }
            Some(Mend(what)) => Err(self.rejected(format!("{said}; mend {what}"))),
            None if answer.is_success() => Ok(Delivery::Refused { reason: said }),
            None => self.by_status(answer),
        }
    }

    fn by_status(&self, answer: &Answer) -> Result<Delivery, SinkError> {
        let said = format!("answered {}: {}", answer.status, self.quote(answer));
        match answer.status {
            200..=299 => Ok(Delivery::Delivered),
            300..=399 => Err(self.rejected(format!(
                "{said}; redirects are not followed, give the address that it leads to"
            ))),
            401 | 403..=405 | 407 | 410 => {
                Err(self.rejected(format!("{said}; check the address and what it asks for")))
            }
            408 | 425 | 429 => Err(self.unavailable(answer.retry_after, said)),
            400..=499 => Ok(Delivery::Refused { reason: said }),
            // A gateway that lost the answer of what stands behind it: that may have taken the message.
            502 | 504 => Err(self.unanswered(said)),
            _ => Err(self.unavailable(answer.retry_after, said)),
        }
    }

    /// The beginning of what was said, on one line. Far sides repeat the path that was asked, which is a key.
    fn quote(&self, answer: &Answer) -> String {
        let mut said = answer.text();
        for secret in self.secrets.iter().filter(|secret| secret.len() >= 4) {
            said = said.replace(secret.as_str(), "[hidden]");
        }
        let start: String = said.trim().chars().take(200).collect();
        if start.is_empty() {
            return "nothing".to_owned();
        }
        harmless::written_out(&start, |_| false).into_owned()
    }

    fn rejected(&self, reason: String) -> SinkError {
        SinkError::Rejected {
            sink: self.sink.clone(),
            reason,
        }
    }

    fn unanswered(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> SinkError {
        SinkError::Unanswered {
            sink: self.sink.clone(),
            source: source.into(),
        }
    }

    fn unavailable(
        &self,
        retry_after: Option<Duration>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> SinkError {
        SinkError::Unavailable {
            sink: self.sink.clone(),
            retry_after,
            source: source.into(),
        }
    }
}

/// The code in a chat's answer: 0 is well. Feishu's older form has `StatusCode`.
fn code(preset: Preset, body: &[u8]) -> Option<i64> {
    let names: &[&str] = match preset {
        Preset::DingTalk | Preset::WeCom => &["errcode"],
        Preset::Feishu => &["code", "StatusCode"],
        _ => &[],
    };
    let said: Value = (!names.is_empty()).then(|| serde_json::from_slice(body).ok())??;
    names.iter().find_map(|name| said.get(name)?.as_i64())
}
