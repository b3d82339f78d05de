//! What people changed: the audit log, and mutes.

use std::collections::BTreeSet;

use firstsight_config::values;
use firstsight_daemon::Control;
use firstsight_engine::Time;
use firstsight_inspection::alert::{Filter, Mute, MuteTime, Pattern};
use firstsight_inspection::mutes::{self as stored, ListedMute, MuteState};
use firstsight_store::{AuditEntry, AuditQuery, ClusterQuery, Found, Said, Store};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::asked;
use super::cursor::{self, Cursor, From, Listed, Way};
use crate::api::shapes;
use crate::problem::Problem;
use crate::refusal::Refusal;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AuditLine {
    /// The inspection whose state was changed.
    pub inspection: String,
    /// The change.
    #[schema(value_type = shapes::AuditEntry)]
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// A mute, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MuteLine {
    /// Its id.
    pub id: String,
    /// The inspection whose state holds it; empty for those of the configuration.
    pub inspection: String,
    /// `active`, `between` (it comes back, and does not hold now), `upcoming`, `expired`, `ended`, or `unreadable` (it mutes nothing).
    pub state: String,
    /// What it mutes, and when, in words.
    pub summary: String,
    /// The mute itself, so that a page can word it; `None` when it cannot be read. The API tells it in words alone.
    #[serde(skip)]
    #[schema(ignore)]
    pub mute: Option<Mute>,
    /// When it begins, or its present cycle began.
    #[schema(value_type = Option<shapes::Moment>)]
    pub from: Option<Time>,
    /// When it ends, or its present cycle does.
    #[schema(value_type = Option<shapes::Moment>)]
    pub until: Option<Time>,
    /// Who set it, when and why; `None` for those of the configuration.
    #[schema(value_type = Option<shapes::Said>)]
    pub set: Option<Said>,
    /// Who ended it, when and why.
    #[schema(value_type = Option<shapes::Said>)]
    pub ended: Option<Said>,
}

/// A mute to be set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewMute {
    /// What it is called.
    pub name: String,
    /// Why.
    pub reason: String,
    /// Only this account; all when empty.
    pub account: String,
    /// Only this cluster, by its id; all when empty.
    pub cluster: String,
    /// Only actors like this pattern; all when empty.
    pub actor: String,
    /// Only services like this pattern; all when empty.
    pub service: String,
    /// For how long, from now on: `2h`, `7d`; for ever when empty.
    pub duration: String,
}

/// The most changes that are listed.
const MOST: usize = 1000;

const ORDER: &str = "changes";
const NEWEST_FIRST: Way = Way {
    numbers_descend: true,
    names_descend: false,
    ids_descend: true,
};

/// The audit log, the newest first, a page of it; of one inspection, or of all.
///
/// # Errors
/// When a state cannot be read, there is no such inspection, the cursor is none, or the limit not within 1 to 1000.
pub async fn audit(
    control: &dyn Control,
    inspection: Option<&str>,
    cursor: &str,
    limit: usize,
) -> Result<Listed<AuditLine>, Problem> {
    asked::within("limit", limit, MOST)?;
    let cursor = Cursor::decode(cursor, ORDER)?;
    let mut pages = Vec::new();
    for (inspection, store) in asked::stores(control, inspection.unwrap_or_default())? {
        let query = AuditQuery {
            after: cursor.as_ref().map(|cursor| behind(cursor, &inspection)),
            limit: limit + 1,
            ..AuditQuery::default()
        };
        pages.push(page(store.audit(&query).await?, &inspection, limit));
    }
    Ok(cursor::merge(pages, NEWEST_FIRST, limit))
}

/// Where the log of an inspection goes on. The greatest number of a moment comes first.
fn behind(cursor: &Cursor, inspection: &str) -> (Time, u64) {
    let number = match cursor::start(cursor, inspection) {
        From::Before => u64::MAX,
        From::Behind(id) => id.parse().unwrap_or_default(),
        From::After => 0,
    };
    (Time::from_millis(cursor.number), number)
}

