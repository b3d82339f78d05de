//! Writes the state file that the tests keep of each state version: `cargo run -p firstsight-store --all-features
//! --example old_state FILE`. Run it once when a state version is released, and keep the file for ever.

use firstsight_store::conformance::data::{
    at, batch, call, change, cluster, event, finding, founding, hours, key_use, query, unit,
};
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{Store, StoredFault, StoredPosition};
use sqlx::{Connection as _, SqliteConnection};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let path = std::env::args_os().nth(1).ok_or("name the file to write")?;
    let store = SqliteStore::open(&path).await?;
    fill(&store).await?;
    store.close().await;
    shrink(std::path::Path::new(&path)).await
}

async fn fill(store: &dyn Store) -> Outcome<()> {
    let one = call("one", "CreateUser", at(24, 10));
    let mut read = batch(&[one.clone(), call("two", "DeleteUser", at(24, 20)).user("bob")]);
    read.units = vec![unit("unit", &one.account, &[(24, 12)])];
    read.key_uses.insert(
        (one.account.clone(), one.key.clone()),
        key_use("PutObject", at(24, 30)),
    );
    read.positions = vec![StoredPosition {
        partition: "all".to_owned(),
        position: b"end".to_vec(),
    }];
    store.commit(&read).await?;
    let window = hours(24, 25);
    let seen = store.judge_input(&query(window)).await?;
    let mut judged = founding(window, std::slice::from_ref(&one));
    judged.findings = vec![finding("one", &one, window, "error")?];
    judged.faults = vec![StoredFault {
        id: "fault".to_owned(),
        inspection: "main".to_owned(),
        account: one.account.clone(),
        opened: window.end,
        recovered: None,
        body: b"body".to_vec(),
    }];
    judged.events = vec![event("event", "fault", window.end, &["log"])];
    store.record(&judged, &seen.versions).await?;
    store
        .set_life_cycle(&change(cluster(&one), firstsight_engine::LifeCycle::Expected))
        .await?;
    Ok(())
}

/// The smallest pages: the file stands in the repository.
async fn shrink(path: &std::path::Path) -> Outcome<()> {
    let connect = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut conn = SqliteConnection::connect_with(&connect).await?;
    let pragmas = "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA journal_mode = WAL";
    sqlx::raw_sql(pragmas).execute(&mut conn).await?;
    Ok(conn.close().await?)
}
