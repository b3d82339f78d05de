//! Why was there no finding? Answered from what a run counted.
//!
//! Sentences can hold texts of the source and of logs (a reason, an account): neutralise them where they are shown.

#[cfg(test)]
mod tests;

use firstsight_engine::Locale;
use firstsight_inspection::{Outcome, RunRecord};
use firstsight_sink::text::counted;

use super::WhyQuiet;

/// The most accounts that are told one by one.
const ACCOUNTS: usize = 5;

/// The answers so far.
struct Answers {
    locale: Locale,
    told: Vec<(String, String)>,
}

impl Answers {
    fn in_(locale: Locale) -> Self {
        Self {
            locale,
            told: Vec::new(),
        }
    }

    /// Tells it in the language asked for, if it holds.
    fn add(
        &mut self,
        holds: bool,
        key: &str,
        english: impl FnOnce() -> String,
        chinese: impl FnOnce() -> String,
    ) {
        if !holds {
            return;
        }
        let sentence = match self.locale {
            Locale::English => english(),
            Locale::Chinese => chinese(),
        };
        self.told.push((key.to_owned(), sentence));
    }

    fn done(self) -> WhyQuiet {
        WhyQuiet { answers: self.told }
    }

    fn disabled(&mut self, enabled: bool) {
        self.add(
            !enabled,
            "disabled",
            || "The inspection is disabled: it runs only when somebody asks for it.".to_owned(),
            || "该巡检已停用：只有手动触发时才会运行。".to_owned(),
        );
    }

    /// How the run ended, where that explains it.
    fn outcome(&mut self, run: &RunRecord) {
        let reason = &run.reason;
        let (key, english, chinese) = match run.outcome {
            Outcome::Failed => (
                "failed",
                format!("The run failed: {reason}"),
                format!("运行失败：{reason}"),
            ),
            Outcome::TimedOut => (
                "timed-out",
                format!("The run took longer than it may and was ended: {reason}"),
                "运行时间超过上限，已被终止；已读取和判定的内容会保留，下次运行会从中断处继续。".to_owned(),
            ),
            Outcome::Stopped => (
                "stopped",
                "The run was stopped, as the daemon was; the next one goes on where it ended.".to_owned(),
                "运行随守护进程一起停止；下次运行会从中断处继续。".to_owned(),
            ),
            Outcome::Lost => (
                "lost",
                "The run's process ended without a word; the next run goes on where it ended.".to_owned(),
                "运行所在的进程意外终止；下次运行会从中断处继续。".to_owned(),
            ),
            Outcome::Running => (
                "running",
                "The run goes on: what it finds is told at its end.".to_owned(),
                "运行仍在进行：结果将在结束时给出。".to_owned(),
            ),
            Outcome::Ok | Outcome::Incomplete => return,
        };
        self.add(true, key, || english, || chinese);
    }

    fn found(&mut self, run: &RunRecord) {
        let found = run.counts.findings;
        self.add(
            found > 0,
            "found",
            || {
                format!(
                    "It was not quiet: {} recorded, of {}.",
                    counted(found, "new finding was", "new findings were"),
                    counted(run.windows.len() as u64, "window", "windows")
                )
            },
            || {
                format!(
                    "本次并非没有发现：{} 个窗口中共记录了 {found} 个新发现。",
                    run.windows.len()
                )
            },
        );
    }

    fn nothing_read(&mut self, run: &RunRecord) {
        let came = run.counts.records > 0 || windowed(run) > 0;
        let since = run.newest_record.map(|time| time.to_string());
        self.add(
            !came && since.is_none(),
            "nothing-read",
            || {
                "Nothing was read: the source has not given a single record yet. Is it the right one?"
                    .to_owned()
            },
            || "没有读到任何记录：数据源至今没有返回过一条记录，请检查数据源是否正确。".to_owned(),
        );
        let Some(since) = since else { return };
        let lag = lag(run);
        self.add(
            !came,
            "silent",
            || {
                format!(
                    "Nothing new was read: the source is silent since {since}{}.",
                    behind(lag)
                )
            },
            || {
                format!(
                    "没有读到新记录：数据源自 {since} 起没有新数据{}。",
                    behind_chinese(lag)
                )
            },
        );
    }

