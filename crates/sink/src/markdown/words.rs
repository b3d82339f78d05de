//! What a message says around its facts, in each language.

use firstsight_engine::Locale;

use crate::digest::DigestCause;
use crate::event::{Event, EventKind, Status};
use crate::text::{counted, hours, thousands};
use crate::wording;

/// The words of a language.
pub(super) struct Words {
    pub(super) overview: &'static str,
    pub(super) inspection: &'static str,
    pub(super) account: &'static str,
    pub(super) window: &'static str,
    pub(super) status: &'static str,
    pub(super) fault: &'static str,
    pub(super) what_happened: &'static str,
    pub(super) to_do: &'static str,
    pub(super) begun: &'static str,
    pub(super) runs: &'static str,
    pub(super) reason: &'static str,
    pub(super) new_errors: &'static str,
    pub(super) in_account: &'static str,
    pub(super) keys: &'static str,
    pub(super) key_columns: [&'static str; 6],
    pub(super) clusters: &'static str,
    pub(super) template: &'static str,
    pub(super) occurred: &'static str,
    pub(super) actors: &'static str,
    pub(super) from: &'static str,
    pub(super) why: &'static str,
    pub(super) samples: &'static str,
    pub(super) cluster: &'static str,
    pub(super) evidence: &'static str,
    pub(super) no_code: &'static str,
    /// Behind a label.
    pub(super) colon: &'static str,
    /// Between the items of a list.
    pub(super) semicolon: &'static str,
    pub(super) comma: &'static str,
    /// Around a remark.
    pub(super) brackets: [&'static str; 2],
    /// Since when the fault is open, and for how many hours.
    pub(super) since: fn(start: &str, hours: i64) -> String,
    /// How many error events of how many clusters.
    pub(super) of_clusters: fn(errors: u64, clusters: u64) -> String,
    /// Values past the bound of a list.
    pub(super) more: fn(u64) -> String,
    /// Findings that did not fit.
    pub(super) more_clusters: fn(u64) -> String,
    /// Events of a digest that did not fit.
    pub(super) more_events: fn(u64) -> String,
    /// Access keys that did not fit.
    pub(super) more_keys: fn(u64) -> String,
    /// What happened, in a sentence.
    pub(super) happened: fn(&Event) -> String,
    /// Why events are told at once.
    pub(super) cause: fn(DigestCause) -> &'static str,
    /// A status.
    pub(super) of_status: fn(Status) -> &'static str,
}

/// The words of a locale.
pub(super) const fn of(locale: Locale) -> &'static Words {
    match locale {
        Locale::English => &ENGLISH,
        Locale::Chinese => &CHINESE,
    }
}

static ENGLISH: Words = Words {
    overview: "Overview",
    inspection: "Inspection",
    account: "Account",
    window: "Window",
    status: "Status",
    fault: "Fault",
    what_happened: "What happened",
    to_do: "What to do",
    begun: "Since",
    runs: "Runs in a row",
    reason: "Last reason",
    new_errors: "New error events",
    in_account: "All error events of the account in the window",
    keys: "Access keys",
    key_columns: [
        "Access key",
        "Owner",
        "Last active (UTC)",
        "Last call",
        "Error events",
        "IAM",
    ],
    clusters: "New error clusters",
    template: "Message",
    occurred: "Occurred",
    actors: "Actors",
    from: "From",
    why: "Why",
    samples: "Sample events",
    cluster: "Cluster",
    evidence: "Evidence",
    no_code: "no error code",
    colon: ": ",
    semicolon: "; ",
    comma: ", ",
    brackets: [" (", ")"],
    since: |start, length| match length {
        0 => format!("since {start} UTC"),
        _ => format!("since {start} UTC, for {}", hours(length)),
    },
    of_clusters: |errors, clusters| {
        let clusters = counted(clusters, "cluster", "clusters");
        format!("{} in {clusters}", thousands(errors))
    },
    more: |number| format!("and {} more", thousands(number)),
    more_clusters: |number| {
        let them = counted(number, "more error cluster", "more error clusters");
        format!("and {them}, left out here for want of space")
    },
    more_events: |number| {
        let them = counted(number, "more event", "more events");
        format!("and {them}, left out here for want of space")
    },
    more_keys: |number| {
        let them = counted(number, "access key", "access keys");
        format!("{them} left out here for want of space")
    },
    happened: |event| {
        let found = wording::news(&event.findings, Locale::English);
        let still = counted(event.ongoing_clusters, "cluster", "clusters");
        let lasted = hours(event.fault.duration_seconds / 3600);
        match event.kind {
            EventKind::Opened => format!("a fault opens with {found}"),
            EventKind::Ongoing if event.findings.is_empty() => {
                format!("nothing new in this window; of the fault, {still} still occurring")
            }
            EventKind::Ongoing => {
                format!("the fault goes on with {found}; {still} of it in this window")
            }
            EventKind::Recovered => format!(
                "the fault is over after {lasted}: a fully read window has neither new errors nor the fault's clusters"
            ),
        }
    },
    cause: |cause| match cause {
        DigestCause::Aggregated => "told at once, because they came within one aggregation window",
        DigestCause::Capped => "told at once, because they are more than a run tells one by one",
    },
    of_status: Status::as_str,
};

static CHINESE: Words = Words {
    overview: "异常事件概览",
    inspection: "巡检",
    account: "账户",
    window: "时间窗口",
    status: "状态",
    fault: "故障",
    what_happened: "情况说明",
    to_do: "处理建议",
    begun: "开始于",
    runs: "连续运行次数",
    reason: "最近的原因",
    new_errors: "新增错误事件数",
    in_account: "本时间窗口内该账户的全部错误事件数",
    keys: "访问密钥",
    key_columns: [
        "访问密钥",
        "所属主体",
        "密钥最后活跃时间（UTC）",
        "最后一次调用",
        "错误事件数",
        "IAM",
    ],
    clusters: "新增错误聚类",
    template: "错误消息",
    occurred: "出现",
    actors: "主体",
    from: "来自",
    why: "原因",
    samples: "样例事件",
    cluster: "聚类",
    evidence: "查看证据",
    no_code: "无错误代码",
    colon: "：",
    semicolon: "；",
    comma: "，",
    brackets: ["（", "）"],
    since: |start, length| match length {
        0 => format!("始于 {start} UTC"),
        _ => format!("始于 {start} UTC，已持续 {}", chinese_hours(length)),
    },
    of_clusters: |errors, clusters| format!("{} 个，属于 {} 个聚类", thousands(errors), thousands(clusters)),
    more: |number| format!("另有 {} 个", thousands(number)),
    more_clusters: |number| format!("另有 {} 个错误聚类因篇幅所限未列出", thousands(number)),
    more_events: |number| format!("另有 {} 个事件因篇幅所限未列出", thousands(number)),
    more_keys: |number| format!("{} 个访问密钥因篇幅所限未列出", thousands(number)),
    happened: |event| {
        let found = wording::news(&event.findings, Locale::Chinese);
        let still = thousands(event.ongoing_clusters);
        match event.kind {
            EventKind::Opened => format!("故障发生：出现 {found}"),
            EventKind::Ongoing if event.findings.is_empty() => {
                format!("本时间窗口内没有新的错误，但该故障的 {still} 个聚类仍在出现")
            }
            EventKind::Ongoing => {
                format!("故障持续中：又出现 {found}；该故障的 {still} 个聚类在本时间窗口内出现")
            }
            EventKind::Recovered => format!(
                "故障已恢复，历时 {}：在完整读取的时间窗口内，既没有新的错误，也没有该故障的聚类",
                chinese_hours(event.fault.duration_seconds / 3600)
            ),
        }
    },
    cause: |cause| match cause {
        DigestCause::Aggregated => "以下事件在同一聚合窗口内产生，合并通知",
        DigestCause::Capped => "以下事件超出单次运行的逐条通知上限，合并通知",
    },
    of_status: |status| match status {
        Status::Ok => "正常",
        Status::Info => "信息",
        Status::Warning => "警告",
        Status::Error => "重要",
        Status::Critical => "紧急",
    },
};

fn chinese_hours(number: i64) -> String {
    let number = number.max(0).unsigned_abs();
    if number >= 48 && number.is_multiple_of(24) {
        format!("{} 天", thousands(number / 24))
    } else {
        format!("{} 小时", thousands(number))
    }
}
