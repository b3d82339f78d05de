//! Configuration, states and server, put together.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy as _;
use firstsight_config::{Config, Surroundings, open_tokens, parse_with};
use firstsight_daemon::{Clock, Control, Daemon, DaemonOptions};
use firstsight_server::auth::{Gate, GateOptions};
use firstsight_server::{App, AppOptions, Limits};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::args::Args;
use crate::failure::Failure;
use crate::surroundings::{overlaid, random, state_directory};

/// Reads the configuration, and says what is doubtful in it.
pub(crate) fn configuration(args: &Args, surroundings: &dyn Surroundings) -> Result<Config, Failure> {
    let path = args.config.as_deref().ok_or_else(|| {
        Failure::Usage(
            "name a configuration with --config FILE or FIRSTSIGHT_CONFIG; 'firstsight init' writes one"
                .to_owned(),
        )
    })?;
    let name = path.display().to_string();
    let text = surroundings
        .read(path)
        .map_err(|error| Failure::Usage(format!("cannot read the configuration {name}: {error}")))?;
    // A demonstration is the same for everybody.
    let overlaid = if args.demo { Vec::new() } else { overlaid() };
    let mut config = parse_with(&name, &text, &overlaid)?;
    if let Some(bind) = args.bind {
        config.server.bind = bind;
    }
    if let Some(states) = &args.states {
        config.store.path = Some(states.clone());
    }
    for warning in config.warnings.iter().chain(&config.idle()) {
        tracing::warn!("{}", warning.in_file(&config.file));
    }
    Ok(config)
}

/// Opens the daemon over the folder of its states, which is made where it is missing.
pub(crate) async fn daemon(
    config: Config,
    clock: &Arc<dyn Clock>,
    surroundings: &Arc<dyn Surroundings>,
) -> Result<Arc<Daemon>, Failure> {
    let states = states(&config)?;
    make_folder(&states)?;
    let options = DaemonOptions {
        config,
        states,
        clock: Arc::clone(clock),
        surroundings: Arc::clone(surroundings),
        workers: std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(16),
        seed: seed()?,
    };
    Ok(Daemon::open(options).await?)
}

/// What is configured (or said, which beats it) beats what systemd gives beats the user's own folder.
fn states(config: &Config) -> Result<PathBuf, Failure> {
    let named = config.store.path.clone().or_else(state_directory);
    if let Some(path) = named {
        return Ok(path);
    }
    let base = etcetera::choose_base_strategy().map_err(|_| {
        Failure::Usage(
            "no home folder is known: name the folder of the states with --states DIR, or path in [store]"
                .to_owned(),
        )
    })?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(folder.join("firstsight").join("daemon"))
}

/// What is kept is for its owner alone.
fn make_folder(path: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| {
        Failure::Failed(format!(
            "cannot make the folder of states {}: {error}",
            path.display()
        ))
    })
}

fn seed() -> Result<u64, Failure> {
    let mut bytes = [0; 8];
    random(&mut bytes)
        .map_err(|error| Failure::Failed(format!("the system gives no random bytes: {error}")))?;
    Ok(u64::from_le_bytes(bytes))
}

/// A server that goes on until it is told to stop.
pub(crate) struct Server {
    /// Where it is reached.
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    _threads: Threads,
}

/// Threads for the server alone: runs parse and judge for many milliseconds in a row, and whoever asks is not to wait for that.
struct Threads(Option<Runtime>);

impl Threads {
    fn new() -> std::io::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.enable_all().thread_name("server").build()?;
        Ok(Self(Some(runtime)))
    }

    fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        match &self.0 {
            Some(runtime) => runtime.spawn(task),
            None => tokio::spawn(task),
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // To wait for its threads would block one of the daemon's.
            runtime.shutdown_background();
        }
    }
}

/// Serves, where that is configured.
pub(crate) async fn server(
    args: &Args,
    config: &Config,
    daemon: &Arc<Daemon>,
    surroundings: &dyn Surroundings,
) -> Result<Option<Server>, Failure> {
    if !config.server.enabled {
        return Ok(None);
    }
    let bind = config.server.bind;
    let other = if args.demo {
        "--port"
    } else {
        "--bind or server.bind"
    };
    let cannot = |error| {
        Failure::Failed(format!(
            "cannot serve {bind}: {error}; choose another with {other}"
        ))
    };
    let threads = Threads::new().map_err(cannot)?;
    let listener = threads.spawn(TcpListener::bind(bind)).await;
    let listener = listener
        .map_err(std::io::Error::from)
        .and_then(std::convert::identity)
        .map_err(cannot)?;
    let address = listener.local_addr().unwrap_or(bind);
    // The port may have been the system's choice: requests come to the one that it chose.
    let gate = gate(config, surroundings, address)?;
    let control: Arc<dyn Control> = Arc::new(Arc::clone(daemon));
    let app = App::new(AppOptions {
        control,
        gate: Arc::new(gate),
        version: env!("CARGO_PKG_VERSION"),
    });
    let app = if args.demo { app.demonstration() } else { app };
    let (stop, stopped) = oneshot::channel::<()>();
    let task = threads.spawn(async move {
        // Dropping the other end stops it as well.
        let stop = async { _ = stopped.await };
        if let Err(error) = firstsight_server::serve(app, listener, Limits::default(), stop).await {
            tracing::error!(%error, "the page is no longer served");
        }
    });
    tracing::info!("serving http://{address}");
    Ok(Some(Server {
        address,
        stop,
        task,
        _threads: threads,
    }))
}

/// Who may do what.
pub(crate) fn gate(
    config: &Config,
    surroundings: &dyn Surroundings,
    bind: SocketAddr,
) -> Result<Gate, Failure> {
    let tokens = open_tokens(config, surroundings)?;
    let server = &config.server;
    let options = GateOptions {
        admin: tokens.admin,
        reader: tokens.reader,
        bind,
        public_url: server.public_url.clone(),
        hosts: server.hosts.clone(),
        session_seconds: server.session_seconds,
        random: Arc::new(draw),
    };
    Gate::new(options).map_err(|said| Failure::Usage(format!("{}: {said}", config.file)))
}

/// Sessions rest on these bytes: without them there is nothing to go on with.
#[allow(
    clippy::panic,
    reason = "a guessable session would be worse; the request alone ends"
)]
fn draw(bytes: &mut [u8]) {
    if let Err(error) = random(bytes) {
        panic!("the system gives no random bytes: {error}");
    }
}

impl Server {
    /// Lets what is being answered end, and no more.
    pub(crate) async fn stop(self) {
        // Where it has ended already, nobody listens.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}
