//! `firstsight backup`: copies of states that are in use.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use firstsight_sink::text::bytes;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{Store as _, Totals};

use crate::args::operations::Backup;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::output;

/// How a daemon names its states.
const EXTENSION: &str = "db";

pub(crate) async fn run(args: Backup, context: &Context) -> Result<Done, Failure> {
    let copies = copies(&args)?;
    if !args.force {
        // Before the first copy is made: all or nothing, as far as that can be known.
        copies.iter().try_for_each(Copying::is_free)?;
    }
    let mut text = String::new();
    for copy in &copies {
        let totals = copy.make(context).await?;
        let _ = writeln!(text, "{}", copy.line(&totals));
    }
    output::print(&text)?;
    Ok(Done::Well)
}

/// A state, and where its copy goes.
#[derive(Debug)]
struct Copying {
    state: PathBuf,
    to: PathBuf,
}

fn copies(args: &Backup) -> Result<Vec<Copying>, Failure> {
    let copies = match (&args.state, &args.states) {
        (Some(state), _) => vec![Copying {
            state: state.clone(),
            to: args.to.clone(),
        }],
        (None, Some(folder)) => {
            let states = states(folder)?;
            make_folder(&args.to)?;
            let to = |state: &PathBuf| args.to.join(state.file_name().unwrap_or_default());
            states
                .into_iter()
                .map(|state| Copying {
                    to: to(&state),
                    state,
                })
                .collect()
        }
        (None, None) => {
            return Err(Failure::usage(
                "name what to copy with --state FILE or --states DIR",
            ));
        }
    };
    copies.iter().try_for_each(Copying::is_possible)?;
    Ok(copies)
}

/// The states in a daemon's folder, by name.
#[allow(
    clippy::disallowed_methods,
    reason = "the folder's names are what is asked for; the library is told each file"
)]
fn states(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let name = folder.display();
    let cannot =
        |error: std::io::Error| Failure::new(format!("cannot list the folder of states {name}: {error}"));
    let mut states = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) && path.is_file() {
            states.push(path);
        }
    }
    states.sort();
    if states.is_empty() {
        return Err(Failure::new(format!(
            "there is no state in {name}; the daemon's folder holds a NAME.db for each inspection"
        )));
    }
    Ok(states)
}

/// What is kept is for its owner alone.
fn make_folder(path: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(path);
    made.map_err(|error| Failure::new(format!("cannot make the folder {}: {error}", path.display())))
}

impl Copying {
    /// There is something to copy, and it is not to be copied onto itself.
    fn is_possible(&self) -> Result<(), Failure> {
        let state = self.state.display();
        let whole = self.state.canonicalize().map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::new(format!("there is no state at {state}")),
            _ => Failure::new(format!("cannot read {state}: {error}")),
        })?;
        match self.to.canonicalize() {
            Ok(to) if to == whole => Err(Failure::usage(format!("--to: {state} is the state itself"))),
            Ok(to) if to.is_dir() => Err(Failure::usage(format!(
                "--to: {} is a folder; name the file that the copy becomes",
                to.display()
            ))),
            _ => Ok(()),
        }
    }

    fn is_free(&self) -> Result<(), Failure> {
        match self.to.try_exists() {
            Ok(true) => Err(Failure::new(format!(
                "{} is there already; --force replaces it, once the new copy is whole",
                self.to.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Copies, checks the copy, and only then gives it its name: what had that name stays until then.
    async fn make(&self, context: &Context) -> Result<Totals, Failure> {
        let mut beside = self.to.as_os_str().to_owned();
        beside.push(format!(".{}.tmp", std::process::id()));
        let beside = PathBuf::from(beside);
        // One that a process of the same number left behind.
        let _ = std::fs::remove_file(&beside);
        let copied = match context.or_cancelled(self.copied(&beside)).await {
            Ok(copied) => copied,
            Err(cancelled) => Err(cancelled),
        };
        let named = copied.and_then(|totals| self.name(&beside).map(|()| totals));
        if named.is_err() {
            for left in ["", "-wal", "-shm"] {
                let mut path = beside.clone().into_os_string();
                path.push(left);
                let _ = std::fs::remove_file(path);
            }
        }
        named
    }

    async fn copied(&self, beside: &Path) -> Result<Totals, Failure> {
        let state = SqliteStore::open_read_only(&self.state).await?;
        let copied = state.backup(beside).await;
        state.close().await;
        copied?;
        // Opening asks whether it is a state, of this version.
        let copy = SqliteStore::open_read_only(beside).await?;
        let checked = match copy.verify().await {
            Ok(()) => copy.totals().await,
            Err(damaged) => Err(damaged),
        };
        copy.close().await;
        Ok(checked?)
    }

    fn name(&self, beside: &Path) -> Result<(), Failure> {
        std::fs::rename(beside, &self.to)
            .and_then(|()| keep_names(&self.to))
            .map_err(|error| output::cannot_write(&self.to, &error))
    }

    fn line(&self, totals: &Totals) -> String {
        let line = format!(
            "{} -> {}: {}, {} clusters, {} events",
            self.state.display(),
            self.to.display(),
            bytes(totals.bytes),
            totals.clusters,
            totals.events
        );
        firstsight_sink::terminal::neutralise(&line).into_owned()
    }
}

/// Sees to it that the file's new name is on the disk: its folder is what holds it.
fn keep_names(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) {
        std::fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}
