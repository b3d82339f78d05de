//! Opening a state file: what it is, whether this build knows it, and bringing it up to date.

use std::path::{Path, PathBuf};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, SqlitePool};

use super::convert::{code, failed};
use super::{
    APPLICATION_ID, Grouping, IN_MEMORY, Result, STATE_VERSION, SqliteOptions, SqliteStore, listed, regroup,
};
use crate::StoreError;

/// The statements that lead from each state version to the next.
const MIGRATIONS: [&str; 6] = [
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_people_and_scopes.sql"),
    include_str!("../../migrations/0003_positions.sql"),
    include_str!("../../migrations/0004_alerting.sql"),
    include_str!("../../migrations/0005_runs_and_facets.sql"),
    include_str!("../../migrations/0006_lists.sql"),
];

/// Primary result codes. Source: SQLite documentation, result and error codes.
const CANNOT_OPEN: i32 = 14;
const NOT_A_DATABASE: i32 = 26;

impl SqliteStore {
    /// Opens a state file, or creates it, as these options say.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(path: impl AsRef<Path>, options: &SqliteOptions) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        check_place(&path)?;
        create_private(&path);
        let connect = connect_options(options).filename(&path).create_if_missing(true);
        prepare(&path, &connect, options).await?;
        let connect = connect.synchronous(SqliteSynchronous::Full);
        Ok(Self {
            writer: file_pool(1, &connect),
            judging: file_pool(1, &connect),
            readers: file_pool(
                options.readers.max(1),
                &connect.pragma("cache_size", READER_CACHE),
            ),
            path,
            read_only: false,
            bounds: options.bounds,
        })
    }

    /// A state in SQLite's memory: gone with this value.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when SQLite gets no memory.
    pub async fn open_in_memory() -> Result<Self> {
        Self::open_in_memory_with(&SqliteOptions::default()).await
    }

    /// A state in SQLite's memory, as these options say.
    ///
    /// # Errors
    /// As [`open_in_memory`](Self::open_in_memory).
    pub async fn open_in_memory_with(options: &SqliteOptions) -> Result<Self> {
        let connect = connect_options(options).in_memory(true);
        let pool = pool(1, &connect);
        let mut conn = pool.acquire().await.map_err(failed)?;
        migrate(&mut conn, 0, options.grouping).await.map_err(failed)?;
        drop(conn);
        Ok(Self {
            path: PathBuf::from(IN_MEMORY),
            writer: pool.clone(),
            judging: pool.clone(),
            readers: pool,
            read_only: false,
            bounds: options.bounds,
        })
    }

    /// Opens a state file for reading only, also in a folder that cannot be written. Every call that would write gives
    /// [`StoreError::ReadOnly`].
    ///
    /// In such a folder, SQLite cannot see another process's writes: there the file is read as one that nobody changes.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`], [`NotAState`](StoreError::NotAState) or [`Newer`](StoreError::Newer).
    pub async fn open_read_only(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let options = SqliteOptions::default();
        let connect = connect_options(&options).filename(&path).read_only(true);
        match Self::read_only(&path, &connect, &options).await {
            Err(StoreError::CannotOpen { .. }) if !has_log(&path) => {
                Self::read_only(&path, &connect.immutable(true), &options).await
            }
            opened => opened,
        }
    }

    pub(super) async fn read_only(
        path: &Path,
        connect: &SqliteConnectOptions,
        options: &SqliteOptions,
    ) -> Result<Self> {
        if path.is_dir() {
            return Err(cannot_open(path, "it is a folder"));
        }
        let mut conn = connect_to(path, connect).await?;
        let header = Header::read(path, &mut conn).await?;
        match header.state_version(path)? {
            STATE_VERSION => check_grouping(path, &mut conn, options.grouping).await?,
            0 => return Err(header.not_a_state(path, "it is empty")),
            old => {
                return Err(cannot_open(
                    path,
                    format!(
                        "it has state version {old}; open it once for writing, to bring it to {STATE_VERSION}"
                    ),
                ));
            }
        }
        conn.close().await.map_err(failed)?;
        let readers = file_pool(options.readers.max(1), connect);
        Ok(Self {
            path: path.to_path_buf(),
            writer: readers.clone(),
            judging: readers.clone(),
            readers,
            read_only: true,
            bounds: options.bounds,
        })
    }
}

/// How much a reader for pages and reports keeps of the file, in KiB (negative: SQLite documentation, pragma cache_size). The system
/// keeps the file in memory besides, once for all readers: more than the inner pages of indexes need not be kept twice, for as
/// long as a state is open.
const READER_CACHE: &str = "-4096";

