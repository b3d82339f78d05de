//! What people read of an inspection's own trouble, in their language. The inspection's name and the reason can hold anybody's
//! text: whoever writes them neutralises them.

use firstsight_engine::{Locale, Time};

use crate::event::{Event, EventKind, Trouble, TroubleKind};
use crate::text::{counted, hours, minute, thousands};

/// What there is to say besides the title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// What it means.
    pub(crate) meaning: &'static str,
    /// What to do; `None` once it is over.
    pub(crate) advice: Option<&'static str>,
    /// Since when, and for how long.
    pub(crate) since: String,
    /// How many runs in a row have met it.
    pub(crate) runs: String,
    /// What was said last; empty where nothing was. Anybody's text.
    pub(crate) reason: String,
}

/// What there is to say of an event's trouble, in a language.
pub(crate) fn account(event: &Event, trouble: &Trouble, locale: Locale) -> Account {
    let over = event.kind == EventKind::Recovered;
    Account {
        meaning: meaning(trouble.kind, over, locale),
        advice: (!over).then(|| advice(trouble.kind, locale)),
        since: since(trouble.since, length(event, trouble), locale),
        runs: thousands(trouble.runs),
        reason: trouble.reason.clone(),
    }
}

/// Whole hours from when all was well to the event.
fn length(event: &Event, trouble: &Trouble) -> i64 {
    (event.window.end.as_secs() - trouble.since.as_secs()).max(0) / 3600
}

fn since(start: Time, length: i64, locale: Locale) -> String {
    let start = minute(start);
    match (locale, length) {
        (Locale::English, 0) => format!("{start} UTC"),
        (Locale::English, _) => format!("{start} UTC, for {}", hours(length)),
        (Locale::Chinese, 0) => format!("{start} UTC"),
        (Locale::Chinese, _) => format!("{start} UTC，已持续 {}", chinese_hours(length)),
    }
}

/// One line: which inspection, and what is wrong with it.
pub(crate) fn title(event: &Event, trouble: &Trouble, locale: Locale) -> String {
    let inspection = &event.inspection;
    match locale {
        Locale::English => format!("{inspection}: {}", english(event, trouble)),
        Locale::Chinese => format!("{inspection}：{}", chinese(event, trouble)),
    }
}

fn english(event: &Event, trouble: &Trouble) -> String {
    let still = |still| match event.kind {
        EventKind::Ongoing => still,
        EventKind::Opened | EventKind::Recovered => "",
    };
    let (runs, length) = (trouble.runs, length(event, trouble));
    match (trouble.kind, event.kind) {
        (TroubleKind::Silent, EventKind::Recovered) => "CloudTrail records arrive again".to_owned(),
        (TroubleKind::Unread, EventKind::Recovered) => "everything can be read again".to_owned(),
        (TroubleKind::Failing, EventKind::Recovered) => "runs succeed again".to_owned(),
        (TroubleKind::Silent, _) => {
            format!(
                "{}no data: no CloudTrail record for {}",
                still("still "),
                hours(length)
            )
        }
        (TroubleKind::Unread, _) => {
            let runs = counted(runs, "run", "runs");
            format!("some of the source {}cannot be read, for {runs}", still("still "))
        }
        (TroubleKind::Failing, _) => {
            let runs = counted(runs, "run", "runs in a row");
            format!("{}no run succeeds: {runs} failed", still("still "))
        }
    }
}

fn chinese(event: &Event, trouble: &Trouble) -> String {
    let still = |still| match event.kind {
        EventKind::Ongoing => still,
        EventKind::Opened | EventKind::Recovered => "",
    };
    let (runs, length) = (thousands(trouble.runs), length(event, trouble));
    match (trouble.kind, event.kind) {
        (TroubleKind::Silent, EventKind::Recovered) => "已重新收到 CloudTrail 记录".to_owned(),
        (TroubleKind::Unread, EventKind::Recovered) => "数据源已可完整读取".to_owned(),
        (TroubleKind::Failing, EventKind::Recovered) => "巡检运行已恢复正常".to_owned(),
        (TroubleKind::Silent, _) => format!(
            "{}没有数据：已有 {} 没有新的 CloudTrail 记录",
            still("仍然"),
            chinese_hours(length)
        ),
        (TroubleKind::Unread, _) => {
            format!("部分数据源{}无法读取，已连续 {runs} 次运行", still("仍然"))
        }
        (TroubleKind::Failing, _) => format!("巡检运行{}失败，已连续 {runs} 次", still("仍然")),
    }
}

