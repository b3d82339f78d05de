//! What people would do: one looks after a cluster of the attack, another one is muted.

use std::sync::Arc;

use firstsight_daemon::{Control, Daemon};
use firstsight_engine::Locale;
use firstsight_server::Problem;
use firstsight_server::model::{
    ClusterLine, EventFilter, LifeCycleWord, NewMute, event, events, set_life_cycle, set_mute,
};

const INSPECTION: &str = "payments";

/// Does it as somebody on the page does. What goes wrong there is no reason to end.
pub(crate) async fn tell(daemon: &Arc<Daemon>) {
    if let Err(problem) = act(daemon).await {
        tracing::warn!(problem = problem.detail, "nobody acknowledged or muted anything");
    }
}

async fn act(control: &dyn Control) -> Result<(), Problem> {
    let found = found(control).await?;
    let missing = || Problem::not_found("the attack has opened no clusters".to_owned());
    let [first, .., last] = found.as_slice() else {
        return Err(missing());
    };
    acknowledge(control, first).await?;
    mute(control, last).await
}

/// The clusters of the event with the most findings, of those that were told last.
async fn found(control: &dyn Control) -> Result<Vec<ClusterLine>, Problem> {
    let filter = EventFilter {
        inspection: INSPECTION.to_owned(),
        limit: Some(20),
        ..EventFilter::default()
    };
    let listed = events(control, &filter).await?;
    let last = listed.items.first().map(|line| line.time);
    let told = listed.items.iter().filter(|line| Some(line.time) == last);
    match told.max_by_key(|line| line.findings) {
        Some(line) => Ok(event(control, &line.id, Locale::English).await?.clusters),
        None => Ok(Vec::new()),
    }
}

async fn acknowledge(control: &dyn Control, cluster: &ClusterLine) -> Result<(), Problem> {
    let word = LifeCycleWord {
        life_cycle: "acknowledged".to_owned(),
        note: "the key is disabled; asking its owner".to_owned(),
    };
    set_life_cycle(control, INSPECTION, &cluster.id, &word, "alice")
        .await
        .map(drop)
}

async fn mute(control: &dyn Control, cluster: &ClusterLine) -> Result<(), Problem> {
    let mute = NewMute {
        name: "known by now".to_owned(),
        reason: "the incident has a room of its own".to_owned(),
        cluster: cluster.id.clone(),
        duration: "7d".to_owned(),
        ..NewMute::default()
    };
    set_mute(control, INSPECTION, &mute, "bob").await.map(drop)
}
