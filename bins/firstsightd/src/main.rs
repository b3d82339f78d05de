//! The daemon: reads the configuration, wires, schedules, serves.

mod args;
mod clock;
mod demo;
mod drive;
mod failure;
mod logging;
mod service;
mod signals;
mod surroundings;
mod wiring;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use args::Args;
use clock::WallClock;
use demo::Demo;
use drive::Drive;
use failure::Failure;
use firstsight_config::Surroundings;
use firstsight_daemon::{Clock, Daemon};
use signals::{Asked, Signals};

/// A run uses many times the memory that the daemon rests in, for seconds of an hour, on threads that come and go: this
/// allocator gives back what it does not use (within some seconds), SQLite's memory included; the system's keeps most of it.
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::read();
    logging::begin(args.log_format, args.level());
    logging::panics();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::Failed(format!("cannot start: {error}")).tell(),
    };
    let outcome = runtime.block_on(run(&args));
    // Reading standard input and what a sink is stuck in must not keep the process.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}

/// What moves the clock.
enum Course {
    /// Nobody: it is the machine's.
    Wall,
    /// Lines on standard input.
    Drive(Drive),
    /// A demonstration.
    Demo(Demo),
}

/// From the start to the end.
async fn run(args: &Args) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    if args.demo {
        return show(args, signals).await;
    }
    if !args.drive {
        return serve(args, &(Arc::new(WallClock) as _), Course::Wall, signals).await;
    }
    let drive = tokio::select! {
        drive = Drive::begin() => drive?,
        () = signals.stop() => return Ok(()),
    };
    let clock: Arc<dyn Clock> = Arc::clone(&drive.clock) as _;
    serve(args, &clock, Course::Drive(drive), signals).await
}

/// A demonstration: the same daemon, on made-up data, in a folder that is removed at the end.
async fn show(args: &Args, mut signals: Signals) -> Result<(), Failure> {
    demo::port(args.port)?;
    let folder = demo::folder()?;
    let made = Demo::make(folder.path(), args.port, async { signals.stop().await }).await;
    let outcome = match made {
        Ok(Some(demo)) => {
            let clock: Arc<dyn Clock> = Arc::clone(&demo.clock) as _;
            let args = demo.args(args);
            serve(&args, &clock, Course::Demo(demo), signals).await
        }
        Ok(None) => Ok(()),
        Err(failure) => Err(failure),
    };
    demo::remove(folder).await;
    outcome
}

async fn serve(args: &Args, clock: &Arc<dyn Clock>, course: Course, signals: Signals) -> Result<(), Failure> {
    let surroundings: Arc<dyn Surroundings> = Arc::new(surroundings::Real::of(clock));
    let config = wiring::configuration(args, &*surroundings)?;
    if config.server.enabled {
        // What is wrong there is told before states are touched.
        wiring::gate(&config, &*surroundings, config.server.bind)?;
    }
    let daemon = wiring::daemon(config.clone(), clock, &surroundings).await?;
    let server = match wiring::server(args, &config, &daemon, &*surroundings).await {
        Ok(server) => server,
        Err(failure) => {
            daemon.stop().await;
            return Err(failure);
        }
    };
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        inspections = config.inspections.len(),
        "ready"
    );
    service::ready();
    let watched = tokio::spawn(service::watch(Arc::clone(&daemon)));
    let mut running = Running {
        args,
        daemon: &daemon,
        surroundings: &surroundings,
        signals,
    };
    let address = server.as_ref().map(|server| server.address);
    let outcome = running.until_stopped(course, address).await;
    service::stopping();
    watched.abort();
    running.stop(server).await;
    outcome
}

/// A daemon at work.
struct Running<'a> {
    args: &'a Args,
    daemon: &'a Arc<Daemon>,
    surroundings: &'a Arc<dyn Surroundings>,
    signals: Signals,
}

impl Running<'_> {
    /// Runs until somebody asks to stop, the simulation is over, or the scheduler has failed.
    async fn until_stopped(&mut self, course: Course, address: Option<SocketAddr>) -> Result<(), Failure> {
        let daemon = Arc::clone(self.daemon);
        let mut scheduler = tokio::spawn({
            let daemon = Arc::clone(&daemon);
            async move { daemon.serve().await }
        });
        let driven = async {
            match course {
                Course::Wall => std::future::pending().await,
                Course::Drive(mut drive) => drive.run(&daemon).await,
                Course::Demo(demo) => demo.run(&daemon, address).await,
            }
        };
        tokio::pin!(driven);
        loop {
            tokio::select! {
                outcome = &mut driven => return outcome,
                _ = &mut scheduler => {
                    return Err(Failure::Failed("the scheduler has ended: start again, nothing is lost".to_owned()));
                }
                asked = self.signals.next() => match asked {
                    Asked::Stop => return Ok(()),
                    Asked::Reload => self.reload().await?,
                },
            }
        }
    }

    async fn reload(&self) -> Result<(), Failure> {
        service::reloading();
        match wiring::configuration(self.args, &**self.surroundings) {
            // What became of it is logged and shown.
            Ok(config) => _ = self.daemon.reload(config).await,
            Err(Failure::Failed(said) | Failure::Usage(said)) => self.daemon.reload_failed(&said),
        }
        service::ready();
        if self.args.drive {
            drive::say("reloaded", self.surroundings.now())?;
        }
        Ok(())
    }

    /// Stops; a second signal stops at once.
    async fn stop(&mut self, server: Option<wiring::Server>) {
        tracing::info!("stopping");
        let ended = async {
            let served = async {
                if let Some(server) = server {
                    server.stop().await;
                }
            };
            tokio::join!(self.daemon.stop(), served);
        };
        tokio::pin!(ended);
        loop {
            tokio::select! {
                () = &mut ended => return tracing::info!("stopped"),
                asked = self.signals.next() => if asked == Asked::Stop {
                    return tracing::warn!("stopped at once: the next start goes on");
                },
            }
        }
    }
}
