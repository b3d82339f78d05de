//! Chinese (simplified).

use std::collections::BTreeMap;

use firstsight_engine::{Dimension, Familiarity, Labelled as _, Learner, LifeCycle, Locale};

use super::Words;
use crate::explanation::Says;
use crate::explanation::sure::{Point, Score};
use crate::standing::Saying;
use crate::text::{self, minute, thousands};

const LOCALE: Locale = Locale::Chinese;

pub(super) static WORDS: Words = Words {
    what: "是什么",
    who: "谁触发的",
    since: "从何时开始",
    why: "为何是新的",
    how_sure: "可信程度",
    history: "处理记录",
    next: "接下来查看什么",
    account: "账户",
    cluster: "聚类",
    finding: "发现",
    no_code: "无错误代码",
    no_message: "无错误消息",
    no_finding: "没有记录任何发现，参见“可信程度”。",
    late: "迟到",
    learning: "学习期",
    records: "记录，附 AWS 管理控制台中的 CloudTrail 事件历史记录链接（仅含最近 90 天的管理事件）",
    no_record: "已无留存的记录。",
    insights: |range| format!("CloudWatch Logs Insights 查询，请选择跟踪所用的日志组，时间范围 {range}"),
    lookup: "AWS CLI 命令（仅含最近 90 天的管理事件）",
    commands: "确认原因之后",
    more_values: "等",
    between_sentences: "",
    comma: "，",
    score: |score| format!("评分 {score}"),
    seen: |count, first, last| {
        let count = thousands(count);
        if first == last {
            format!("{count} 次，发生于 {first} UTC")
        } else {
            format!("{count} 次，发生于 {first} 至 {last} UTC")
        }
    },
    each_mark: |hours| format!("每格 {}", length(i64::try_from(hours).unwrap_or(i64::MAX))),
    more_findings: |number| format!("另有 {} 个发现", thousands(number)),
    key_use: |owner, time, call, region| {
        format!("所属主体 {owner}，最近使用于 {time} UTC：{call}，区域 {region}")
    },
    of_key,
    range: |range| text::range(range).replace(" to ", " 至 "),
    change: |by, at, action, before, after| format!("{at} UTC，{by}：{action}（{before} → {after}）"),
    action: |action| match action {
        "acknowledge" => "已有人跟进",
        "expect" => "属于正常业务",
        "archive" => "归档，升级时恢复",
        _ => "",
    },
    point,
};

fn of_key(saying: &Saying<'_>) -> String {
    match saying {
        Saying::User(name) => format!("用户 {name}"),
        Saying::Active => "启用".to_owned(),
        Saying::Inactive => "已停用".to_owned(),
        Saying::Created { on, days } => {
            format!("创建于 {}（已有 {}）", text::date(*on), age(*days))
        }
        Saying::NeverUsed => "从未使用".to_owned(),
        Saying::Used { at, place } if place.is_empty() => format!("最近使用于 {} UTC", text::minute(*at)),
        Saying::Used { at, place } => format!("最近使用于 {} UTC（{place}）", text::minute(*at)),
        Saying::UsedSince => "晚于最后一条记录".to_owned(),
        Saying::Dormant { days } => format!("此前 {} 天未使用", thousands(*days)),
        Saying::NotListed(reason) => format!("状态和创建时间未知（{reason}）"),
        Saying::Unknown(reason) => format!("未知（{reason}）"),
    }
}

/// In days up to two years.
fn age(days: u64) -> String {
    match days {
        ..730 => format!("{} 天", thousands(days)),
        _ => format!("{} 年", thousands(days / 365)),
    }
}

