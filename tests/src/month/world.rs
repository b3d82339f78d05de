//! Everything around the daemon, and what is done to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use firstsight_engine::{Hour, Time};
use firstsight_inspection::Outcome;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::Options;
use super::books::{Book, Excuses};
use super::delivered;
use super::far::FarSide;
use super::plan::{Act, Moment, Plan};
use super::process::{Footprint, Heard, Place, Process};
use super::trail::Trail;

/// What the daemon is configured to, in hours.
#[derive(Clone, Copy, Debug)]
struct Hours {
    baseline: i64,
    retention: i64,
}

impl Hours {
    /// So short that a run of these days sees it pass.
    const fn of(days: i64) -> Self {
        if days < 14 {
            Self {
                baseline: 24,
                retention: 36,
            }
        } else {
            Self {
                baseline: 72,
                retention: 7 * 24,
            }
        }
    }

    /// Files that came later by so much are not opened any more: the longest judgement's reach, and a day for what is late.
    const fn reach(self) -> i64 {
        self.baseline + 6 + 24
    }
}

/// How the configuration stands.
#[derive(Clone, Copy, Debug, Default)]
struct Configured {
    two_hourly: bool,
    another_sink: bool,
}

pub(crate) struct World<'a> {
    runtime: &'a Runtime,
    place: Place,
    start: Hour,
    plan: Plan,
    hours: Hours,
    configured: Configured,
    trail: Trail,
    far: FarSide,
    process: Option<Process>,
    books: [Book; 2],
    excuses: Excuses,
    attempts: Attempts,
    wrong: Vec<String>,
}

/// What was done to the daemon.
#[derive(Clone, Copy, Debug, Default)]
struct Attempts {
    reloads: usize,
    refused: usize,
}

impl<'a> World<'a> {
    pub(crate) fn new(options: &Options, start: Hour, runtime: &'a Runtime) -> Self {
        let plan = Plan::new(options.seed, options.days);
        let plan = if options.undisturbed {
            plan.undisturbed()
        } else {
            plan
        };
        let hours = Hours::of(options.days);
        let place = Place {
            program: options.program.clone(),
            folder: options.folder.clone(),
        };
        let folder = options.folder.join("trail");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let at = |stretch: std::ops::Range<i64>| start.plus(stretch.start)..start.plus(stretch.end);
        let stretches = |begins, ends| plan.stretches(begins, ends).into_iter().map(at).collect();
        Self {
            runtime,
            place,
            start,
            hours,
            configured: Configured::default(),
            trail: Trail::new(folder, options.seed, start, hours.reach()),
            far: runtime.block_on(FarSide::start()),
            process: None,
            books: [("hourly", 1), ("quarterly", 6)]
                .map(|(name, window)| Book::new(name, window, start, hours.retention)),
            excuses: Excuses {
                gone: stretches(Act::SourceGone, Act::SourceBack),
                damaged: stretches(Act::Damage, Act::Mended),
                silent: stretches(Act::Silence, Act::Speech),
            },
            attempts: Attempts::default(),
            plan,
            wrong: Vec::new(),
        }
    }

    /// The first start, when the first hour has just begun.
    pub(crate) fn begin(&mut self) {
        let now = self.start.start();
        self.configure();
        self.trail.deliver(now);
        self.start_daemon(now);
    }

    /// An hour is over: its files wait to be delivered.
    pub(crate) fn happen(&mut self, hour: Hour, index: i64) {
        let attack = self.plan.of(index).contains(&Act::Attack);
        self.trail.happen(hour, attack);
    }

    /// Moves the clock to a minute of an hour, and does what is planned.
    pub(crate) fn minute(&mut self, hour: Hour, index: i64, minute: i64) {
        let now = hour.start().plus_millis(minute * 60_000);
        self.trail.deliver(now);
        let acts = self.plan.of(index).to_vec();
        if minute == 0 {
            self.go_to(now);
            acts.iter().for_each(|act| self.at_rest(*act, now));
            if index % 24 == 0 {
                // Strikes are kept away from the mornings' troubles.
                self.far.arm(false);
            }
            return;
        }
        let in_run = acts.iter().filter(|act| is_in_run(**act));
        match in_run.copied().collect::<Vec<_>>() {
            acts if minute == super::MINUTES[1] && !acts.is_empty() => {
                acts.iter().for_each(|act| self.in_run(*act, now));
            }
            _ => self.go_to(now),
        }
    }