/// How long the log may stay where nothing of it is needed any more, in bytes (SQLite documentation, pragma journal_size_limit).
pub(super) const LOG_LIMIT: u32 = 4 << 20;

/// The log is written back to the file at 32 MiB instead of 4: pages that one commit after another changes are written
/// once.
fn connect_options(options: &SqliteOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .pragma("temp_store", "memory")
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "8192")
        .pragma("journal_size_limit", LOG_LIMIT.to_string())
        .row_buffer_size(1024)
}

/// Connections that live as long as the store: one in memory would take its state with it.
fn pool(size: u32, connect: &SqliteConnectOptions) -> SqlitePool {
    pool_options(size).connect_lazy_with(connect.clone())
}

/// Connections to a file. One that a full or failing disk has left within a transaction is replaced.
fn file_pool(size: u32, connect: &SqliteConnectOptions) -> SqlitePool {
    pool_options(size)
        .before_acquire(|conn, _| Box::pin(is_usable(conn)))
        .connect_lazy_with(connect.clone())
}

fn pool_options(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Where the disk is full or fails, SQLite rolls back by itself; the rollback that follows fails then, and sqlx takes the
/// connection for one within a transaction for ever. Source: <https://www.sqlite.org/lang_transaction.html>, "Response To Errors
/// Within A Transaction"; sqlx-sqlite 0.9, `connection/worker.rs`.
async fn is_usable(conn: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if conn.is_in_transaction() {
        // The rollback of one that was dropped may be on its way: this comes behind it.
        conn.ping().await?;
    }
    Ok(!conn.is_in_transaction())
}

/// Checks the place first: SQLite says "unable to open database file" whatever the reason.
fn check_place(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(cannot_open(path, "it is a folder"));
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(cannot_open(path, format!("{} is not a folder", folder.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(cannot_open(
            path,
            format!("the folder {} does not exist; create it first", folder.display()),
        )),
        Err(error) => Err(cannot_open(
            path,
            format!("the folder {}: {error}", folder.display()),
        )),
    }
}

/// Makes a new state readable by its owner alone, as its records are: what SQLite puts beside it has the same mode. What is there keeps
/// the mode that it has, and why a file cannot be made is told by SQLite.
fn create_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path));
}

fn cannot_open(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::CannotOpen {
        path: path.to_path_buf(),
        reason: reason.into(),
    }
}

/// Whether commits stand in a log beside the file.
fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

async fn connect_to(path: &Path, connect: &SqliteConnectOptions) -> Result<SqliteConnection> {
    SqliteConnection::connect_with(connect)
        .await
        .map_err(|error| explained(path, error))
}

/// Failures of an opening, told with the path and what to do.
fn explained(path: &Path, error: sqlx::Error) -> StoreError {
    match code(&error).map(|code| code & 0xff) {
        Some(CANNOT_OPEN) => cannot_open(path, unreachable_reason(path)),
        Some(NOT_A_DATABASE) => StoreError::NotAState {
            path: path.to_path_buf(),
            reason: "it is not an SQLite file".to_owned(),
        },
        _ => match failed(error) {
            StoreError::ReadOnly => cannot_open(
                path,
                "it cannot be written; give permission to write the file and its folder, or open it for reading only",
            ),
            other => other,
        },
    }
}

fn unreachable_reason(path: &Path) -> String {
    match path.metadata() {
        Ok(_) => "it cannot be opened; check the permissions of the file and its folder".to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            "there is no such file, and none can be created there; check the folder's permissions".to_owned()
        }
        Err(error) => error.to_string(),
    }
}

/// What a file says that it is.
struct Header {
    application_id: i32,
    user_version: i64,
    tables: i64,
}

impl Header {
    async fn read(path: &Path, conn: &mut SqliteConnection) -> Result<Self> {
        Self::query(conn).await.map_err(|error| explained(path, error))
    }

    /// One transaction: between two of these questions another process may have made the state.
    async fn query(conn: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let mut tx = conn.begin().await?;
        let header = Self {
            tables: sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema")
                .fetch_one(&mut *tx)
                .await?,
            application_id: sqlx::query_scalar("PRAGMA application_id")
                .fetch_one(&mut *tx)
                .await?,
            user_version: sqlx::query_scalar("PRAGMA user_version")
                .fetch_one(&mut *tx)
                .await?,
        };
        tx.commit().await?;
        Ok(header)
    }

    /// The state version: 0 for a file with nothing in it.
    fn state_version(&self, path: &Path) -> Result<i64> {
        let is_empty = self.application_id == 0 && self.user_version == 0 && self.tables == 0;
        if is_empty {
            return Ok(0);
        }
        if self.application_id != APPLICATION_ID {
            return Err(self.not_a_state(path, "it is an SQLite file of another program"));
        }
        if self.user_version > STATE_VERSION {
            return Err(StoreError::Newer {
                path: path.to_path_buf(),
                found: self.user_version,
                known: STATE_VERSION,
            });
        }
        Ok(self.user_version)
    }