    fn unread(&mut self, run: &RunRecord) {
        let (unread, first) = (run.counts.unread, run.unread.first().cloned().unwrap_or_default());
        self.add(
            unread > 0,
            "unread",
            || {
                format!(
                    "{} of the source could not be read; what is in there was not judged. The first: {first}",
                    counted(unread, "part", "parts")
                )
            },
            || format!("数据源中有 {unread} 个部分无法读取，其内容未参与判断。第一个：{first}"),
        );
    }

    fn learning(&mut self, run: &RunRecord) {
        for (account, have, need) in run.learning.iter().take(ACCOUNTS) {
            self.add(
                true,
                "learning",
                || format!("Account {account} is learning, with {have} of {need} hours of history: its findings are recorded and shown, not alerted."),
                || format!("账户 {account} 仍在学习期（已有 {have} 小时历史，需要 {need} 小时）：其发现只记录和展示，不发送告警。"),
            );
        }
        let others = run.learning.len().saturating_sub(ACCOUNTS);
        self.add(
            others > 0,
            "learning",
            || {
                format!(
                    "{} learning.",
                    counted(others as u64, "more account is", "more accounts are")
                )
            },
            || format!("另有 {others} 个账户仍在学习期。"),
        );
    }

    /// What was read, and that there was nothing new in it.
    fn known(&mut self, run: &RunRecord) {
        let counts = &run.counts;
        let errors = run
            .windows
            .first()
            .map_or(counts.error_records, |window| window.errors);
        let quiet = counts.findings == 0 && matches!(run.outcome, Outcome::Ok | Outcome::Incomplete);
        let clusters = counts.known_clusters;
        self.add(
            quiet && errors > 0,
            "all-known",
            || {
                if errors == 1 {
                    "The only error event of the window is of a known cluster.".to_owned()
                } else {
                    format!(
                        "All {errors} error events of the window are of {}.",
                        counted(clusters, "known cluster", "known clusters")
                    )
                }
            },
            || format!("窗口内的 {errors} 个错误事件全部属于 {clusters} 个已知聚类。"),
        );
        self.add(
            quiet && errors == 0 && counts.records > 0,
            "no-errors",
            || "There was no error event in the window.".to_owned(),
            || "窗口内没有错误事件。".to_owned(),
        );
    }

    fn silenced(&mut self, run: &RunRecord) {
        let (silenced, withheld) = (run.counts.silenced_clusters, run.counts.withheld);
        self.add(
            silenced > 0,
            "silenced",
            || format!("People acknowledged, expect or archived {} of the window: counted, and nothing new is told.", counted(silenced, "cluster", "clusters")),
            || format!("窗口内有 {silenced} 个聚类已被确认、标为预期或归档：只计数，不再提示。"),
        );
        self.add(
            withheld > 0,
            "withheld",
            || {
                format!(
                    "{} withheld: muted, silent after an earlier one, or outside the hours.",
                    counted(withheld, "delivery is", "deliveries are")
                )
            },
            || format!("有 {withheld} 次通知未发送：被静默、处于沉默期，或不在通知时段内。"),
        );
    }

    fn late(&mut self, run: &RunRecord) {
        let (late, learning) = (run.counts.late, run.counts.learning);
        self.add(
            late > 0,
            "late",
            || {
                format!(
                    "{} late: of windows that had been judged before.",
                    counted(late, "finding came", "findings came")
                )
            },
            || format!("其中 {late} 个发现来自迟到的数据，属于之前已判断过的窗口。"),
        );
        self.add(
            learning > 0,
            "learning-findings",
            || {
                format!(
                    "{} of accounts that are learning: recorded, not alerted.",
                    counted(learning, "finding is", "findings are")
                )
            },
            || format!("其中 {learning} 个发现来自学习期内的账户：只记录，不告警。"),
        );
        let passed = run.passed_over;
        self.add(
            passed > 0,
            "passed-over",
            || {
                format!(
                    "{} passed over: more than are caught up with after downtime.",
                    counted(passed, "window was", "windows were")
                )
            },
            || format!("有 {passed} 个窗口被跳过：超过了停机后补跑的上限。"),
        );
    }