    fn at_rest(&mut self, act: Act, now: Time) {
        match act {
            Act::Restart => {
                self.stop_daemon();
                self.start_daemon(now);
            }
            Act::Kill(Moment::Rest) => self.kill(now),
            Act::Kill(Moment::Delivery) => self.far.arm(true),
            Act::Down => self.stop_daemon(),
            Act::Up => self.start_daemon(now),
            Act::TwoHourly => self.reload(|configured| configured.two_hourly = true),
            Act::Hourly => self.reload(|configured| configured.two_hourly = false),
            Act::SinkAdded => self.reload(|configured| configured.another_sink = true),
            Act::SinkRemoved => self.reload(|configured| configured.another_sink = false),
            Act::SourceGone => self.trail.away(true),
            Act::SourceBack => self.trail.away(false),
            Act::Silence => self.trail.silent(true),
            Act::Speech => self.trail.silent(false),
            Act::Damage => self.trail.damage(),
            Act::Mended => self.trail.mend(),
            Act::SinkDown => self.far.set_down(true),
            Act::SinkUp => self.far.set_down(false),
            Act::Attack | Act::StopInRun | Act::Broken | Act::Kill(_) => {}
        }
    }

    /// Does something as soon as a run goes on; where none begins, when all is at rest.
    fn in_run(&mut self, act: Act, now: Time) {
        let Some(process) = &mut self.process else { return };
        process.set(now);
        if !self.until_begun(now) {
            // Nothing is due (any more): there is no run to be cut off.
            return self.at_rest(Act::Kill(Moment::Rest), now);
        }
        match act {
            Act::StopInRun => {
                self.stop_daemon();
                self.start_daemon(now);
            }
            Act::Broken => self.refuse(now),
            Act::Kill(Moment::Written(bytes)) => {
                self.until_written(u64::from(bytes));
                self.kill(now);
            }
            _ => self.kill(now),
        }
    }

    /// Whether a run has begun; `false` when all is at rest.
    fn until_begun(&mut self, now: Time) -> bool {
        let idle = format!("idle {now}");
        while let Some(process) = &mut self.process {
            match process.hear().unwrap_or_else(|| {
                panic!(
                    "the daemon has ended by itself; its log is in {}",
                    self.place.folder.display()
                )
            }) {
                // Struck: then it hangs at the webhook, and is not at rest before it is cut off.
                Heard::Begun | Heard::Struck => return true,
                Heard::Said(line) if line == idle => return false,
                _ => {}
            }
        }
        false
    }

    /// Until a state's log has grown by so much, or the daemon has said that it is at rest.
    fn until_written(&mut self, bytes: u64) {
        let size = |place: &Place| {
            let log = place.folder.join("states/hourly.db-wal");
            log.metadata().map_or(0, |log| log.len())
        };
        let before = size(&self.place);
        // The log is written again from its start now and then: then it is as large as it was.
        while size(&self.place) < before + bytes {
            let heard = self.process.as_mut().and_then(Process::hear_now);
            if matches!(heard, Some(Heard::Said(_) | Heard::Closed | Heard::Struck)) {
                return;
            }
            std::thread::yield_now();
        }
    }

    /// Moves the clock and waits until everything is done that is due.
    fn go_to(&mut self, now: Time) {
        if let Some(process) = &mut self.process {
            process.set(now);
            self.until_idle(now, false);
        }
    }

    fn until_idle(&mut self, now: Time, mut reloads: bool) {
        let mut idle = false;
        while !idle || reloads {
            let Some(process) = &mut self.process else { return };
            match process.hear() {
                Some(Heard::Said(line)) if line == format!("idle {now}") => idle = true,
                Some(Heard::Said(line)) if line.starts_with("reloaded ") => reloads = false,
                Some(Heard::Said(line)) => panic!("the daemon said {line:?}"),
                Some(Heard::Struck) => return self.kill(now),
                Some(_) => {}
                None => panic!(
                    "the daemon has ended by itself; its log is in {}",
                    self.place.folder.display()
                ),
            }
        }
    }

    fn start_daemon(&mut self, now: Time) {
        let (process, told): (Process, Sender<Heard>) = Process::start(&self.place, now);
        self.far.tell(told);
        self.process = Some(process);
        self.until_idle(now, false);
    }

    fn stop_daemon(&mut self) {
        if let Some(Err(said)) = self.process.take().map(Process::stop) {
            self.wrong.push(said);
        }
    }

    fn kill(&mut self, now: Time) {
        if let Some(process) = self.process.take() {
            process.kill();
            self.start_daemon(now);
        }
    }

