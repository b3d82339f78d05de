//! Why a schedule cannot be read, for the one who wrote it.

use std::fmt;

use firstsight_engine::Locale;

/// Why a cron expression or its time zone cannot be read.
///
/// Its text quotes what was written: neutralise it where it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError(pub(super) Wrong);

/// What is wrong with the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// No time zone has this name.
    Zone(String),
    /// It is longer than so many bytes.
    Long(usize),
    /// No nickname is written so.
    Nickname { written: String, known: String },
    /// Nothing is written.
    Empty,
    /// One field too many; without the first it would be this.
    Six(String),
    /// So many fields.
    Fields(usize),
    /// A field is wrong.
    Field {
        name: FieldName,
        written: String,
        wrong: WrongItem,
    },
    /// What the library says that matches it.
    Unmatched { written: String, said: String },
}

/// A field of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldName {
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

/// What is wrong with an item of a field's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WrongItem {
    /// Nothing stands between two commas.
    Empty,
    /// A step behind a number; perhaps this was meant.
    Step(String),
    /// A step that is none, up to this one.
    NoStep { written: String, most: u16 },
    /// A range goes backwards; these two are meant.
    Backwards { written: String, meant: String },
    /// A number that the field does not have.
    Outside { number: u16, least: u16, most: u16 },
    /// Neither a number nor anything else that the field has.
    Unknown { written: String, may: May },
}

/// What a field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct May {
    pub(super) least: u16,
    pub(super) most: u16,
    pub(super) names: Option<(&'static str, &'static str)>,
    pub(super) last: bool,
}

impl ScheduleError {
    /// What is wrong, in a language. English is what [`Display`](fmt::Display) gives.
    #[must_use]
    pub fn told(&self, locale: Locale) -> String {
        match locale {
            Locale::English => self.0.english(),
            Locale::Chinese => self.0.chinese(),
        }
    }
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.english())
    }
}

impl std::error::Error for ScheduleError {}

impl Wrong {
    fn english(&self) -> String {
        const WANTED: &str = "minute, hour, day of the month, month and day of the week, as \"0 * * * *\"";
        match self {
            Self::Zone(name) => {
                format!(
                    "no time zone is named {name:?}: write an IANA name, as Europe/Berlin, Asia/Shanghai or UTC"
                )
            }
            Self::Long(most) => format!("the schedule is longer than {most} bytes"),
            Self::Nickname { written, known } => {
                format!("no schedule is named {written:?}: write one of {known}, or five fields")
            }
            Self::Empty => format!("the schedule is empty: write {WANTED}"),
            Self::Six(without) => format!(
                "the schedule has six fields: it has no seconds and no years, only {WANTED}; without the first field it would \
                 be {without:?}"
            ),
            Self::Fields(count) => format!("the schedule has {count} fields instead of five: {WANTED}"),
            Self::Field { name, written, wrong } => {
                format!(
                    "{} {written:?} of the schedule: {}",
                    name.english(),
                    wrong.english()
                )
            }
            Self::Unmatched { written, said } => format!("the schedule {written:?} cannot be read: {said}"),
        }
    }

    fn chinese(&self) -> String {
        const WANTED: &str = "分、时、日、月、星期，如 \"0 * * * *\"";
        match self {
            Self::Zone(name) => {
                format!("没有名为 {name:?} 的时区：请填写 IANA 名称，如 Asia/Shanghai、Europe/Berlin 或 UTC")
            }
            Self::Long(most) => format!("计划超过 {most} 字节"),
            Self::Nickname { written, known } => {
                format!("没有名为 {written:?} 的计划：请填写 {known} 之一，或五个字段")
            }
            Self::Empty => format!("计划为空：请填写{WANTED}"),
            Self::Six(without) => {
                format!("计划有六个字段：不支持秒和年，只有{WANTED}；去掉第一个字段后为 {without:?}")
            }
            Self::Fields(count) => format!("计划有 {count} 个字段，应为五个：{WANTED}"),
            Self::Field { name, written, wrong } => {
                format!("计划的“{}”字段 {written:?}：{}", name.chinese(), wrong.chinese())
            }
            Self::Unmatched { written, said } => format!("无法解析计划 {written:?}：{said}"),
        }
    }
}

impl FieldName {
    const fn english(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "day of the week",
        }
    }

    const fn chinese(self) -> &'static str {
        match self {
            Self::Minute => "分",
            Self::Hour => "时",
            Self::Day => "日",
            Self::Month => "月",
            Self::Weekday => "星期",
        }
    }
}

impl WrongItem {
    fn english(&self) -> String {
        match self {
            Self::Empty => "an item of the list is empty".to_owned(),
            Self::Step(perhaps) => format!("a step needs a range or *: perhaps {perhaps}"),
            Self::NoStep { written, most } => format!("a step is a number from 1 to {most}, not {written:?}"),
            Self::Backwards { written, meant } => {
                format!("the range {written} goes backwards: write two, as {meant}")
            }
            Self::Outside { number, least, most } => format!("{number} is not from {least} to {most}"),
            Self::Unknown { written, may } => format!("{written:?} is not {}", may.english()),
        }
    }

    fn chinese(&self) -> String {
        match self {
            Self::Empty => "列表中有空项".to_owned(),
            Self::Step(perhaps) => format!("步长前需要范围或 *，也许是 {perhaps}"),
            Self::NoStep { written, most } => format!("步长应为 1 到 {most} 的数字，而不是 {written:?}"),
            Self::Backwards { written, meant } => format!("范围 {written} 前后颠倒：请拆成两个，如 {meant}"),
            Self::Outside { number, least, most } => format!("{number} 不在 {least} 到 {most} 之间"),
            Self::Unknown { written, may } => format!("应为 {}，而不是 {written:?}", may.chinese()),
        }
    }
}

impl May {
    fn english(self) -> String {
        let mut may = format!("a number from {} to {}", self.least, self.most);
        if let Some((first, last)) = self.names {
            may.push_str(&format!(", a name from {first} to {last}"));
        }
        if self.last {
            may.push_str(", L for the last day");
        }
        may
    }

    fn chinese(self) -> String {
        let mut may = format!("{} 到 {} 的数字", self.least, self.most);
        if let Some((first, last)) = self.names {
            may.push_str(&format!("，或 {first} 到 {last} 的名称"));
        }
        if self.last {
            may.push_str("，或表示最后一天的 L");
        }
        may
    }
}
