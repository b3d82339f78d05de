//! The suite that every store has to pass. Not a stable part of the public API.
//!
//! An implementer writes a [`Subject`], and calls [`all`] or single steps from a test:
//!
//! ```
//! use firstsight_store::conformance::{self, Subject};
//! use firstsight_store::{Store, memory::MemoryStore};
//!
//! #[derive(Debug)]
//! struct Memory;
//!
//! #[async_trait::async_trait]
//! impl Subject for Memory {
//!     async fn fresh(&self) -> Box<dyn Store> {
//!         Box::new(MemoryStore::new())
//!     }
//!
//!     async fn reopen(&self, _store: Box<dyn Store>) -> Option<Box<dyn Store>> {
//!         None // nothing outlives it
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), conformance::Failure> {
//! conformance::all(&Memory).await
//! # }
//! ```

mod agreement;
mod attempts;
pub mod data;
mod forgetting;
mod history;
mod judging;
mod lists;
mod mutes;
mod outbox;
mod people;
mod runs;
mod scopes;
mod search;

use std::fmt;

use async_trait::async_trait;

pub use self::agreement::lists_agree;
pub use self::attempts::{
    attempts_are_bounded, attempts_are_kept_one_by_one, attempts_begin_for_all_or_none,
    deliveries_are_held_back_for_their_sink, parked_deliveries_are_retried_when_asked,
};
pub use self::forgetting::{
    purge_forgets_positions_that_nobody_writes, purge_forgets_what_is_old,
    purge_keeps_what_a_person_remarked, purge_keeps_what_a_person_touched,
};
pub use self::history::{
    closing_loses_nothing, counts_each_event_once, counts_each_unit_once, keeps_the_earliest_samples,
    keeps_the_latest_use_of_a_key, keeps_the_newest_positions, overview_adds_up,
    shows_the_text_of_the_earliest_event, snapshot_is_restricted_to_the_accounts_asked_for,
    snapshot_remembers_no_further_than_asked, snapshot_tells_before_from_within, starts_empty,
};
pub use self::judging::{
    clusters_are_listed_with_their_history, events_and_faults_last, findings_are_amended_not_repeated,
    findings_are_asked_for_by_many_things, founds_clusters_and_never_changes_an_assignment,
    late_records_reopen_their_window, life_cycle_lasts, stale_judgements_are_refused,
};
pub use self::lists::{
    clusters_are_searched, keys_are_searched, lists_follow_judgements, lists_follow_what_is_done,
    remarks_are_kept_and_audited, series_and_totals_add_up,
};
pub use self::mutes::{
    mutes_overtake_a_snapshot, mutes_stand_until_they_are_ended, purge_forgets_mutes_that_were_ended,
};
pub use self::outbox::{
    bundles_come_whole, deliveries_go_as_planned, deliveries_keep_their_order,
    settled_deliveries_stay_settled, what_waits_goes_with_what_is_earlier,
};
pub use self::people::{
    baselines_read_back_as_written, escalation_opens_a_cluster_once, forgotten_clusters_are_new_again,
    imports_leave_what_is_known, people_overtake_a_snapshot, purge_keeps_the_audit_of_known_clusters,
    what_people_say_is_audited, what_was_imported_is_known,
};
pub use self::runs::{
    purge_forgets_runs, purge_keeps_settings_by_hand, runs_are_kept_as_noted_last,
    runs_are_walked_through_by_pages, settings_by_hand_overtake_a_snapshot,
    settings_by_hand_stand_until_they_are_dropped,
};
pub use self::scopes::{
    clusters_show_examples, snapshot_counts_new_clusters_by_scope, snapshot_tells_since_when_sources_give,
};
pub use self::search::{
    events_and_faults_are_found_by_id, events_are_found_by_each_filter, events_are_found_by_text,
    events_are_given_facets, events_are_listed_newest_first, events_are_walked_through_by_pages,
    events_of_faults_are_added_up, purge_forgets_facets,
};
use crate::{Store, StoreError};

/// What is tested: how to make a store, and whether it outlives its value.
#[async_trait]
pub trait Subject: fmt::Debug + Sync {
    /// A new, empty store.
    async fn fresh(&self) -> Box<dyn Store>;

    /// Lets go of the store and opens its state again; `None` where nothing outlives the store.
    async fn reopen(&self, store: Box<dyn Store>) -> Option<Box<dyn Store>>;
}

/// A promise that was not kept.
#[derive(Debug)]
pub struct Failure {
    /// Which step of the suite.
    pub step: &'static str,
    /// What was wrong.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.what)
    }
}

