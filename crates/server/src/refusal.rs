//! Why something that was asked is not done, in both languages: programs read the English text, people the one of their page.

use firstsight_engine::{Locale, Time};
use http::StatusCode;

use crate::pages::words::fill;
use crate::problem::Problem;

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no inspection of the name.
    NoInspection(String),
    /// There is no sink of the name.
    NoSink(String),
    /// There is no event of the id.
    NoEvent(String),
    /// There is no cluster of the id.
    NoCluster(String),
    /// There is no run of the id.
    NoRun(String),
    /// There is no such setting that can be changed by hand.
    NoSetting(String),
    /// There is nothing at the address.
    NothingHere,
    /// The mute of the id was ended while it was set.
    MuteEnded(String),
    /// A mute that names nothing would be one of everything.
    MuteOfNothing,
    /// A mute that ends when it begins.
    MuteOfNoLength,
    /// A mute's cluster is not there.
    MuteOfUnknown(String),
    /// A field's text has more than so many characters.
    TooLong { field: &'static str, most: usize },
    /// A field's number is not within 1 and a bound.
    NotWithin {
        field: &'static str,
        number: usize,
        most: usize,
    },
    /// A field's word is none of those that there are.
    NoSuchWord {
        field: String,
        word: String,
        known: String,
    },
    /// No cluster's id is written so.
    NoClusterId(String),
    /// No date is written so.
    NoDate(String),
    /// No time is written so.
    NoTime { field: &'static str, text: String },
    /// A stretch of time ends before it begins.
    EndsEarly,
    /// A value makes no sense, as who knows it says (in English).
    Wrong { field: String, said: String },
    /// The cursor belongs to a list in another order.
    OtherOrder,
    /// The cursor is none that was given here.
    NoCursor,
    /// The inspection runs already.
    Running { name: String, since: Time },
    /// The daemon is stopping.
    Stopping,
    /// Only who has the admin token may do this.
    NeedsAdmin,
    /// Too many logins have failed; so many seconds have to pass.
    TooManyLogins(u64),
}

impl Refusal {
    /// In words.
    #[must_use]
    pub(crate) fn say(&self, locale: Locale) -> String {
        let (english, chinese) = self.texts();
        let text = match locale {
            Locale::English => english,
            Locale::Chinese => chinese,
        };
        match self {
            Self::NoInspection(it)
            | Self::NoSink(it)
            | Self::NoEvent(it)
            | Self::NoCluster(it)
            | Self::NoRun(it)
            | Self::NoSetting(it)
            | Self::NoClusterId(it)
            | Self::NoDate(it) => fill(text, &[&format!("{it:?}")]),
            Self::MuteEnded(it) | Self::MuteOfUnknown(it) => fill(text, &[it]),
            Self::TooLong { field, most } => fill(text, &[&field, &most]),
            Self::NotWithin { field, number, most } => fill(text, &[&field, &number, &most]),
            Self::NoSuchWord { field, word, known } => fill(text, &[&field, &format!("{word:?}"), &known]),
            Self::NoTime { field, text: given } => fill(text, &[&field, &format!("{given:?}")]),
            Self::Wrong { field, said } => fill(text, &[&field, &said]),
            Self::Running { name, since } => fill(text, &[&name, &since]),
            Self::TooManyLogins(seconds) => fill(text, &[seconds]),
            Self::NothingHere
            | Self::MuteOfNothing
            | Self::MuteOfNoLength
            | Self::EndsEarly
            | Self::OtherOrder
            | Self::NoCursor
            | Self::Stopping
            | Self::NeedsAdmin => text.to_owned(),
        }
    }

    /// English and Chinese, with places for the values.
    const fn texts(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoInspection(_) => ("there is no inspection called {0}", "没有名为 {0} 的巡检"),
            Self::NoSink(_) => ("there is no sink called {0}", "没有名为 {0} 的通知目标"),
            Self::NoEvent(_) => (
                "there is no event {0}: it may be older than what is kept",
                "没有事件 {0}：它可能已超出保留期限",
            ),
            Self::NoCluster(_) => (
                "there is no cluster {0}: it may have been forgotten",
                "没有聚类 {0}：它可能已超出保留期限",
            ),
            Self::NoRun(_) => (
                "there is no run {0}: it may have been forgotten",
                "没有运行 {0}：它可能已超出保留期限",
            ),
            Self::NoSetting(_) => (
                "there is no setting {0} that can be changed by hand",
                "没有可手动修改的设置 {0}",
            ),
            Self::NothingHere => ("there is nothing at this address", "此地址没有内容"),
            Self::MuteEnded(_) => ("the mute {0} was ended meanwhile", "静默 {0} 在此期间已结束"),
            Self::MuteOfNothing => (
                "say what to mute: an account, a service, an actor or a cluster",
                "请指定静默的对象：账户、服务、主体或聚类",
            ),
            Self::MuteOfNoLength => (
                "duration: it is none: nothing would be muted",
                "duration：时长为零，不会静默任何内容",
            ),
            Self::MuteOfUnknown(_) => (
                "cluster: there is none with the id {0}",
                "cluster：没有 ID 为 {0} 的聚类",
            ),
            Self::TooLong { .. } => ("{0}: it has more than {1} characters", "{0}：超过 {1} 个字符"),
            Self::NotWithin { .. } => ("{0}: {1} is not within 1 to {2}", "{0}：{1} 不在 1 到 {2} 之间"),
            Self::NoSuchWord { .. } => (
                "{0}: there is no {1}; there are {2}",
                "{0}：没有 {1}；可用的有 {2}",
            ),
            Self::NoClusterId(_) => (
                "cluster: {0} is no cluster's id: it has 32 hexadecimal digits",
                "cluster：{0} 不是聚类 ID：应为 32 位十六进制数字",
            ),
            Self::NoDate(_) => (
                "{0} is no date like 2026-03-14",
                "{0} 不是日期，应写成 2026-03-14",
            ),
            Self::NoTime { .. } => (
                "{0}: {1} is no time: write 2026-01-31T12:00:00Z, 2026-01-31, or 24h or 7d for so long ago",
                "{0}：{1} 不是时间：请写成 2026-01-31T12:00:00Z、2026-01-31，或用 24h、7d 表示多久以前",
            ),
            Self::EndsEarly => ("until: it is earlier than from", "until：早于 from"),
            Self::Wrong { .. } => ("{0}: {1}", "{0} 的值无法使用：{1}"),
            Self::OtherOrder => (
                "cursor: it is of a list in another order: begin again without it",
                "cursor：它属于另一种排序的列表，请去掉它重新开始",
            ),
            Self::NoCursor => (
                "cursor: it is none that was given here: begin again without it",
                "cursor：它不是这里给出的，请去掉它重新开始",
            ),
            Self::Running { .. } => ("{0} is running already, since {1}", "{0} 已在运行，开始于 {1}"),
            Self::Stopping => ("the daemon is stopping", "守护进程正在停止"),
            Self::NeedsAdmin => ("changing things needs the admin token", "修改需要管理员令牌"),
            Self::TooManyLogins(_) => (
                "too many logins have failed: try again in {0} s",
                "登录失败次数过多：请在 {0} 秒后重试",
            ),
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::NoInspection(_)
            | Self::NoSink(_)
            | Self::NoEvent(_)
            | Self::NoCluster(_)
            | Self::NoRun(_)
            | Self::NoSetting(_)
            | Self::NothingHere
            | Self::MuteEnded(_) => StatusCode::NOT_FOUND,
            Self::Running { .. } => StatusCode::CONFLICT,
            Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::NeedsAdmin => StatusCode::FORBIDDEN,
            Self::TooManyLogins(_) => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(refusal.status(), refusal.say(Locale::English));
        Self {
            refusal: Some(Box::new(refusal)),
            ..problem
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_english_for_programs_and_of_the_page_for_people() {
        let problem = Problem::from(Refusal::NoEvent("<b>".to_owned()));
        assert_eq!(
            problem.detail,
            "there is no event \"<b>\": it may be older than what is kept"
        );
        assert_eq!(
            problem.told(Locale::Chinese),
            "没有事件 \"<b>\"：它可能已超出保留期限"
        );
        assert_eq!(problem.status, 404);
        assert!(!serde_json::to_string(&problem).unwrap().contains("refusal"));
    }

    #[test]
    fn what_is_given_is_said_in_each_language() {
        let given = || "given".to_owned();
        for refusal in [
            Refusal::NoInspection(given()),
            Refusal::NoSink(given()),
            Refusal::NoEvent(given()),
            Refusal::NoCluster(given()),
            Refusal::NoRun(given()),
            Refusal::NoSetting(given()),
            Refusal::NoClusterId(given()),
            Refusal::NoDate(given()),
            Refusal::MuteEnded(given()),
            Refusal::MuteOfUnknown(given()),
            Refusal::TooLong {
                field: "given",
                most: 7,
            },
            Refusal::NotWithin {
                field: "given",
                number: 9,
                most: 7,
            },
            Refusal::NoSuchWord {
                field: given(),
                word: "9".to_owned(),
                known: "7".to_owned(),
            },
            Refusal::NoTime {
                field: "given",
                text: "7".to_owned(),
            },
            Refusal::Wrong {
                field: given(),
                said: "7".to_owned(),
            },
            Refusal::Running {
                name: given(),
                since: Time::MIN,
            },
        ] {
            let [english, chinese] = [Locale::English, Locale::Chinese].map(|locale| refusal.say(locale));
            for said in [&english, &chinese] {
                assert!(said.contains("given") && !said.contains('{'), "{said}");
                assert_eq!(said.contains('7'), english.contains('7'), "{said}");
                assert_eq!(said.contains('9'), english.contains('9'), "{said}");
            }
            assert_ne!(english, chinese);
        }
    }

    #[test]
    fn a_refusal_of_a_body_keeps_its_words() {
        let problem = Problem::from(Refusal::EndsEarly).of_body();
        assert_eq!(problem.status, 422);
        assert_eq!(problem.told(Locale::Chinese), "until：早于 from");
    }
}
