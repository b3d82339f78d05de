//! Copies of a state that is in use.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::convert::failed;
use super::{Result, SqliteStore};
use crate::StoreError;

impl SqliteStore {
    /// Copies the state into a new file, as it is at one moment, while it is read and written: whoever writes is not held up.
    /// The copy is a state of its own, compact and without a log beside it; only its owner may read it (mode 0600). After
    /// `Ok` it is on the disk.
    ///
    /// A copy whose future is dropped, or whose process ends, leaves a file behind that is no state, or an older part of one:
    /// write to another name than the one that counts, and rename it then.
    ///
    /// Source: SQLite documentation, `VACUUM INTO`.
    ///
    /// # Errors
    /// [`StoreError::CannotCopy`] when a file of that name exists or none can be made there, and for a state in memory; [`StoreError::Full`] and its like.
    /// The state is as it was, and no copy is left.
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<()> {
        let to = to.as_ref();
        if self.path() == Path::new(super::IN_MEMORY) {
            // SQLite would write the copy into memory as well, and say that all is well.
            return Err(cannot_copy(
                to,
                "the state is in memory only, there is no file to copy",
            ));
        }
        let place = name(to)?;
        create(to)?;
        let copied = self.copy_to(&place, to).await;
        if copied.is_err() {
            // What went wrong is what the caller has to know, not what becomes of the rest.
            std::fs::remove_file(to).ok();
        }
        copied
    }

    /// Whether the file is whole: its pages, its indices, and that rows refer to rows that are there. Reads all of it.
    ///
    /// Source: SQLite documentation, `PRAGMA integrity_check` and `PRAGMA foreign_key_check`.
    ///
    /// # Errors
    /// [`StoreError::CannotOpen`] with the first things that are wrong; the file is as it was.
    pub async fn verify(&self) -> Result<()> {
        let mut conn = self.readers.acquire().await.map_err(failed)?;
        let said: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(5)")
            .persistent(false)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        if said != ["ok"] {
            return Err(self.damaged(&said.join("; ")));
        }
        let loose = sqlx::query("PRAGMA foreign_key_check")
            .persistent(false)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        match loose.len() {
            0 => Ok(()),
            rows => Err(self.damaged(&format!("{rows} rows refer to rows that are not there"))),
        }
    }

    fn damaged(&self, said: &str) -> StoreError {
        StoreError::CannotOpen {
            path: self.path().to_path_buf(),
            reason: format!("it is damaged: {said}"),
        }
    }

    async fn copy_to(&self, place: &str, to: &Path) -> Result<()> {
        let mut conn = self.readers.acquire().await.map_err(failed)?;
        sqlx::query("VACUUM INTO ?")
            .bind(place)
            .persistent(false)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
        let written = write_through(to).await;
        match written.map_err(|error| cannot_copy(to, error.to_string()))? {
            0 => Err(cannot_copy(to, "nothing was written there")),
            _ => Ok(()),
        }
    }
}

/// Sees to it that the file is on the disk; its length.
async fn write_through(to: &Path) -> std::io::Result<u64> {
    let file = tokio::fs::File::open(to).await?;
    file.sync_all().await?;
    Ok(file.metadata().await?.len())
}

/// The whole path: SQLite reads a name that begins with `file:` as an address.
fn name(to: &Path) -> Result<String> {
    let whole = std::path::absolute(to).map_err(|error| cannot_copy(to, error.to_string()))?;
    let name = whole.into_os_string().into_string();
    name.map_err(|_| cannot_copy(to, "its name is not UTF-8"))
}

/// Makes the file, empty: SQLite writes into it only while it is.
fn create(to: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = options.open(to);
    made.map(drop).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => cannot_copy(
            to,
            "there is such a file already; name another one, or remove it first",
        ),
        ErrorKind::NotFound => cannot_copy(to, "its folder does not exist; create it first"),
        _ => cannot_copy(to, error.to_string()),
    })
}

fn cannot_copy(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::CannotCopy {
        path: PathBuf::from(path),
        reason: reason.into(),
    }
}