pub(crate) const fn meaning(kind: TroubleKind, over: bool, locale: Locale) -> &'static str {
    use TroubleKind::{Failing, Silent, Unread};
    match (locale, kind, over) {
        (Locale::English, Silent, false) => {
            "no data: the source was read whole and holds no newer CloudTrail record; that nothing is found there proves nothing"
        }
        (Locale::English, Silent, true) => {
            "there are CloudTrail records again; those that come late are judged in the hours that they belong to"
        }
        (Locale::English, Unread, false) => {
            "what cannot be read is not judged: errors in it stay unseen, and no fault recovers meanwhile"
        }
        (Locale::English, Unread, true) => {
            "a run has read everything; what had been missed is judged in the hours that it belongs to"
        }
        (Locale::English, Failing, false) => {
            "nothing new is judged while runs fail; what was read is kept, and the next run that succeeds catches up"
        }
        (Locale::English, Failing, true) => {
            "a run came to its end again; what had been missed is caught up with"
        }
        (Locale::Chinese, Silent, false) => {
            "没有数据：数据源已完整读取，但没有更新的 CloudTrail 记录；此时没有发现异常并不说明一切正常"
        }
        (Locale::Chinese, Silent, true) => "已重新收到 CloudTrail 记录；迟到的记录会在其所属的小时内判定",
        (Locale::Chinese, Unread, false) => {
            "无法读取的部分不会被判定：其中的错误不会被发现，期间故障也不会恢复"
        }
        (Locale::Chinese, Unread, true) => "已完整读取一次；之前遗漏的记录会在其所属的小时内判定",
        (Locale::Chinese, Failing, false) => {
            "运行失败期间不会判定新的数据；已读取的内容会保留，下一次成功的运行会补上"
        }
        (Locale::Chinese, Failing, true) => "已有运行正常结束；之前遗漏的时间窗口会补上",
    }
}

impl TroubleKind {
    /// What to do while it lasts, in a language.
    #[must_use]
    pub const fn advice(self, locale: Locale) -> &'static str {
        advice(self, locale)
    }
}

const fn advice(kind: TroubleKind, locale: Locale) -> &'static str {
    match (locale, kind) {
        (Locale::English, TroubleKind::Silent) => {
            "see whether the trail still logs, the filter still matches and the log group is still there: `firstsight check` asks for each"
        }
        (Locale::English, TroubleKind::Unread) => {
            "look at the last reason; access, quotas and damaged files are the usual ones: `firstsight check` asks for each"
        }
        (Locale::English, TroubleKind::Failing) => {
            "look at the last reason, then at what `firstsight check` says of the source and the state"
        }
        (Locale::Chinese, TroubleKind::Silent) => {
            "请检查跟踪是否仍在记录、过滤条件是否仍能匹配、日志组是否仍然存在：`firstsight check` 会逐项检查"
        }
        (Locale::Chinese, TroubleKind::Unread) => {
            "请查看最近的原因；常见的是权限、配额和损坏的文件：`firstsight check` 会逐项检查"
        }
        (Locale::Chinese, TroubleKind::Failing) => {
            "请查看最近的原因，再用 `firstsight check` 检查数据源和状态库"
        }
    }
}

fn chinese_hours(number: i64) -> String {
    let number = number.max(0).unsigned_abs();
    if number >= 48 && number.is_multiple_of(24) {
        format!("{} 天", thousands(number / 24))
    } else {
        format!("{} 小时", thousands(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture;

    #[test]
    fn says_what_is_wrong_in_each_language() {
        let mut told = String::new();
        for locale in Locale::ALL {
            for event in fixture::troubles() {
                let trouble = event.trouble.as_ref().unwrap();
                let said = account(&event, trouble, locale);
                told.push_str(&format!("{}\n{said:#?}\n\n", event.worded_title(locale)));
            }
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn one_run_and_a_short_while_read_well() {
        let mut event = fixture::trouble(1, TroubleKind::Failing, EventKind::Opened);
        let trouble = event.trouble.as_mut().unwrap();
        (trouble.runs, trouble.since) = (1, event.window.end);
        let trouble = event.trouble.clone().unwrap();
        assert_eq!(
            title(&event, &trouble, Locale::English),
            "main: no run succeeds: 1 run failed"
        );
        let said = account(&event, &trouble, Locale::English);
        assert_eq!(said.since, "2026-03-14 11:00 UTC");
    }

    #[test]
    fn its_dimensions_are_the_check_and_the_inspection() {
        let event = fixture::trouble(1, TroubleKind::Unread, EventKind::Opened);
        assert_eq!(
            event.dimension_tags(),
            [("check", "unread"), ("inspection", "main")]
        );
    }
}
