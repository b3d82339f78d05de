//! Chinese (simplified), with the terms of AWS's own Chinese pages (docs.amazonaws.cn, docs.aws.amazon.com/zh_cn).
//! Punctuation is full-width, a space stands between Chinese and Latin characters; numbers, times and identifiers are as
//! in English.

use std::fmt;

use firstsight_cloudtrail::classify::{Class, DenialPolicy, DenialReason, NoiseMark, Sensitivity, Verb};

use super::{Digits, Rate, Tenths, call, words};
use crate::judge::input::{LifeCycle, Scope, Span, Until};
use crate::judge::verdict::{Familiarity, Learner, Novelty, Reason, Severity};
use crate::signature::Dimension;
use crate::surge::{Surge, SurgeModel};

pub(super) fn write(reason: &Reason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match reason {
        Reason::NeverSeen {
            history_hours,
            history_errors,
        } => never_seen(f, *history_hours, *history_errors),
        Reason::LastSeen { last, hours_ago } => {
            write!(f, "上次出现于 {last}，距本时间窗口 {}", Length(*hours_ago))
        }
        Reason::Forgotten { founded } => {
            write!(f, "首次报告于 {founded}，因时间久远，已无任何出现记录")
        }
        Reason::WasResolved => f.write_str("此前已有人将其标记为已解决"),
        Reason::FirstByActor {
            actor,
            known_actors,
            like,
        } => first_by_actor(f, actor, *known_actors, like.as_deref()),
        Reason::ManyNewActors { actors, known_actors } => write!(
            f,
            "{} 个主体首次触发此错误；{}",
            Digits(*actors),
            others(*known_actors)
        ),
        Reason::Dimension {
            dimension: which,
            value,
            familiarity,
        } => write!(f, "{} {value} {}", dimension(*which), how_well(*familiarity)),
        Reason::Denied { denial } => denied(f, *denial),
        Reason::NearestKnown {
            template,
            only_here,
            only_there,
            ..
        } => nearest(f, template, only_here, only_there),
        Reason::Technique { id, name, tactic } => {
            let tactic = words(tactic);
            write!(f, "攻击者会利用此调用：MITRE ATT&CK {id} {name}（{tactic}）")
        }
        Reason::SensitiveTarget {
            target,
            sensitivity: how,
        } => write!(f, "首次涉及{}资源 {target}", sensitivity(*how)),
        Reason::QuietScope {
            scope,
            per_week_millis,
        } => quiet(f, scope, *per_week_millis),
        Reason::BusyScope {
            scope,
            per_week_millis,
        } => write!(
            f,
            "排序靠后：{}经常出现新错误，平均每周约 {} 个",
            place(scope),
            Rate(*per_week_millis)
        ),
        Reason::Escalated => f.write_str("此前已归档，约定升级时恢复；现已升级"),
        Reason::DimensionOverflow {
            dimension: which,
            kept,
        } => write!(
            f,
            "{}的取值超过 {} 个，超出部分不再区分，无法判断其中哪一个是首次出现",
            dimension(*which),
            Digits(*kept)
        ),
        Reason::SensitiveCall { sensitivity } => f.write_str(sensitive_call(*sensitivity)),
        Reason::Noise { mark } => write!(f, "已知噪声，排序靠后：{}", noise(*mark)),
        Reason::FamilyOverflow { templates } => write!(
            f,
            "此调用失败时的错误消息超过 {} 种：超出上限的部分合并判定",
            Digits(*templates)
        ),
        Reason::Surge { surge } => surged(f, surge),
        Reason::Late { within } => late(f, *within),
        Reason::Learning {
            learner,
            have_hours,
            need_hours,
        } => write!(
            f,
            "{}仍处于学习期：已有 {}的历史记录，需要 {}",
            learning(learner),
            Length(*have_hours),
            Length(*need_hours)
        ),
    }
}

/// Hours, as whole days from two days on.
struct Length(i64);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::length(self.0) {
            super::Length::Hours(hours) => write!(f, "{} 小时", Digits(hours)),
            super::Length::Days(days) => write!(f, "{} 天", Digits(days)),
        }
    }
}

fn never_seen(f: &mut fmt::Formatter<'_>, hours: i64, errors: u64) -> fmt::Result {
    if hours <= 0 {
        return f.write_str("此前从未出现过，但目前还没有可供比较的历史记录");
    }
    let hours = Length(super::to_whole_days(hours));
    write!(
        f,
        "在此前 {hours}的历史记录（共 {} 个错误事件）中从未出现过",
        Digits(errors)
    )
}