fn point(point: &Point<'_>) -> String {
    match point {
        Point::NoFinding => {
            "该聚类没有任何发现的记录：它在首个判定窗口之前就已存在，或已被静默，或其发现已被清除。"
                .to_owned()
        }
        Point::History { hours, .. } if *hours <= 0 => {
            "没有可供比较的历史记录：最先出现的都会被视为新错误。".to_owned()
        }
        Point::History { hours, errors } => format!(
            "比较范围为该账户 {}的历史记录，共 {} 个错误事件。",
            length(whole_days(*hours)),
            thousands(*errors)
        ),
        Point::Known(span) => format!(
            "在本时间窗口之前，此错误已出现 {} 次，时间为 {} 至 {}。",
            thousands(span.count),
            span.first,
            span.last
        ),
        Point::Learning(None) => "历史记录的长度足以告警。".to_owned(),
        Point::Learning(Some((learner, have, need))) => format!(
            "{}当时仍处于学习期（已有 {}，需要 {}），因此只展示、不告警。",
            who_learns(learner),
            length(*have),
            length(*need)
        ),
        Point::Complete(Some(true)) => "该时间窗口的数据已完整读取。".to_owned(),
        Point::Complete(Some(false)) => "该时间窗口的数据未完整读取，可能还有更多。".to_owned(),
        Point::Complete(None) => "该时间窗口是否完整读取已无记录。".to_owned(),
        Point::Late => "相关记录在该时间窗口判定之后才到达。".to_owned(),
        Point::Familiar(by) => familiar(by),
        Point::Score(parts) => score(parts),
        Point::Said(life_cycle, said) => said_of_it(*life_cycle, *said),
    }
}

/// To the nearest day, as reasons say it.
fn whole_days(hours: i64) -> i64 {
    if hours < 48 { hours } else { (hours + 12) / 24 * 24 }
}

fn length(hours: i64) -> String {
    let hours = hours.max(0).unsigned_abs();
    if hours >= 48 && hours.is_multiple_of(24) {
        format!("{} 天", thousands(hours / 24))
    } else {
        format!("{} 小时", thousands(hours))
    }
}

fn who_learns(learner: &Learner) -> String {
    match learner {
        Learner::Account => "该账户".to_owned(),
        Learner::Region(name) => format!("区域 {name} "),
        Learner::Source(name) => format!("来源 {name} "),
    }
}

fn familiar(by: &BTreeMap<Familiarity, Vec<Dimension>>) -> String {
    let told: Vec<String> = by
        .iter()
        .map(|(familiarity, dimensions)| {
            let names: Vec<&str> = dimensions.iter().map(|one| one.label(LOCALE)).collect();
            format!("{}{}", names.join("、"), familiarity.label(LOCALE))
        })
        .collect();
    format!(
        "在该账户此前的错误中：{}；成功的调用不在统计之内。",
        told.join("，")
    )
}

fn score(score: &Score) -> String {
    let Some(rest) = score.rest else {
        return format!(
            "评分为 {}（满分 100），取决于新颖类型、严重程度、各项取值的陌生程度，以及新错误在此出现的频率。",
            score.total
        );
    };
    let for_the_rest = if score.has_scopes {
        "陌生的取值及新错误在此少见的程度 "
    } else {
        "陌生的取值 "
    };
    let (novelty, severity) = (score.novelty, score.severity);
    let mut parts = vec![format!("新颖类型（{}）{} 分", novelty.0.label(LOCALE), novelty.1)];
    for (points, why) in [
        (severity.1, format!("严重程度（{}）", severity.0.label(LOCALE))),
        (score.explicit, "显式拒绝 ".to_owned()),
        (rest, for_the_rest.to_owned()),
    ] {
        if points > 0 {
            parts.push(format!("{why}{points} 分"));
        }
    }
    for (points, why) in [(score.noise, "已知噪声"), (score.like, "与已知主体名称形式相同")] {
        if points < 0 {
            parts.push(format!("{why}扣 {} 分", points.unsigned_abs()));
        }
    }
    format!("评分为 {}（满分 100）：{}。", score.total, parts.join("，"))
}

fn said_of_it(life_cycle: LifeCycle, said: Option<&Says>) -> String {
    match said {
        None if life_cycle == LifeCycle::Open => "目前还没有人处理过。".to_owned(),
        None => format!("当前状态：{}。", life_cycle.label(LOCALE)),
        Some(Says { by, at, note }) => {
            let note = if note.is_empty() {
                String::new()
            } else {
                format!("：“{note}”")
            };
            let at = minute(*at);
            format!(
                "当前状态：{}，由 {by} 于 {at} UTC 标记{note}。",
                life_cycle.label(LOCALE)
            )
        }
    }
}
