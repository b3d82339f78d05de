//! What the audit log says of each change, the same in every store: pure functions.

use firstsight_engine::{ClusterId, LifeCycle, Time};

use crate::{
    AuditEntry, BaselineCluster, ClusterRemark, Imported, LifeCycleChange, OverrideChange, Said, StoreError,
    StoredMute,
};

/// What a person does by saying this.
fn action(life_cycle: LifeCycle) -> &'static str {
    match life_cycle {
        LifeCycle::Acknowledged => "acknowledge",
        LifeCycle::Expected => "expect",
        LifeCycle::Archived(_) => "archive",
        LifeCycle::Resolved => "resolve",
        // Whatever else may be said one day leaves the cluster open to be told of.
        _ => "reopen",
    }
}

/// A person said something of a cluster.
pub(crate) fn changed(change: &LifeCycleChange, account: &str, before: LifeCycle) -> AuditEntry {
    AuditEntry {
        number: 0,
        said: change.said.clone(),
        action: action(change.life_cycle).to_owned(),
        cluster: Some(change.cluster),
        account: account.to_owned(),
        before: before.to_string(),
        after: change.life_cycle.to_string(),
    }
}

/// Somebody named an owner of a cluster, or wrote something beside it. `before` is the owner and the note that stood there.
pub(crate) fn remarked(remark: &ClusterRemark, account: &str, before: (&str, &str)) -> AuditEntry {
    let told = |owner: &str, note: &str| {
        let owner = remark.owner.is_some().then(|| format!("owner: {owner}"));
        let note = remark.note.is_some().then(|| format!("note: {note}"));
        let parts: Vec<_> = owner.into_iter().chain(note).collect();
        parts.join("; ")
    };
    let owner = remark.owner.as_deref().unwrap_or_default();
    let note = remark.note.as_deref().unwrap_or_default();
    AuditEntry {
        number: 0,
        said: remark.said.clone(),
        action: "remark".to_owned(),
        cluster: Some(remark.cluster),
        account: account.to_owned(),
        before: told(before.0, before.1),
        after: told(owner, note),
    }
}

/// In whose name a judgement opens a cluster that has escalated, and when.
pub(crate) fn inspection(name: &str, judged_at: Time) -> Said {
    Said {
        by: format!("inspection {name}"),
        at: judged_at,
        note: String::new(),
    }
}

/// A judgement opened a cluster that was archived until it escalates.
pub(crate) fn escalated(said: Said, cluster: ClusterId, account: &str, before: LifeCycle) -> AuditEntry {
    AuditEntry {
        number: 0,
        said,
        action: "escalate".to_owned(),
        cluster: Some(cluster),
        account: account.to_owned(),
        before: before.to_string(),
        after: LifeCycle::Open.to_string(),
    }
}

/// Whether a known cluster takes over what a baseline document says of it: only where nobody said anything here.
pub(crate) fn takes_over(here: LifeCycle, anybody_said: bool, theirs: &BaselineCluster) -> bool {
    here == LifeCycle::Open && !anybody_said && is_said(theirs)
}

/// Whether a person said something of a cluster of a baseline document.
pub(crate) fn is_said(theirs: &BaselineCluster) -> bool {
    theirs.life_cycle != LifeCycle::Open || theirs.said.is_some()
}

/// What people said of a cluster was taken over from a baseline document; `before` is `None` where it was not known.
pub(crate) fn took_over(said: &Said, theirs: &BaselineCluster, before: Option<LifeCycle>) -> AuditEntry {
    AuditEntry {
        number: 0,
        said: said.clone(),
        action: "import".to_owned(),
        cluster: Some(theirs.id),
        account: theirs.family.account.clone(),
        before: before.map(|before| before.to_string()).unwrap_or_default(),
        after: theirs.life_cycle.to_string(),
    }
}

/// A baseline document was imported.
pub(crate) fn imported(said: &Said, imported: &Imported) -> AuditEntry {
    AuditEntry {
        number: 0,
        said: said.clone(),
        action: "import".to_owned(),
        cluster: None,
        account: String::new(),
        before: String::new(),
        after: format!(
            "clusters: {} new, {} known; fine templates: {} new",
            imported.new_clusters, imported.known_clusters, imported.new_templates
        ),
    }
}

/// A cluster was forgotten.
pub(crate) fn forgotten(said: &Said, cluster: ClusterId, account: &str, before: LifeCycle) -> AuditEntry {
    AuditEntry {
        number: 0,
        said: said.clone(),
        action: "forget".to_owned(),
        cluster: Some(cluster),
        account: account.to_owned(),
        before: before.to_string(),
        after: String::new(),
    }
}

/// Somebody set a mute.
pub(crate) fn muted(mute: &StoredMute) -> AuditEntry {
    of_setting("mute", mute.set.clone(), String::new(), mute.summary.clone())
}

/// Somebody ended a mute.
pub(crate) fn unmuted(summary: &str, said: &Said) -> AuditEntry {
    of_setting("unmute", said.clone(), summary.to_owned(), String::new())
}

/// Somebody had so many deliveries tried again that one sink, or any, had refused for good.
pub(crate) fn retried(said: &Said, sink: Option<&str>, parked: u64) -> AuditEntry {
    let sink = sink.unwrap_or("every sink");
    of_setting(
        "retry",
        said.clone(),
        format!("{sink}: {parked} refused for good"),
        format!("{sink}: due again"),
    )
}

/// Somebody changed a setting by hand, or dropped such a change; `before` is the override's value, if there was one.
///
/// # Errors
/// [`StoreError::NotFound`] when there was none to drop.
pub(crate) fn overridden(change: &OverrideChange, before: Option<&str>) -> Result<AuditEntry, StoreError> {
    let told = |value: &str| format!("{} {} = {value}", change.inspection, change.key);
    if change.value.is_none() && before.is_none() {
        return Err(StoreError::NotFound {
            what: "override",
            id: format!("{} {}", change.inspection, change.key),
        });
    }
    let action = match change.value {
        Some(_) => "override",
        None => "drop-override",
    };
    let after = change.value.as_deref().unwrap_or(&change.otherwise);
    Ok(of_setting(
        action,
        change.said.clone(),
        told(before.unwrap_or(&change.otherwise)),
        told(after),
    ))
}

/// An entry that concerns no cluster and no account.
fn of_setting(action: &str, said: Said, before: String, after: String) -> AuditEntry {
    AuditEntry {
        number: 0,
        said,
        action: action.to_owned(),
        cluster: None,
        account: String::new(),
        before,
        after,
    }
}

/// The earliest hour that a fine template of a baseline document was seen in, as far as it tells.
pub(crate) fn first_hour(template: &crate::BaselineTemplate) -> i64 {
    let shown = template.display.0.hour();
    let first = template.hours.iter().map(|count| count.hour).min();
    first.map_or(shown, |first| first.min(shown)).index()
}