    /// Writes the configuration as it stands.
    fn configure(&self) {
        let Configured {
            two_hourly,
            another_sink,
        } = self.configured;
        let Hours { baseline, retention } = self.hours;
        let common = format!(
            "source = {{ kind = \"files\", paths = [\"trail\"] }}\nbaseline = \"{baseline}h\"\nretention = \"{retention}h\"\n\
             min_history = \"24h\"\nalert_severity = \"info\"\n"
        );
        let every = if two_hourly { "*/2" } else { "*" };
        let mut text = format!(
            "[server]\nbind = \"127.0.0.1:0\"\n\n[inspections.hourly]\nschedule = \"0 {every} * * *\"\n{common}\n\
             [inspections.quarterly]\nschedule = \"0 */6 * * *\"\nwindow = \"6h\"\n{common}\n\
             [sinks.file]\nkind = \"json\"\npath = \"file.ndjson\"\n\n[sinks.hook]\nkind = \"webhook\"\nurl = \"{}\"\n",
            self.far.url()
        );
        if another_sink {
            text.push_str("\n[sinks.other]\nkind = \"json\"\npath = \"other.ndjson\"\n");
        }
        std::fs::write(self.configuration(), text).expect("the configuration can be written");
    }

    fn configuration(&self) -> PathBuf {
        self.place.folder.join("firstsight.toml")
    }

    fn reload(&mut self, change: impl Fn(&mut Configured)) {
        change(&mut self.configured);
        self.configure();
        self.attempts.reloads += 1;
        let process = self
            .process
            .as_mut()
            .expect("it is up when it is told of another configuration");
        process.signal("HUP");
        loop {
            match process.hear() {
                Some(Heard::Said(line)) if line.starts_with("reloaded ") => return,
                Some(_) => {}
                None => panic!("the daemon has ended at a reload"),
            }
        }
    }

    /// A configuration that is wrong, while a run goes on: the run comes to its end.
    fn refuse(&mut self, now: Time) {
        std::fs::write(self.configuration(), "[inspections.hourly]\nsorce = 1\n").expect("it can be written");
        self.attempts.refused += 1;
        if let Some(process) = &self.process {
            process.signal("HUP");
        }
        self.until_idle(now, true);
        self.configure();
    }

    /// Compares the states with what was delivered, up to this hour, and what the API shows with the states.
    pub(crate) fn look(&mut self, end: Hour) {
        let states = self.place.folder.join("states");
        let mut ids = BTreeSet::new();
        for book in &mut self.books {
            let look = book.look(&states, end, self.trail.errors(), &self.excuses);
            ids.extend(self.runtime.block_on(look));
        }
        let Some(url) = self.url() else { return };
        let shown = self.runtime.block_on(shown(&url));
        if shown != ids {
            let (shown, ids) = (shown.len(), ids.len());
            self.wrong.push(format!(
                "the API shows {shown} events of {ids}, at {}",
                end.start()
            ));
        }
    }

    fn url(&mut self) -> Option<String> {
        let process = self.process.as_mut()?;
        while process.url.is_empty() {
            process.hear()?;
        }
        Some(process.url.clone())
    }

    pub(crate) fn footprint(&self) -> Footprint {
        self.process.as_ref().map(Process::footprint).unwrap_or_default()
    }

    /// Of the files of this ending, beside each state's name.
    pub(crate) fn bytes_of_states(&self, ending: &str) -> u64 {
        let path = |book: &Book| self.place.folder.join(format!("states/{}.db{ending}", book.name));
        let sizes = self.books.iter().map(|book| path(book).metadata());
        sizes.map(|file| file.map_or(0, |file| file.len())).sum()
    }

    /// Counts that follow from the seed, up to the last look.
    pub(crate) fn counts(&self) -> String {
        let trail = &self.trail.delivered;
        let errors: usize = self.trail.errors().values().map(BTreeSet::len).sum();
        let windows = self.books.iter().map(|book| book.windows.len()).sum::<usize>();
        let incomplete = self.books.iter().flat_map(|book| book.windows.values());
        let incomplete = incomplete.filter(|complete| !**complete).count();
        let events: usize = self.books.iter().map(|book| book.events.len()).sum();
        let file = delivered::lines(&self.place.folder.join("file.ndjson"), &mut Vec::new()).len();
        let hook = delivered::hooked(&self.far).len();
        format!(
            "{:>5} {:>7} {errors:>6} {:>4} | {windows:>5} ({incomplete}) {events:>4} {file:>4} {hook:>4}",
            trail.files, trail.records, trail.late
        )
    }

    /// Counts that depend on the moments of kills.
    pub(crate) fn chance(&self) -> String {
        let of = |outcome| {
            self.books
                .iter()
                .filter_map(|book| book.outcomes.get(&outcome))
                .sum::<u64>()
        };
        let repeats = delivered::hooked(&self.far)
            .values()
            .filter(|times| **times > 1)
            .count();
        let runs: u64 = self.books.iter().flat_map(|book| book.outcomes.values()).sum();
        format!("{runs} {} {repeats} {}", of(Outcome::Lost), self.far.refused())
    }

