//! The far side of the webhook: takes what it is sent, fails for hours, or has the daemon killed before it answers.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use serde_json::Value;

use super::process::Heard;

/// How it stands, for tests and for the thread that answers.
#[derive(Debug, Default)]
struct Standing {
    down: bool,
    /// Whether the next request strikes.
    armed: bool,
    /// Who is told of a strike.
    told: Option<Sender<Heard>>,
    /// Events that it has, by id: what each tells, and how often it came.
    taken: BTreeMap<String, (Value, u32)>,
    /// Ids in the order in which they came first.
    order: Vec<String>,
    refused: u64,
    strikes: u64,
}

/// A webhook's far side on loopback.
#[derive(Debug)]
pub(crate) struct FarSide {
    server: HttpRecorder,
    standing: Arc<Mutex<Standing>>,
}

impl FarSide {
    pub(crate) async fn start() -> Self {
        let standing = Arc::<Mutex<Standing>>::default();
        let shared = Arc::clone(&standing);
        let server = HttpRecorder::start(move |request, _| lock(&shared).answer(request)).await;
        Self {
            server: server.expect("loopback has a port"),
            standing,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/hook", self.server.url())
    }

    /// Another daemon is to be struck from now on.
    pub(crate) fn tell(&self, daemon: Sender<Heard>) {
        lock(&self.standing).told = Some(daemon);
    }

    pub(crate) fn set_down(&self, down: bool) {
        lock(&self.standing).down = down;
    }

    pub(crate) fn arm(&self, armed: bool) {
        lock(&self.standing).armed = armed;
    }

    /// Events that came, and how often each.
    pub(crate) fn taken(&self) -> BTreeMap<String, (Value, u32)> {
        lock(&self.standing).taken.clone()
    }

    /// Their ids, in the order in which they came.
    pub(crate) fn order(&self) -> Vec<String> {
        lock(&self.standing).order.clone()
    }

    /// How many requests were answered 503.
    pub(crate) fn refused(&self) -> u64 {
        lock(&self.standing).refused
    }

    /// How many requests had the daemon killed.
    pub(crate) fn strikes(&self) -> u64 {
        lock(&self.standing).strikes
    }
}

impl Standing {
    fn answer(&mut self, request: &Recorded) -> Reply {
        if self.down {
            self.refused += 1;
            return Reply::status(503);
        }
        let event: Value = serde_json::from_slice(&request.body).expect("the webhook sends JSON");
        let id = event["id"].as_str().expect("an event has an id").to_owned();
        if !self.taken.contains_key(&id) {
            self.order.push(id.clone());
        }
        self.taken.entry(id).or_insert((event, 0)).1 += 1;
        if !std::mem::take(&mut self.armed) {
            return Reply::status(200);
        }
        self.strikes += 1;
        if let Some(told) = &self.told {
            let _ = told.send(Heard::Struck);
        }
        // There is no answer: by then nobody waits for one.
        Reply::Hang
    }
}

fn lock(standing: &Mutex<Standing>) -> MutexGuard<'_, Standing> {
    standing.lock().unwrap_or_else(PoisonError::into_inner)
}
