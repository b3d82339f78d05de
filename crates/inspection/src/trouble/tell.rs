//! From an inspection's troubles to the faults and events that tell them.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_engine::{Digest, Locale, Range, Time};
use firstsight_sink::{Event, EventKind, FaultRef, Status, Trouble, TroubleKind};
use firstsight_store::{JudgeQuery, Judgement, Snapshot, Store, StoreError, StoredFault};

use crate::alert::{Candidate, plan};
use crate::error::InspectionError;
use crate::fault::{Fault, decode_fault, tells_trouble};
use crate::judging::{ATTEMPTS, outbox, readable};
use crate::settings::Settings;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 3_600_000;

/// Moves the faults of an inspection's own troubles: records what begins, goes on (once a day) and is over as events. `now` is
/// the events' time, as a whole minute. The events that were recorded.
///
/// While runs fail, nothing is known of what can be read: other troubles stay as they are, without a word. Calling it again
/// with the same troubles records nothing; a call that was cut off has recorded everything or nothing.
///
/// # Errors
/// When the store fails, or keeps being changed by others; nothing was recorded then.
pub async fn tell_troubles(
    store: &Arc<dyn Store>,
    settings: &Settings,
    troubles: &[Trouble],
    now: Time,
) -> Result<Vec<Event>, InspectionError> {
    let now = Time::from_millis(now.as_millis().div_euclid(MINUTE) * MINUTE);
    let query = nothing_judged(settings, now);
    for _ in 0..ATTEMPTS {
        let snapshot = store.judge_input(&query).await?;
        let mut news = Vec::new();
        for (kind, step) in steps(&snapshot, troubles, now)? {
            news.extend(told(&**store, settings, kind, step, now).await?);
        }
        if news.is_empty() {
            return Ok(Vec::new());
        }
        let judgement = judgement(settings, &snapshot, &mut news, now);
        match store.record(&judgement, &snapshot.versions).await {
            Err(StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
            Ok(recorded) => {
                let events = news.into_iter().map(|news| news.event);
                return Ok(events
                    .filter(|event| recorded.new_events.contains(&event.id))
                    .collect());
            }
        }
    }
    Err(InspectionError::Contended { attempts: ATTEMPTS })
}

/// A snapshot of what people and earlier judgements said alone: of a stretch without time nothing is to be judged.
fn nothing_judged(settings: &Settings, now: Time) -> JudgeQuery {
    let nothing = Range::new(now.hour().start(), now.hour().start());
    JudgeQuery {
        inspection: settings.inspection.clone(),
        window: nothing,
        baseline: nothing,
        accounts: vec![String::new()],
        remember_from: nothing.start,
        policy: settings.policy(),
    }
}

/// What becomes of the trouble of one kind.
#[derive(Debug)]
enum Step {
    Opened(Trouble),
    Ongoing(Fault, Trouble),
    Recovered(Fault, Trouble),
}

/// What a trouble has to tell.
struct News {
    fault: Fault,
    event: Event,
}

fn steps(
    snapshot: &Snapshot,
    troubles: &[Trouble],
    now: Time,
) -> Result<Vec<(TroubleKind, Step)>, InspectionError> {
    let mut open = open_faults(snapshot)?;
    let mut by_kind: BTreeMap<TroubleKind, &Trouble> =
        troubles.iter().map(|trouble| (trouble.kind, trouble)).collect();
    if by_kind.contains_key(&TroubleKind::Failing) {
        by_kind.retain(|kind, _| *kind == TroubleKind::Failing);
        open.retain(|kind, _| *kind == TroubleKind::Failing);
    }
    let mut steps = Vec::new();
    for (kind, trouble) in by_kind {
        let step = match open.remove(&kind) {
            None => Some(Step::Opened(trouble.clone())),
            Some((fault, told)) => goes_on(fault, &told, trouble, now),
        };
        steps.extend(step.map(|step| (kind, step)));
    }
    let over = open.into_iter();
    steps.extend(over.map(|(kind, (fault, told))| (kind, Step::Recovered(fault, told))));
    steps.sort_by_key(|(kind, _)| *kind);
    Ok(steps)
}

/// The open faults of troubles, with what was told of each last.
fn open_faults(snapshot: &Snapshot) -> Result<BTreeMap<TroubleKind, (Fault, Trouble)>, InspectionError> {
    let mut open = BTreeMap::new();
    for stored in snapshot.faults.iter().filter(|stored| tells_trouble(stored)) {
        let fault = decode_fault(stored)?;
        if let Some(trouble) = fault.trouble.clone() {
            open.insert(trouble.kind, (fault, trouble));
        }
    }
    Ok(open)
}

/// One that goes on is told once in each day from its beginning.
fn goes_on(fault: Fault, told: &Trouble, trouble: &Trouble, now: Time) -> Option<Step> {
    let is_due = days(&fault, now) > days(&fault, fault.last_window_end);
    is_due.then(|| Step::Ongoing(fault, merged(told, trouble)))
}

/// Runs that are no longer looked at belong to it all the same; a source's newest record may have moved on.
fn merged(told: &Trouble, trouble: &Trouble) -> Trouble {
    let mut trouble = trouble.clone();
    if trouble.kind != TroubleKind::Silent {
        trouble.since = trouble.since.min(told.since);
        trouble.runs = trouble.runs.max(told.runs);
    }
    trouble
}

fn days(fault: &Fault, now: Time) -> i64 {
    (now.as_millis() - fault.opened.as_millis()).div_euclid(DAY)
}

async fn told(
    store: &dyn Store,
    settings: &Settings,
    kind: TroubleKind,
    step: Step,
    now: Time,
) -> Result<Option<News>, InspectionError> {
    let (what, mut fault, trouble) = match step {
        Step::Opened(trouble) => (EventKind::Opened, begun(now), trouble),
        Step::Ongoing(fault, trouble) => (EventKind::Ongoing, fault, trouble),
        Step::Recovered(fault, trouble) => (EventKind::Recovered, fault, trouble),
    };
    // A clock that was set back does not turn a fault's time round.
    fault.last_window_end = fault.last_window_end.max(now);
    let id = id(settings, kind, what, &fault);
    if what == EventKind::Opened {
        if store.fault(&id).await?.is_some() {
            // It was over within the minute in which it began: the next run tells it.
            return Ok(None);
        }
        fault.id.clone_from(&id);
    }
    fault.trouble = Some(trouble.clone());
    let event = build(settings, id, what, &fault, trouble);
    Ok(Some(News { fault, event }))
}

fn begun(now: Time) -> Fault {
    Fault {
        id: String::new(),
        opened: now,
        last_window_end: now,
        clusters: BTreeMap::new(),
        told: BTreeMap::new(),
        trouble: None,
    }
}

/// The same step of the same fault on the same day has the same one.
fn id(settings: &Settings, kind: TroubleKind, what: EventKind, fault: &Fault) -> String {
    let (opened, day) = (fault.opened.to_string(), days(fault, fault.last_window_end));
    let day = day.to_string();
    let parts = [
        "trouble",
        &settings.inspection,
        kind.as_str(),
        &opened,
        what.as_str(),
        &day,
    ];
    Digest::of(&parts).to_string()
}

fn build(settings: &Settings, id: String, kind: EventKind, fault: &Fault, trouble: Trouble) -> Event {
    let now = fault.last_window_end;
    let status = match kind {
        EventKind::Recovered => Status::Ok,
        EventKind::Opened | EventKind::Ongoing => trouble.kind.status(),
    };
    let mut event = Event {
        schema: Event::SCHEMA.to_owned(),
        id,
        kind,
        status,
        inspection: settings.inspection.clone(),
        account: String::new(),
        fault: FaultRef {
            id: fault.id.clone(),
            started: fault.opened,
            duration_seconds: (now.as_secs() - fault.opened.as_secs()).max(0),
        },
        window: Range::new(trouble.since.min(now), now),
        title: String::new(),
        findings: Vec::new(),
        ongoing_clusters: 0,
        errors: 0,
        hours: Vec::new(),
        keys: Vec::new(),
        trouble: Some(trouble),
    };
    event.title = event.worded_title(Locale::English);
    event
}

fn judgement(settings: &Settings, snapshot: &Snapshot, news: &mut [News], now: Time) -> Judgement {
    let (mutes, _) = readable(&snapshot.mutes);
    let candidates = news.iter_mut().map(|News { fault, event }| Candidate {
        severest: event
            .trouble
            .as_ref()
            .map_or(Status::Info, |trouble| trouble.kind.status()),
        event,
        about: Vec::new(),
        told: &mut fault.told,
    });
    let mut candidates: Vec<_> = candidates.collect();
    let deliveries = plan(&settings.alerting, &mutes, &mut candidates);
    let events = news.iter().zip(deliveries);
    Judgement {
        inspection: settings.inspection.clone(),
        judged_at: now,
        events: events
            .map(|(news, deliveries)| outbox(&news.event, deliveries))
            .collect(),
        faults: news.iter().map(|news| stored(settings, news)).collect(),
        ..Judgement::default()
    }
}

fn stored(settings: &Settings, News { fault, event }: &News) -> StoredFault {
    StoredFault {
        id: fault.id.clone(),
        inspection: settings.inspection.clone(),
        account: String::new(),
        opened: fault.opened,
        recovered: (event.kind == EventKind::Recovered).then_some(event.window.end),
        body: serde_json::to_vec(fault).unwrap_or_default(),
    }
}