impl std::error::Error for Failure {}

/// What a step gives: what was wrong, if anything.
pub type Outcome = Result<(), String>;

/// Compares, and says what differs.
macro_rules! same {
    ($left:expr, $right:expr, $($what:tt)+) => {{
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(format!("{}:\n   is {:?}\n  not {:?}", format_args!($($what)+), left, right));
        }
    }};
}
pub(crate) use same;

/// A store's answer, or what it failed with.
pub(crate) fn done<T>(what: &str, answer: Result<T, StoreError>) -> Result<T, String> {
    answer.map_err(|error| format!("{what}: {error:?}"))
}

macro_rules! steps {
    ($subject:expr, $($step:ident),+ $(,)?) => {
        $($step($subject).await.map_err(|what| Failure { step: stringify!($step), what })?;)+
    };
}

/// Runs every step, each over a new store, and stops at the first promise that is not kept.
///
/// # Errors
/// Names the step and what was wrong.
pub async fn all(subject: &dyn Subject) -> Result<(), Failure> {
    steps!(
        subject,
        starts_empty,
        counts_each_event_once,
        counts_each_unit_once,
        keeps_the_newest_positions,
        keeps_the_latest_use_of_a_key,
        keeps_the_earliest_samples,
        shows_the_text_of_the_earliest_event,
        snapshot_tells_before_from_within,
        snapshot_remembers_no_further_than_asked,
        snapshot_is_restricted_to_the_accounts_asked_for,
        snapshot_tells_since_when_sources_give,
        snapshot_counts_new_clusters_by_scope,
        clusters_show_examples,
        overview_adds_up,
        founds_clusters_and_never_changes_an_assignment,
        stale_judgements_are_refused,
        late_records_reopen_their_window,
        findings_are_amended_not_repeated,
        findings_are_asked_for_by_many_things,
        clusters_are_listed_with_their_history,
        life_cycle_lasts,
        what_people_say_is_audited,
        escalation_opens_a_cluster_once,
        people_overtake_a_snapshot,
        baselines_read_back_as_written,
        what_was_imported_is_known,
        imports_leave_what_is_known,
        forgotten_clusters_are_new_again,
        events_and_faults_last,
        deliveries_keep_their_order,
        settled_deliveries_stay_settled,
        deliveries_go_as_planned,
        bundles_come_whole,
        what_waits_goes_with_what_is_earlier,
        attempts_are_kept_one_by_one,
        attempts_begin_for_all_or_none,
        attempts_are_bounded,
        deliveries_are_held_back_for_their_sink,
        parked_deliveries_are_retried_when_asked,
        mutes_stand_until_they_are_ended,
        mutes_overtake_a_snapshot,
        purge_forgets_mutes_that_were_ended,
        runs_are_kept_as_noted_last,
        runs_are_walked_through_by_pages,
        purge_forgets_runs,
        settings_by_hand_stand_until_they_are_dropped,
        settings_by_hand_overtake_a_snapshot,
        purge_keeps_settings_by_hand,
        events_are_listed_newest_first,
        events_of_faults_are_added_up,
        events_are_found_by_each_filter,
        events_are_found_by_text,
        events_are_walked_through_by_pages,
        events_are_given_facets,
        events_and_faults_are_found_by_id,
        purge_forgets_facets,
        purge_forgets_what_is_old,
        purge_forgets_positions_that_nobody_writes,
        purge_keeps_what_a_person_touched,
        purge_keeps_what_a_person_remarked,
        purge_keeps_the_audit_of_known_clusters,
        clusters_are_searched,
        lists_follow_what_is_done,
        lists_follow_judgements,
        remarks_are_kept_and_audited,
        keys_are_searched,
        series_and_totals_add_up,
        closing_loses_nothing,
    );
    Ok(())
}

/// The store after a restart, where its state outlives it; the same store elsewhere.
pub(crate) async fn restarted(
    subject: &dyn Subject,
    store: Box<dyn Store>,
    check: impl AsyncFn(&dyn Store) -> Outcome,
) -> Outcome {
    check(&*store).await?;
    match subject.reopen(store).await {
        Some(store) => check(&*store)
            .await
            .map_err(|what| format!("after opening it again: {what}")),
        None => Ok(()),
    }
}
