//! A day of hourly runs against a far side that fails in every way, and processes that are killed meanwhile: each event
//! arrives with one id, in order within its fault, and twice only where `firstsight events` says so.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_tests::{Ran, allowed, denied, firstsight, path, write_records};
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tempfile::TempDir;

const ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];
/// A new one every eight hours.
const CALLS: [&str; 3] = ["CreateUser", "AttachUserPolicy", "CreateAccessKey"];
const HOURS: usize = 24;

/// What the far side does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Taken,
    Limited,
    Failed,
    /// A gateway lost the answer.
    Gateway,
    Refused,
    Reset,
    Cut,
    /// It hangs, and whoever asked is killed.
    Killed,
}

impl Fate {
    /// By the number of a request, the same for the same seed.
    fn drawn(seed: u64, number: usize) -> Self {
        match noise(seed, number) % 100 {
            0..45 => Self::Taken,
            45..53 => Self::Limited,
            53..61 => Self::Failed,
            61..69 => Self::Gateway,
            69..77 => Self::Refused,
            77..85 => Self::Reset,
            85..92 => Self::Cut,
            _ => Self::Killed,
        }
    }

    /// Whether the far side may have the event, as far as the other one can know.
    fn may_have_taken(self) -> bool {
        matches!(
            self,
            Self::Taken | Self::Gateway | Self::Reset | Self::Cut | Self::Killed
        )
    }
}