    /// The numbers behind it all.
    fn read(&mut self, run: &RunRecord) {
        let counts = &run.counts;
        self.add(
            counts.records > 0,
            "read",
            || {
                format!(
                    "It read {}, of them {}: {} new, {} read before.",
                    counted(counts.records, "record", "records"),
                    counted(counts.error_records, "error record", "error records"),
                    counted(
                        counts.new_events,
                        "error event that was",
                        "error events that were"
                    ),
                    counts.known_events
                )
            },
            || {
                format!(
                    "共读取 {} 条记录，其中错误记录 {} 条：新的错误事件 {} 个，之前已读取过的 {} 个。",
                    counts.records, counts.error_records, counts.new_events, counts.known_events
                )
            },
        );
        let rejects: Vec<_> = counts
            .rejects
            .iter()
            .map(|(reason, count)| format!("{reason} {count}"))
            .collect();
        self.add(
            !rejects.is_empty(),
            "rejects",
            || format!("Records were rejected: {}.", rejects.join(", ")),
            || format!("有记录被拒绝：{}。", rejects.join("，")),
        );
        let lag = lag(run).filter(|_| counts.records > 0);
        self.add(
            lag.is_some(),
            "lag",
            || format!("The newest record was {} old when the run ended.", minutes(lag)),
            || format!("运行结束时，最新的记录距当时 {}。", minutes_chinese(lag)),
        );
    }
}

/// Records in the windows that were judged: an earlier run may have read them.
fn windowed(run: &RunRecord) -> u64 {
    run.windows.iter().map(|window| window.records).sum()
}

/// Minutes between the newest record and the run's end.
fn lag(run: &RunRecord) -> Option<i64> {
    let (ended, newest) = (run.ended?, run.newest_record?);
    Some(((ended.as_millis() - newest.as_millis()) / 60_000).max(0))
}

fn minutes(lag: Option<i64>) -> String {
    let lag = lag.unwrap_or_default();
    if lag < 120 {
        format!("{lag} min")
    } else {
        format!("{} h", lag / 60)
    }
}

fn minutes_chinese(lag: Option<i64>) -> String {
    let lag = lag.unwrap_or_default();
    if lag < 120 {
        format!("{lag} 分钟")
    } else {
        format!("{} 小时", lag / 60)
    }
}

fn behind(lag: Option<i64>) -> String {
    lag.map(|_| format!(", {} before the run's end", minutes(lag)))
        .unwrap_or_default()
}

fn behind_chinese(lag: Option<i64>) -> String {
    lag.map(|_| format!("，距运行结束 {}", minutes_chinese(lag)))
        .unwrap_or_default()
}

/// Why a run found nothing, or little.
#[must_use]
pub fn why_quiet(run: &RunRecord, enabled: bool, locale: Locale) -> WhyQuiet {
    let mut answers = Answers::in_(locale);
    answers.disabled(enabled);
    answers.outcome(run);
    if matches!(run.outcome, Outcome::Ok | Outcome::Incomplete) {
        answers.found(run);
        answers.nothing_read(run);
    }
    answers.unread(run);
    answers.learning(run);
    answers.known(run);
    answers.silenced(run);
    answers.late(run);
    answers.read(run);
    answers.done()
}

/// The answer where no run has ended yet.
pub(super) fn never_run(enabled: bool, locale: Locale) -> WhyQuiet {
    let mut answers = Answers::in_(locale);
    answers.disabled(enabled);
    answers.add(
        true,
        "never-run",
        || "No run has ended yet.".to_owned(),
        || "还没有完成过一次运行。".to_owned(),
    );
    answers.done()
}
