//! Every store, and every pointer to one, passes the suite.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firstsight_store::Store;
use firstsight_store::conformance::{Failure, Subject, all};
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;

/// How a subject's stores are made; nothing outlives them.
#[derive(Clone, Copy, Debug)]
enum Fleeting {
    Memory,
    SqliteMemory,
    /// A box in a box.
    Boxed,
    /// A shared pointer in a box.
    Shared,
}

#[async_trait::async_trait]
impl Subject for Fleeting {
    async fn fresh(&self) -> Box<dyn Store> {
        match self {
            Self::Memory => Box::new(MemoryStore::new()),
            Self::SqliteMemory => Box::new(SqliteStore::open_in_memory().await.unwrap()),
            Self::Boxed => Box::new(Box::new(MemoryStore::new()) as Box<dyn Store>),
            Self::Shared => Box::new(Arc::new(MemoryStore::new()) as Arc<dyn Store>),
        }
    }

    async fn reopen(&self, _store: Box<dyn Store>) -> Option<Box<dyn Store>> {
        None
    }
}

/// Stores in files of one folder. The last one made is the one that is opened again.
#[derive(Debug)]
struct File {
    folder: tempfile::TempDir,
    made: AtomicU32,
}

impl File {
    fn path(&self, number: u32) -> PathBuf {
        self.folder.path().join(format!("{number}.db"))
    }
}

#[async_trait::async_trait]
impl Subject for File {
    async fn fresh(&self) -> Box<dyn Store> {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        Box::new(SqliteStore::open(self.path(number)).await.unwrap())
    }

    async fn reopen(&self, store: Box<dyn Store>) -> Option<Box<dyn Store>> {
        // Dropped, not closed: as a process that ends in between.
        drop(store);
        let path = self.path(self.made.load(Ordering::Relaxed));
        Some(Box::new(SqliteStore::open(path).await.unwrap()))
    }
}

#[tokio::test]
async fn memory_store() -> Result<(), Failure> {
    all(&Fleeting::Memory).await
}

#[tokio::test]
async fn sqlite_in_memory() -> Result<(), Failure> {
    all(&Fleeting::SqliteMemory).await
}

#[tokio::test]
async fn sqlite_file() -> Result<(), Failure> {
    let folder = tempfile::tempdir().unwrap();
    let made = AtomicU32::new(0);
    all(&File { folder, made }).await
}

#[tokio::test]
async fn boxed_store() -> Result<(), Failure> {
    all(&Fleeting::Boxed).await
}

#[tokio::test]
async fn shared_store() -> Result<(), Failure> {
    all(&Fleeting::Shared).await
}