/// `SplitMix64`: numbers as good as random.
fn noise(seed: u64, number: usize) -> u64 {
    let mut mixed = seed.wrapping_add((number as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// The kinds of far sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Guance,
    Chat,
}

impl Kind {
    fn config(self, url: &str) -> String {
        let sink = match self {
            Self::Guance => format!(
                "kind = \"guance\"\nopenapi_url = \"{url}\"\nmonitor = {{ sub_uri = \"firstsight\", secret = {{ env = \"SECRET\" }} }}"
            ),
            Self::Chat => format!("kind = \"webhook\"\ntemplate = \"json\"\nurl = \"{url}/hook\""),
        };
        format!("[sinks.far]\n{sink}\n\n[[policies]]\nname = \"all\"\nto = [\"far\"]\nsilence = \"0s\"\n")
    }

    fn reply(self, fate: Fate) -> Reply {
        let guance = |status: u16, ok: bool| {
            Reply::json(
                status,
                &json!({"code": status, "content": {"ok": ok}}).to_string(),
            )
        };
        match (fate, self) {
            (Fate::Taken, Self::Guance) => guance(200, true),
            (Fate::Taken, Self::Chat) => Reply::status(200),
            (Fate::Limited, Self::Guance) => {
                Reply::json(401, r#"{"errorCode":"ft.TriggerApiAkCurrentLimiting"}"#)
            }
            (Fate::Limited, Self::Chat) => Reply::status(429).with_header("Retry-After", "60"),
            (Fate::Failed, _) => Reply::status(500),
            (Fate::Gateway, _) => Reply::status(504),
            (Fate::Refused, Self::Guance) => guance(200, false),
            (Fate::Refused, Self::Chat) => Reply::status(422),
            (Fate::Reset, _) => Reply::Reset,
            (Fate::Cut, _) => Reply::CutAnswer,
            (Fate::Killed, _) => Reply::Hang,
        }
    }

    fn event_of(self, request: &Recorded) -> String {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let id = match self {
            Self::Guance => &body["event"]["fs_event_id"],
            Self::Chat => &body["id"],
        };
        id.as_str()
            .unwrap_or_else(|| panic!("no id: {body:#}"))
            .to_owned()
    }
}

/// What recorder and test share.
#[derive(Debug, Default)]
struct Weather {
    /// The process that asks: who hangs is killed.
    process: Mutex<u32>,
    calm: AtomicBool,
    fates: Mutex<Vec<Fate>>,
}

impl Weather {
    fn next(&self, seed: u64, number: usize) -> Fate {
        let calm = self.calm.load(Ordering::Relaxed);
        let fate = if calm {
            Fate::Taken
        } else {
            Fate::drawn(seed, number)
        };
        self.fates.lock().unwrap().push(fate);
        if fate == Fate::Killed {
            let process = self.process.lock().unwrap();
            if *process != 0 {
                let killed = Command::new("kill").args(["-9", &process.to_string()]).status();
                assert!(killed.unwrap().success());
            }
        }
        fate
    }
}

/// A configuration, a far side, and a trail that grows.
struct Stage {
    folder: TempDir,
    far: HttpRecorder,
    weather: Arc<Weather>,
}

impl Stage {
    async fn new(kind: Kind, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let weather = Arc::<Weather>::default();
        let shared = Arc::clone(&weather);
        let far = HttpRecorder::start(move |_, number| kind.reply(shared.next(seed, number))).await;
        let far = far.unwrap();
        std::fs::write(folder.path().join("firstsight.toml"), kind.config(&far.url())).unwrap();
        let known = (1..=14).flat_map(|day| ACCOUNTS.map(|account| (day, account)));
        let known = known.flat_map(|(day, account)| {
            let time = format!("2026-01-{day:02}T11:10:00Z");
            let id = format!("known-{day}-{account}");
            [of(account, &denied(&id, &time, "ListRoles"))]
        });
        write_records(
            &folder.path().join("trail/known.json"),
            &known.collect::<Vec<_>>(),
        );
        Self { folder, far, weather }
    }

    fn path(&self, name: &str) -> String {
        path(&self.folder, name)
    }

    /// What happens in an hour: each account has an error that is new, twice more, then no more of it.
    fn write_hour(&self, hour: usize) {
        let time = format!("2026-01-15T{hour:02}:30:00Z");
        let mut records = Vec::new();
        for (number, account) in ACCOUNTS.into_iter().enumerate() {
            records.push(of(account, &allowed(&format!("fine-{hour}-{number}"), &time)));
            if (number..number + 3).contains(&(hour % 8)) {
                let id = format!("wrong-{hour}-{number}");
                records.push(of(account, &denied(&id, &time, CALLS[hour / 8])));
            }
        }
        write_records(
            Path::new(&self.path(&format!("trail/hour-{hour:02}.json"))),
            &records,
        );
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = firstsight();
        command
            .env("SECRET", "0123456789abcdef")
            .env("FIRSTSIGHT_STATE", self.path("state.db"))
            .env("FIRSTSIGHT_CONFIG", self.path("firstsight.toml"))
            .args(arguments);
        command
    }

    /// To its end, or to its death.
    async fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = {
            // Nobody is killed before it is known who.
            let mut process = self.weather.process.lock().unwrap();
            let child = command.spawn().unwrap();
            *process = child.id();
            child
        };
        let output = tokio::task::spawn_blocking(move || child.wait_with_output());
        output.await.unwrap().unwrap().into()
    }

    /// Killed once the hour is recorded and begins to be shown: before anything of it is sent, or just as it is.
    async fn killed_when_it_shows(&self, arguments: &[&str]) {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = {
            let mut process = self.weather.process.lock().unwrap();
            let child = command.spawn().unwrap();
            *process = child.id();
            child
        };
        let weather = Arc::clone(&self.weather);
        let killed = tokio::task::spawn_blocking(move || {
            child.stdout.as_mut().unwrap().read_exact(&mut [0; 1]).unwrap();
            let mut process = weather.process.lock().unwrap();
            *process = 0;
            child.kill().unwrap();
            child.wait().unwrap()
        });
        killed.await.unwrap();
    }

    /// An hour passes: what waited for its next attempt has waited an hour longer.
    async fn pass_an_hour(&self) {
        let options = SqliteConnectOptions::new().filename(self.path("state.db"));
        let state = SqlitePool::connect_with(options).await.unwrap();
        sqlx::query("UPDATE deliveries SET next_attempt = next_attempt - 3600000")
            .execute(&state)
            .await
            .unwrap();
        state.close().await;
    }

    async fn hour(&self, seed: u64, hour: usize) {
        self.write_hour(hour);
        let end = format!("2026-01-15T{:02}:00Z", hour + 1);
        let end = if hour + 1 == HOURS {
            "2026-01-16T00:00Z".to_owned()
        } else {
            end
        };
        let trail = self.path("trail");
        let inspect = ["inspect", "--as-of", &end, &trail];
        if noise(seed ^ 0xbeef, hour).is_multiple_of(5) {
            self.killed_when_it_shows(&inspect).await;
        } else {
            let _ = self.run(&inspect).await;
        }
        self.pass_an_hour().await;
        let _ = self.run(&["deliver"]).await;
    }

    /// The events, the oldest first.
    async fn events(&self) -> Vec<Value> {
        let listed = self.run(&["events", "--limit", "0", "--format", "json"]).await;
        let mut events = match listed.expect(0).json() {
            Value::Array(events) => events,
            other => panic!("{other:#}"),
        };
        events.sort_by_key(|event| event["window"]["end"].as_str().unwrap().to_owned());
        events
    }

    /// The far side has recovered: whatever waits is sent, also what was refused.
    async fn calm_down(&self) {
        self.weather.calm.store(true, Ordering::Relaxed);
        for _ in 0..2 {
            self.pass_an_hour().await;
            let _ = self.run(&["deliver", "--retry-parked"]).await.expect(0);
        }
    }
}

/// A record of another account.
fn of(account: &str, record: &Value) -> Value {
    let text = record.to_string().replace("111122223333", account);
    serde_json::from_str(&text).unwrap()
}

/// What the far side saw of each event: the numbers of the requests, and what it did with them.
type Seen = BTreeMap<String, Vec<(usize, Fate)>>;

fn delivery(event: &Value) -> &Value {
    let of_far = |delivery: &&Value| delivery["sink"] == "far";
    event["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .find(of_far)
        .unwrap()
}

fn check_each(events: &[Value], seen: &Seen) {
    let ids: BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        seen.keys().map(String::as_str).collect(),
        "one id each, and no other"
    );
    for event in events {
        let (sent, delivery) = (&seen[event["id"].as_str().unwrap()], delivery(event));
        assert_eq!(delivery["state"], "delivered", "{delivery:#}");
        assert!(sent.iter().any(|(_, fate)| *fate == Fate::Taken), "{sent:?}");
        // A process that was killed may have noted an attempt that never came to be one.
        let log = delivery["log"].as_array().unwrap();
        let unknown = log.iter().filter(|attempt| attempt["state"].is_null()).count();
        let killed = sent.iter().filter(|(_, fate)| *fate == Fate::Killed).count();
        let said = format!("{sent:?}: {delivery:#}");
        assert!(unknown >= killed, "{said}");
        assert!(
            (sent.len()..=sent.len() + unknown - killed).contains(&log.len()),
            "{said}"
        );
        let had = sent.iter().filter(|(_, fate)| fate.may_have_taken()).count();
        let is_marked = delivery["perhaps_twice"] == true;
        assert!(is_marked || had == 1, "{said}");
        assert!(!is_marked || had > 1 || unknown > killed, "{said}");
    }
}

/// What was refused is passed by those behind it; all others come one after the other, however often.
fn check_order(events: &[Value], seen: &Seen) {
    let mut faults: BTreeMap<&str, Vec<&Vec<(usize, Fate)>>> = BTreeMap::new();
    for event in events {
        let fault = event["fault"]["id"].as_str().unwrap();
        faults
            .entry(fault)
            .or_default()
            .push(&seen[event["id"].as_str().unwrap()]);
    }
    assert_eq!(faults.len(), ACCOUNTS.len() * CALLS.len());
    for sent in faults.values() {
        let firsts: Vec<usize> = sent.iter().map(|sent| sent[0].0).collect();
        assert!(firsts.is_sorted(), "{sent:?}");
        let is_refused = |sent: &&&Vec<(usize, Fate)>| sent.iter().any(|(_, fate)| *fate == Fate::Refused);
        let others = sent.iter().filter(|sent| !is_refused(sent));
        let numbers: Vec<usize> = others
            .flat_map(|sent| sent.iter().map(|(number, _)| *number))
            .collect();
        assert!(numbers.is_sorted(), "{sent:?}");
    }
}

async fn a_stormy_day(kind: Kind, seed: u64) {
    let stage = Stage::new(kind, seed).await;
    for hour in 0..HOURS {
        stage.hour(seed, hour).await;
    }
    stage.calm_down().await;
    let events = stage.events().await;
    // Each fault opens, goes on twice, and recovers.
    let recovered = events.iter().filter(|event| event["kind"] == "recovered").count();
    assert_eq!((events.len(), recovered), (36, 9), "{events:#?}");

    let fates = stage.weather.fates.lock().unwrap().clone();
    let mut seen = Seen::new();
    for (number, request) in stage.far.requests().iter().enumerate() {
        let sent = seen.entry(kind.event_of(request)).or_default();
        sent.push((number, fates[number]));
    }
    check_each(&events, &seen);
    check_order(&events, &seen);
    let came: BTreeSet<String> = fates.iter().map(|fate| format!("{fate:?}")).collect();
    assert_eq!(came.len(), 8, "every fate came: {came:?}");
    let marked = |event: &&Value| delivery(event)["perhaps_twice"] == true;
    assert!(
        events.iter().filter(marked).count() > 1,
        "some came twice, and are marked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stormy_day_at_guance() {
    a_stormy_day(Kind::Guance, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stormy_day_at_a_chat() {
    a_stormy_day(Kind::Chat, 2).await;
}