fn others(known: u64) -> String {
    match known {
        0 => "此前没有其他主体触发过".to_owned(),
        _ => format!("此前有 {} 个其他主体触发过", Digits(known)),
    }
}

fn first_by_actor(f: &mut fmt::Formatter<'_>, actor: &str, known: u64, like: Option<&str>) -> fmt::Result {
    write!(f, "主体 {actor} 首次触发此错误；{}", others(known))?;
    match like {
        Some(like) => write!(f, "，其中一个的名称形式相同：{like}"),
        None => Ok(()),
    }
}

fn how_well(familiarity: Familiarity) -> &'static str {
    match familiarity {
        Familiarity::Unseen => "此前未在该账户的错误中出现过",
        Familiarity::Rare => "此前在该账户的错误中很少出现（最多 5 次）",
        Familiarity::Infrequent => "此前在该账户的错误中不常出现（最多占 1 %）",
        Familiarity::Frequent => "此前在该账户的错误中经常出现",
    }
}

fn denied(f: &mut fmt::Formatter<'_>, denial: DenialReason) -> fmt::Result {
    let policy = policy(denial.policy);
    if denial.explicit {
        write!(f, "因{policy}中的显式拒绝而被拒绝")
    } else {
        write!(f, "因{policy}中没有允许该操作的语句而被拒绝")
    }
}

fn policy(policy: DenialPolicy) -> &'static str {
    match policy {
        DenialPolicy::Identity => "基于身份的策略",
        DenialPolicy::Resource => "基于资源的策略",
        DenialPolicy::ServiceControl => "服务控制策略",
        DenialPolicy::ResourceControl => "资源控制策略",
        DenialPolicy::PermissionsBoundary => "权限边界",
        DenialPolicy::Session => "会话策略",
        DenialPolicy::VpcEndpoint => " VPC 端点策略",
        DenialPolicy::RoleTrust => "角色信任策略",
        DenialPolicy::PublicAccessBlock => " S3 屏蔽公共访问权限设置",
        _ => "某个策略",
    }
}

fn nearest(f: &mut fmt::Formatter<'_>, template: &str, here: &[String], there: &[String]) -> fmt::Result {
    if template.is_empty() {
        return f.write_str("同一调用中最接近的已知错误没有错误消息");
    }
    write!(f, "同一调用中最接近的已知错误为：{template}")?;
    let side = |name: &str, words: &[String]| format!("{name}“{}”", words.join(" "));
    match (there.is_empty(), here.is_empty()) {
        (true, true) => Ok(()),
        (false, true) => write!(f, "（{}）", side("仅已知错误有：", there)),
        (true, false) => write!(f, "（{}）", side("仅本错误有：", here)),
        (false, false) => write!(f, "（{}；{}）", side("已知错误：", there), side("本错误：", here)),
    }
}

fn quiet(f: &mut fmt::Formatter<'_>, scope: &Scope, per_week_millis: u64) -> fmt::Result {
    let place = place(scope);
    if per_week_millis < Rate::LEAST {
        return write!(f, "{place}几乎从不出现新错误");
    }
    write!(
        f,
        "{place}很少出现新错误：平均每周约 {} 个",
        Rate(per_week_millis)
    )
}

fn late(f: &mut fmt::Formatter<'_>, within: Option<Span>) -> fmt::Result {
    f.write_str("在本时间窗口判定之后才到达的记录中发现")?;
    match within {
        None => Ok(()),
        Some(span) if span.first == span.last => {
            write!(f, "：{} 个错误事件，发生于 {}", Digits(span.count), span.first)
        }
        Some(span) => write!(
            f,
            "：{} 个错误事件，发生于 {} 至 {}",
            Digits(span.count),
            span.first,
            span.last
        ),
    }
}

/// A place, with a space behind it where it ends in Latin characters.
fn place(scope: &Scope) -> String {
    match scope {
        Scope::Organisation => "整个组织".to_owned(),
        Scope::Account { account } => format!("账户 {account} "),
        Scope::Actor { actor, .. } => format!("主体 {actor} "),
        Scope::Call {
            event_source,
            event_name,
            ..
        } => format!("调用 {} ", call(event_source, event_name)),
    }
}