fn page(mut entries: Vec<AuditEntry>, inspection: &str, limit: usize) -> Found<(Cursor, AuditLine)> {
    let more = entries.len() > limit;
    entries.truncate(limit);
    let line = |entry: AuditEntry| {
        let inspection = inspection.to_owned();
        (audit_place(&entry, &inspection), AuditLine { inspection, entry })
    };
    let rows = entries.into_iter().map(line).collect();
    Found { rows, more }
}

fn audit_place(entry: &AuditEntry, inspection: &str) -> Cursor {
    Cursor {
        order: ORDER.to_owned(),
        number: entry.said.at.as_millis(),
        name: String::new(),
        inspection: inspection.to_owned(),
        // As texts they stand in the order of numbers.
        id: format!("{:020}", entry.number),
    }
}

/// The mutes of states and of the configuration, those that stand first; of one inspection, or of all.
///
/// # Errors
/// When a state cannot be read, or there is no such inspection.
pub async fn mutes(
    control: &dyn Control,
    inspection: Option<&str>,
    ended_too: bool,
) -> Result<Vec<MuteLine>, Problem> {
    let now = control.now();
    let mut lines = configured(control, inspection);
    for (inspection, store) in asked::stores(control, inspection.unwrap_or_default())? {
        let listed = stored::list(&*store, now, ended_too).await;
        let listed = listed.map_err(asked::problem)?.into_iter();
        lines.extend(listed.map(|mute| line(mute, &inspection)));
    }
    lines.sort_by_key(|line| {
        (
            place(&line.state),
            line.from,
            line.inspection.clone(),
            line.id.clone(),
        )
    });
    Ok(lines)
}

/// States of a mute, those that matter most first.
const STATES: [&str; 6] = ["active", "between", "upcoming", "unreadable", "expired", "ended"];

fn place(state: &str) -> usize {
    STATES
        .iter()
        .position(|known| *known == state)
        .unwrap_or(STATES.len())
}

/// The mutes of the configuration, each once: every inspection has them.
fn configured(control: &dyn Control, inspection: Option<&str>) -> Vec<MuteLine> {
    let asked = |name: &str| inspection.is_none_or(|asked| asked == name);
    let states = control
        .inspections()
        .into_iter()
        .filter(|state| asked(&state.name));
    let mut told = BTreeSet::new();
    let mutes = states.flat_map(|state| state.effective.settings.alerting.mutes);
    let new = mutes.filter(|mute| told.insert(mute.id.clone()));
    new.map(|mute| of_configuration(mute, control.now())).collect()
}

fn of_configuration(mute: Mute, now: Time) -> MuteLine {
    let next = mute.next(now);
    let holds = next.is_some_and(|(from, _)| from <= now);
    let state = match next {
        None => "expired",
        Some(_) if holds => "active",
        Some(_) => waiting(&mute),
    };
    MuteLine {
        state: state.to_owned(),
        inspection: String::new(),
        summary: stored::summary(&mute),
        from: next.map(|(from, _)| from).filter(|from| *from > Time::MIN),
        until: next.and_then(|(_, until)| until),
        set: None,
        ended: None,
        id: mute.id.clone(),
        mute: Some(mute),
    }
}

/// What comes back is between two times; anything else is still to come.
fn waiting(mute: &Mute) -> &'static str {
    match mute.when {
        MuteTime::Repeating { .. } => "between",
        MuteTime::Once { .. } => "upcoming",
    }
}

fn line(mute: ListedMute, inspection: &str) -> MuteLine {
    let state = match mute.state {
        MuteState::Holds => "active",
        MuteState::Waits => mute.mute.as_ref().map_or("upcoming", waiting),
        MuteState::Expired => "expired",
        MuteState::Ended => "ended",
        MuteState::Unreadable => "unreadable",
    };
    MuteLine {
        id: mute.id,
        inspection: inspection.to_owned(),
        state: state.to_owned(),
        summary: mute.summary,
        mute: mute.mute,
        from: mute.from,
        until: mute.until,
        set: Some(mute.set),
        ended: mute.ended,
    }
}

