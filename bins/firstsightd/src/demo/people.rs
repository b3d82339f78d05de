//! What people would do about the attack: one cluster is acknowledged and has an owner, another one is muted.

use firstsight_daemon::Control;
use firstsight_engine::Locale;
use firstsight_server::Problem;
use firstsight_server::model::{
    ClusterLine, EventFilter, LifeCycleWord, NewMute, Remark, event, events, remark, set_life_cycle, set_mute,
};

const INSPECTION: &str = "payments";

/// Does it as somebody on the page does; the event of the attack. What goes wrong there is no reason to end.
pub(crate) async fn act(control: &dyn Control) -> Option<String> {
    match answer(control).await {
        Ok(id) => Some(id),
        Err(problem) => {
            tracing::error!(problem = problem.detail, "nobody acknowledged or muted anything");
            None
        }
    }
}

async fn answer(control: &dyn Control) -> Result<String, Problem> {
    let missing = || Problem::not_found("the attack has opened no clusters".to_owned());
    let id = attack(control).await?.ok_or_else(missing)?;
    let found = event(control, &id, Locale::English).await?.clusters;
    let [first, .., last] = found.as_slice() else {
        return Err(missing());
    };
    acknowledge(control, first).await?;
    own(control, first).await?;
    mute(control, last).await?;
    Ok(id)
}

/// The event with the most findings, of those that were told last.
async fn attack(control: &dyn Control) -> Result<Option<String>, Problem> {
    let filter = EventFilter {
        inspection: INSPECTION.to_owned(),
        limit: Some(20),
        ..EventFilter::default()
    };
    let listed = events(control, &filter).await?.items;
    let last = listed.first().map(|line| line.time);
    let told = listed.into_iter().filter(|line| Some(line.time) == last);
    Ok(told.max_by_key(|line| line.findings).map(|line| line.id))
}

async fn acknowledge(control: &dyn Control, cluster: &ClusterLine) -> Result<(), Problem> {
    let word = LifeCycleWord {
        life_cycle: "acknowledged".to_owned(),
        note: "the key is disabled; asking its owner".to_owned(),
    };
    let done = set_life_cycle(control, INSPECTION, &cluster.id, &word, "alice");
    done.await.map(drop)
}

async fn own(control: &dyn Control, cluster: &ClusterLine) -> Result<(), Problem> {
    let said = Remark {
        owner: Some("cloud-security".to_owned()),
        note: Some("nothing of ours stops the trail: always look into it".to_owned()),
    };
    let done = remark(control, INSPECTION, &cluster.id, &said, "alice");
    done.await.map(drop)
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
