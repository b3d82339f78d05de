//! Why was there no finding? Answered from what a run counted.
//!
//! Sentences can hold texts of the source and of logs (a reason, an account): neutralise them where they are shown.

use firstsight_engine::Locale;
use firstsight_inspection::{Outcome, RunRecord};
use firstsight_sink::text::thousands;

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
                format!("运行超时，已被终止：{reason}"),
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

/// A number with its noun, for a sentence in English.
fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
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

#[cfg(test)]
mod tests {
    use firstsight_engine::{Range, Time};
    use firstsight_inspection::{RunRecord, Trigger, WindowCounts};

    use super::*;

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    /// A run that read 120 records, 7 of them errors, all of 3 known clusters.
    fn quiet() -> RunRecord {
        let tick = at("2026-01-31T12:00:00Z");
        let mut run = RunRecord::begin(
            "run".to_owned(),
            "main".to_owned(),
            tick,
            Trigger::Schedule,
            String::new(),
            tick.plus_millis(600_000),
        );
        run.end(Outcome::Ok, String::new(), tick.plus_millis(630_000));
        run.newest_record = Some(tick.plus_millis(-90_000));
        run.counts.records = 120;
        run.counts.error_records = 7;
        run.counts.new_events = 6;
        run.counts.known_events = 1;
        run.counts.known_clusters = 3;
        run.windows = vec![WindowCounts {
            window: Range::hours_before(tick.hour(), 1),
            complete: true,
            rejudged: false,
            records: 120,
            errors: 6,
            clusters: 3,
            findings: 0,
        }];
        run
    }

    fn told(change: impl FnOnce(&mut RunRecord)) -> Vec<(String, String)> {
        let mut run = quiet();
        change(&mut run);
        let english = why_quiet(&run, true, Locale::English).answers;
        let chinese = why_quiet(&run, true, Locale::Chinese).answers;
        let keys =
            |answers: &[(String, String)]| answers.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
        assert_eq!(keys(&english), keys(&chinese), "both languages answer the same");
        english
    }

    fn first(change: impl FnOnce(&mut RunRecord)) -> (String, String) {
        told(change).swap_remove(0)
    }

    #[test]
    fn all_known_is_told_with_the_numbers_behind_it() {
        assert_eq!(
            told(|_| ()),
            [
                ("all-known", "All 6 error events of the window are of 3 known clusters."),
                ("read", "It read 120 records, of them 7 error records: 6 error events that were new, 1 read before."),
                ("lag", "The newest record was 12 min old when the run ended."),
            ]
            .map(|(key, sentence)| (key.to_owned(), sentence.to_owned()))
        );
    }

    #[test]
    fn one_is_no_plural() {
        let one = told(|run| {
            run.counts.findings = 1;
            run.counts.late = 1;
            run.counts.withheld = 1;
            run.counts.unread = 1;
            run.passed_over = 1;
        });
        let sentences: Vec<_> = one.into_iter().map(|(_, sentence)| sentence).collect();
        assert_eq!(
            sentences[0],
            "It was not quiet: 1 new finding was recorded, of 1 window."
        );
        let all = sentences.join("\n");
        assert!(
            !all.contains("1 windows") && !all.contains("1 findings") && !all.contains("1 parts"),
            "{all}"
        );
        let only = first(|run| run.windows[0].errors = 1);
        assert_eq!(
            only.1,
            "The only error event of the window is of a known cluster."
        );
    }

    #[test]
    fn each_cause_comes_before_the_numbers() {
        let (key, sentence) =
            first(|run| run.end(Outcome::Failed, "no route".to_owned(), at("2026-01-31T12:11:00Z")));
        assert_eq!(
            (key.as_str(), sentence.as_str()),
            ("failed", "The run failed: no route")
        );
        for (outcome, key) in [
            (Outcome::TimedOut, "timed-out"),
            (Outcome::Stopped, "stopped"),
            (Outcome::Lost, "lost"),
            (Outcome::Running, "running"),
        ] {
            assert_eq!(first(|run| run.outcome = outcome).0, key);
        }
        assert_eq!(first(|run| run.counts.unread = 2).0, "unread");
        assert_eq!(first(|run| run.counts.findings = 2).0, "found");
        assert_eq!(
            first(|run| run.learning = vec![("111122223333".to_owned(), 5, 168)]).1,
            "Account 111122223333 is learning, with 5 of 168 hours of history: its findings are recorded and shown, not alerted."
        );
        let many = told(|run| run.learning = (0..8).map(|number| (number.to_string(), 1, 2)).collect());
        assert_eq!(many[5].1, "3 more accounts are learning.");
    }

    #[test]
    fn nothing_read_is_told_with_since_when() {
        let empty = |run: &mut RunRecord| {
            run.counts = firstsight_inspection::RunCounts::default();
            run.windows.clear();
        };
        assert_eq!(
            first(empty).1,
            "Nothing new was read: the source is silent since 2026-01-31T11:58:30Z, 12 min before the run's end."
        );
        let never = told(|run| {
            empty(run);
            run.newest_record = None;
        });
        assert_eq!((never.len(), never[0].0.as_str()), (1, "nothing-read"));
    }

    #[test]
    fn what_people_and_policies_hold_back_is_told() {
        let keys: Vec<_> = told(|run| {
            run.counts.silenced_clusters = 1;
            run.counts.withheld = 2;
            run.counts.late = 3;
            run.counts.learning = 1;
            run.passed_over = 4;
            run.counts.rejects = [("not-json".to_owned(), 5)].into();
        })
        .into_iter()
        .map(|(key, _)| key)
        .collect();
        assert_eq!(
            keys,
            [
                "all-known",
                "silenced",
                "withheld",
                "late",
                "learning-findings",
                "passed-over",
                "read",
                "rejects",
                "lag"
            ]
        );
    }

    #[test]
    fn without_errors_that_is_the_answer() {
        let none = first(|run| {
            run.counts.error_records = 0;
            run.windows[0].errors = 0;
        });
        assert_eq!(none.0, "no-errors");
    }

    #[test]
    fn a_disabled_inspection_says_so_first() {
        assert_eq!(
            why_quiet(&quiet(), false, Locale::English).answers[0].0,
            "disabled"
        );
        let never = never_run(false, Locale::Chinese).answers;
        assert_eq!(
            (never[0].0.as_str(), never[1].0.as_str()),
            ("disabled", "never-run")
        );
    }
}