    /// Stops for good; what is wrong with all that there is.
    pub(crate) fn end(&mut self) -> Vec<String> {
        self.stop_daemon();
        let mut wrong = std::mem::take(&mut self.wrong);
        for book in &mut self.books {
            book.check_units(self.trail.delivered.files);
        }
        let [hourly, _] = &mut self.books;
        hourly.check_trouble("failing", &self.excuses.gone);
        hourly.check_trouble("silent", &self.excuses.silent);
        hourly.check_trouble("unread", &self.excuses.damaged);
        for book in &self.books {
            wrong.extend(book.wrong.iter().cloned());
        }
        let events = self.books.iter().flat_map(|book| book.events.clone()).collect();
        for (sink, stays) in [("file", true), ("other", false)] {
            let path = self.place.folder.join(format!("{sink}.ndjson"));
            let came = delivered::lines(&path, &mut wrong);
            delivered::check(sink, stays, &came, &events, &mut wrong);
        }
        delivered::check("hook", true, &delivered::hooked(&self.far), &events, &mut wrong);
        delivered::check_order(&self.far, &mut wrong);
        wrong.extend(self.check_log());
        wrong
    }

    /// Each reload was told, and so was each that was refused; and nothing panicked.
    fn check_log(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.place.folder.join("log")).unwrap_or_default();
        let said = |what: &str| log.lines().filter(|line| line.contains(what)).count();
        let mut wrong = Vec::new();
        for (what, expected) in [
            ("\"configuration reloaded\"", self.attempts.reloads),
            (
                "configuration not reloaded: the one from before stays",
                self.attempts.refused,
            ),
            ("panicked", 0),
        ] {
            if said(what) != expected {
                wrong.push(format!(
                    "the log says {what} {} times, not {expected}",
                    said(what)
                ));
            }
        }
        wrong
    }

    /// What happened all together, in counts that follow from the seed.
    pub(crate) fn summary(&self) -> Vec<String> {
        let plan = &self.plan;
        let times = |act: Act| plan.times(|one| one == act);
        let kills = plan.times(|act| matches!(act, Act::Kill(_)));
        let troubles = |step: &str| {
            let all = self.books.iter().flat_map(|book| book.events.values());
            let these = all.filter(|kept| kept.body["trouble"].is_object() && kept.body["kind"] == step);
            these.count()
        };
        vec![
            format!(
                "done: {kills} kills planned, {} restarts, {} stops in a run, {} times down, {} reloads, {} refused",
                times(Act::Restart),
                times(Act::StopInRun),
                times(Act::Down),
                self.attempts.reloads,
                self.attempts.refused
            ),
            format!(
                "source: {} times gone, {} silent, {} damaged; told {} times, {} times over",
                times(Act::SourceGone),
                times(Act::Silence),
                times(Act::Damage),
                troubles("opened"),
                troubles("recovered")
            ),
            format!(
                "late: {} files read, {} beyond reach; webhook {} times down, {} times without an answer",
                self.trail.delivered.late,
                self.trail.delivered.too_late,
                times(Act::SinkDown),
                self.far.strikes()
            ),
        ]
    }

    /// Every event that was recorded. Reasons name files: the folder of the simulation is taken out of them.
    pub(crate) fn events(&self) -> BTreeMap<String, String> {
        let folder = self.place.folder.display().to_string();
        let told = |body: &Value| body.to_string().replace(&folder, "FOLDER");
        let all = self.books.iter().flat_map(|book| &book.events);
        all.map(|(id, kept)| (id.clone(), told(&kept.body))).collect()
    }
}

/// Whether something is done while a run goes on.
const fn is_in_run(act: Act) -> bool {
    matches!(
        act,
        Act::StopInRun | Act::Broken | Act::Kill(Moment::Begun | Moment::Written(_))
    )
}

/// The ids of the events that the API shows, page by page; health and metrics answer besides.
async fn shown(url: &str) -> BTreeSet<String> {
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{url}{path}"))
            .await
            .expect("the daemon serves");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.expect("an answer comes whole")
    };
    for path in [
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/status",
        "/api/v1/overview",
        "/",
    ] {
        let _ = get(path).await;
    }
    let (mut ids, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let page = get(&format!("/api/v1/events?limit=100&cursor={cursor}")).await;
        let page: Value = serde_json::from_str(&page).expect("the API answers JSON");
        let items = page["items"].as_array().expect("a page has items");
        ids.extend(
            items
                .iter()
                .filter_map(|item| Some(item["id"].as_str()?.to_owned())),
        );
        match page["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return ids,
        }
    }
}
