//! What IAM says of the access keys that an inspection knows: asked behind its runs, kept in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_inspection::{chain, key_activity, long_lived};
use firstsight_sink::{KeyActivity, KeyStanding};
use firstsight_store::{KeySearch, KeySort, Store};

use crate::daemon::Daemon;
use crate::inspection::{Inspection, Run};

/// What IAM says, by key.
pub(crate) type Standings = BTreeMap<String, KeyStanding>;

/// The keys used last are asked for: so many requests at most, and as many for their users.
const MOST: usize = 100;

/// Nobody waits longer for IAM, in milliseconds: where it is not reached, each account takes its attempts one after another.
const PATIENCE: i64 = 60_000;

/// The long-lived keys that were used last, each with the account to ask.
async fn used_last(store: &dyn Store) -> Result<Vec<(String, String)>, String> {
    let search = KeySearch {
        long_lived: true,
        sort: KeySort::LastUsed,
        limit: MOST,
        ..KeySearch::default()
    };
    let found = store.search_keys(&search).await.map_err(|error| chain(&error))?;
    let keys: Vec<KeyActivity> = found.rows.into_iter().map(key_activity).collect();
    Ok(long_lived(&keys))
}

impl Daemon {
    /// Asks IAM about the keys that an inspection knows. What it said before stays where it cannot be asked.
    pub(crate) async fn look_keys_up(self: &Arc<Self>, inspection: &Inspection, run: &Run) {
        if !run.inspection.iam {
            return inspection.know_keys(Standings::new());
        }
        let patience = self.clock.now().plus_millis(PATIENCE);
        let asked = tokio::select! {
            asked = self.ask_iam(inspection, run) => asked,
            () = self.clock.until(patience) => Err(format!("no answer within {} s", PATIENCE / 1000)),
            () = self.stopping.cancelled() => return,
        };
        match asked {
            Ok(standings) => inspection.know_keys(standings),
            Err(error) => tracing::warn!(
                inspection = inspection.name,
                error,
                "access keys were not looked up in IAM; iam = false leaves it out"
            ),
        }
    }

    async fn ask_iam(&self, inspection: &Inspection, run: &Run) -> Result<Standings, String> {
        let keys = used_last(&*inspection.store).await?;
        if keys.is_empty() {
            return Ok(Standings::new());
        }
        self.doors
            .standings(&run.inspection, &keys, self.clock.now())
            .await
    }
}