/// Sets a mute in the state of an inspection.
///
/// # Errors
/// When it makes no sense, there is no such inspection, or its state cannot be written; nothing was changed.
pub async fn set_mute(
    control: &dyn Control,
    inspection: &str,
    mute: &NewMute,
    by: &str,
) -> Result<MuteLine, Problem> {
    let store = asked::store(control, inspection)?;
    let now = control.now();
    let said = asked::said(control, by, &reason(mute))?;
    let new = new_mute(&*store, mute, now).await?;
    let set = stored::mute(&*store, new, said).await.map_err(asked::problem)?;
    control.changed();
    let listed = stored::list(&*store, now, false).await.map_err(asked::problem)?;
    let found = listed.into_iter().find(|listed| listed.id == set.id);
    let gone = || Refusal::MuteEnded(set.id.clone()).into();
    found.map(|listed| line(listed, inspection)).ok_or_else(gone)
}

/// What a mute is called and why it is set, as the audit log is told.
fn reason(mute: &NewMute) -> String {
    let parts = [mute.name.trim(), mute.reason.trim()];
    let said: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(": ")
}

async fn new_mute(store: &dyn Store, mute: &NewMute, now: Time) -> Result<Mute, Problem> {
    let filter = Filter {
        accounts: pattern("account", &mute.account)?,
        services: pattern("service", &mute.service)?,
        actors: pattern("actor", &mute.actor)?,
        clusters: known_cluster(store, &mute.cluster).await?.into_iter().collect(),
        ..Filter::default()
    };
    let until = match mute.duration.trim() {
        "" => None,
        text => Some(end(text, now)?),
    };
    Ok(Mute {
        id: String::new(),
        filter,
        when: MuteTime::Once {
            from: Some(now),
            until,
        },
        reason: reason(mute),
        expires: None,
    })
}

fn end(duration: &str, now: Time) -> Result<Time, Problem> {
    match values::duration(duration).map_err(|said| wrong("duration", said))? {
        0 => Err(Refusal::MuteOfNoLength.into()),
        seconds => Ok(now.plus_millis(seconds.saturating_mul(1000))),
    }
}

fn pattern(field: &str, text: &str) -> Result<Vec<Pattern>, Problem> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let pattern = Pattern::try_from(text.to_owned());
    let pattern = pattern.map_err(|error| wrong(field, error.to_string()))?;
    Ok(vec![pattern])
}

fn wrong(field: &str, said: String) -> Problem {
    Problem::from(Refusal::Wrong {
        field: field.to_owned(),
        said,
    })
}

/// A cluster that is there: what is mistyped would mute nothing.
async fn known_cluster(store: &dyn Store, id: &str) -> Result<Option<firstsight_engine::ClusterId>, Problem> {
    let Some(cluster) = asked::cluster(id)? else {
        return Ok(None);
    };
    let query = ClusterQuery {
        cluster: Some(cluster),
        ..ClusterQuery::default()
    };
    if store.clusters(&query).await?.is_empty() {
        return Err(Refusal::MuteOfUnknown(id.to_owned()).into());
    }
    Ok(Some(cluster))
}

/// Ends a mute.
///
/// # Errors
/// When there is none that stands, or the state cannot be written.
pub async fn end_mute(
    control: &dyn Control,
    inspection: &str,
    id: &str,
    note: &str,
    by: &str,
) -> Result<(), Problem> {
    let store = asked::store(control, inspection)?;
    let said = asked::said(control, by, note)?;
    stored::unmute(&*store, id, &said).await.map_err(asked::problem)?;
    control.changed();
    Ok(())
}

#[cfg(test)]
mod tests;