fn learning(learner: &Learner) -> String {
    match learner {
        Learner::Account => "该账户".to_owned(),
        Learner::Region(name) => format!("区域 {name} "),
        Learner::Source(name) => format!("来源 {name} "),
    }
}

fn sensitive_call(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Normal => "该调用为普通调用",
        Sensitivity::Sensitive => "该调用较为敏感：涉及身份、密钥、机密信息、数据策略或网络边界",
        Sensitivity::Critical => "该调用极为关键：可能使防守方失去可见性，或导致账户被接管",
    }
}

pub(super) fn noise(mark: NoiseMark) -> &'static str {
    match mark {
        NoiseMark::SelfProbe => "AWS 服务探测自身权限",
        NoiseMark::ServiceLinkedRole => "服务相关角色查询尚未设置的服务",
        NoiseMark::ConsoleProbe => "AWS 管理控制台请求页面可能显示的全部内容",
        NoiseMark::InfrastructureAsCode => "基础设施即代码工具回读设置",
        NoiseMark::Scanner => "安全或合规扫描工具",
        _ => "本版本尚未命名的类型",
    }
}

pub(super) fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Actor => "主体",
        Dimension::AccessKey => "访问密钥",
        Dimension::SourceNetwork => "源网络",
        Dimension::Region => "区域",
        Dimension::UserAgent => "用户代理",
        Dimension::Noise => "噪声标记",
        Dimension::Target => "目标资源",
        Dimension::Variable => "变量",
    }
}

pub(super) const fn familiarity(familiarity: Familiarity) -> &'static str {
    match familiarity {
        Familiarity::Unseen => "从未见过",
        Familiarity::Rare => "罕见",
        Familiarity::Infrequent => "不常见",
        Familiarity::Frequent => "常见",
    }
}

/// As Guance's own pages name them.
pub(super) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "信息",
        Severity::Warning => "警告",
        Severity::Error => "重要",
        Severity::Critical => "紧急",
    }
}

pub(super) fn novelty(novelty: Novelty) -> &'static str {
    match novelty {
        Novelty::New => "新出现",
        Novelty::Returned => "再次出现",
        Novelty::NewActor => "新主体",
        Novelty::Surge => "激增",
    }
}

pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::AccessDenied => "访问被拒绝",
        Class::Authentication => "身份验证失败",
        Class::Throttling => "请求限流",
        Class::NotConfigured => "未配置",
        Class::NotFound => "资源不存在",
        Class::Conflict => "冲突",
        Class::Validation => "请求无效",
        Class::Quota => "超出配额",
        Class::DryRun => "试运行",
        Class::ServiceFault => "服务故障",
        _ => "其他",
    }
}

pub(super) const fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Read => "读取",
        Verb::Write => "写入",
    }
}

pub(super) const fn sensitivity(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Normal => "普通",
        Sensitivity::Sensitive => "敏感",
        Sensitivity::Critical => "关键",
    }
}

pub(super) fn life_cycle(life_cycle: LifeCycle) -> String {
    match life_cycle {
        LifeCycle::Open => "未处理".to_owned(),
        LifeCycle::Acknowledged => "已确认".to_owned(),
        LifeCycle::Expected => "符合预期".to_owned(),
        LifeCycle::Archived(Until::Escalation) => "已归档，升级时恢复".to_owned(),
        LifeCycle::Archived(Until::Time(until)) => format!("已归档至 {until}"),
        LifeCycle::Archived(Until::Forever) => "已永久归档".to_owned(),
        LifeCycle::Resolved => "已解决".to_owned(),
    }
}

fn surged(f: &mut fmt::Formatter<'_>, surge: &Surge) -> fmt::Result {
    write!(
        f,
        "本时间窗口内出现 {} 次，预期约 {} 次，{} 次以内仍属正常（依据{}，历史 {}）",
        Digits(surge.seen),
        Tenths(surge.expected_millis),
        Digits(surge.at_most),
        compared_with(surge.model),
        Length(i64::try_from(surge.history_hours).unwrap_or(i64::MAX)),
    )
}

fn compared_with(model: SurgeModel) -> &'static str {
    match model {
        SurgeModel::HourOfWeek => "其自身一周内各小时的次数",
        SurgeModel::HourOfDay => "其自身一天内各小时的次数，工作日与周末分开",
        SurgeModel::AccountRhythm => "其自身水平与账户的日内规律",
        SurgeModel::Flat => "其自身的平均水平",
        SurgeModel::AccountTotal => "账户的全部错误",
    }
}