    fn not_a_state(&self, path: &Path, reason: &str) -> StoreError {
        StoreError::NotAState {
            path: path.to_path_buf(),
            reason: reason.to_owned(),
        }
    }
}

/// Looks at the file, and only then changes it: the journal mode, then the state version.
async fn prepare(path: &Path, connect: &SqliteConnectOptions, options: &SqliteOptions) -> Result<()> {
    let mut conn = connect_to(path, connect).await?;
    let version = Header::read(path, &mut conn).await?.state_version(path)?;
    let is_current = version == STATE_VERSION && !is_older(path, &mut conn, options.grouping).await?;
    conn.close().await.map_err(failed)?;
    let connect = connect.clone().journal_mode(SqliteJournalMode::Wal);
    let mut conn = connect_patiently(path, &connect).await?;
    if !is_current {
        migrate_file(path, &mut conn, options).await?;
    }
    check_writable(path, &mut conn).await?;
    conn.close().await.map_err(failed)
}

/// How often, and how many milliseconds apart, the journal mode of a new file is asked for.
const MODE_ATTEMPTS: u32 = 250;
const MODE_WAIT: u64 = 20;

/// Changing the journal mode of a new file takes it for this process alone, and SQLite does not wait for its turn there as
/// it does elsewhere (SQLite documentation, busy handler: it is not called where waiting could be a deadlock).
async fn connect_patiently(path: &Path, connect: &SqliteConnectOptions) -> Result<SqliteConnection> {
    for _ in 1..MODE_ATTEMPTS {
        match connect_to(path, connect).await {
            Err(error) if error.is_retryable() => {
                tokio::time::sleep(std::time::Duration::from_millis(MODE_WAIT)).await;
            }
            outcome => return outcome,
        }
    }
    connect_to(path, connect).await
}

/// Another process may have done it meanwhile: the version is read again under the write lock.
async fn migrate_file(path: &Path, conn: &mut SqliteConnection, options: &SqliteOptions) -> Result<()> {
    let mut tx = conn
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(|error| explained(path, error))?;
    let version = Header::read(path, &mut tx).await?.state_version(path)?;
    migrate(&mut tx, version, options.grouping)
        .await
        .map_err(|error| explained(path, error))?;
    if is_older(path, &mut tx, options.grouping).await? {
        regroup::regroup(&mut tx, options.grouping, options.bounds).await?;
    }
    listed::rebuild(&mut tx).await?;
    tx.commit().await.map_err(|error| explained(path, error))
}

/// Whether a state is of an older grouping than this one. A newer one is refused.
async fn is_older(path: &Path, conn: &mut SqliteConnection, grouping: Grouping) -> Result<bool> {
    let found = regroup::version(conn)
        .await
        .map_err(|error| explained(path, error))?;
    if found > grouping.version {
        return Err(cannot_open(
            path,
            format!(
                "it has grouping version {found}, newer than this firstsight's {}; use the newer firstsight",
                grouping.version
            ),
        ));
    }
    Ok(found < grouping.version)
}

/// Refuses a state of another grouping than this one: reading it, one record would have two names.
async fn check_grouping(path: &Path, conn: &mut SqliteConnection, grouping: Grouping) -> Result<()> {
    if is_older(path, conn, grouping).await? {
        return Err(cannot_open(
            path,
            format!(
                "it has an older grouping version; open it once for writing, to bring it to {}",
                grouping.version
            ),
        ));
    }
    Ok(())
}

/// Runs the migrations from a version on.
async fn migrate(conn: &mut SqliteConnection, version: i64, grouping: Grouping) -> Result<(), sqlx::Error> {
    let done = usize::try_from(version).unwrap_or_default();
    for statements in MIGRATIONS.iter().skip(done) {
        sqlx::raw_sql(*statements).execute(&mut *conn).await?;
    }
    if done == 0 {
        sqlx::query("INSERT INTO meta (id, grouping_version, sequence) VALUES (1, ?, 0)")
            .bind(grouping.version)
            .execute(&mut *conn)
            .await?;
    }
    let header = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {STATE_VERSION}");
    sqlx::raw_sql(AssertSqlSafe(header)).execute(conn).await?;
    Ok(())
}

/// SQLite opens a file that cannot be written for reading, without a word; the first write would fail.
async fn check_writable(path: &Path, conn: &mut SqliteConnection) -> Result<()> {
    let tx = conn
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(|error| explained(path, error))?;
    tx.rollback().await.map_err(failed)
}
