//! How fast the daemon answers, and how much memory it takes: over a state of 100,000 clusters and 10,000 events, while an
//! inspection runs. `scripts/load` builds what it needs and starts it.

mod daemon;
mod report;
mod state;
mod traffic;
mod world;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use daemon::{Daemon, Input};
use firstsight_cloudtrail::{Hour, Timestamp};
use reqwest::Client;
use state::Size;
use traffic::{Known, Pace};

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The inspection under load.
pub(crate) const INSPECTION: &str = "main";

/// Measures the daemon under load. Exits 1 when a request failed; the goals are printed, and fail nothing.
#[derive(Debug, Parser)]
#[command(name = "load")]
struct Args {
    /// The daemon's binary.
    #[arg(long, value_name = "FILE")]
    daemon: PathBuf,
    /// The folder that is worked in, which has to be empty or be of an earlier call in the same hour: its state is used again.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// So long.
    #[arg(long, default_value_t = 60, value_name = "N")]
    seconds: u32,
    /// So many requests a second.
    #[arg(long, default_value_t = 50, value_name = "N")]
    rate: u32,
    /// So many clusters in the state at least.
    #[arg(long, default_value_t = 100_000, value_name = "N")]
    clusters: usize,
    /// And so many events.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    events: usize,
    /// So many days the state goes back, 30 at least: by itself a little less than the retention, so that nothing of it is
    /// forgotten at once.
    #[arg(long, default_value_t = 89, value_name = "N", value_parser = clap::value_parser!(u32).range(30..))]
    days: u32,
    /// No inspection runs meanwhile.
    #[arg(long)]
    no_runs: bool,
    /// Chooses what is asked.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
}

#[tokio::main]
async fn main() -> Outcome<ExitCode> {
    let args = Args::parse();
    let hour = now()?.hour();
    prepare(&args, hour).await?;
    measure(&args, hour).await
}

#[allow(
    clippy::disallowed_methods,
    reason = "what is made up ends where the daemon's clock stands"
)]
fn now() -> Outcome<Timestamp> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis())?))
}

/// Every finding is told, so that there are events enough.
const CONFIGURATION: &str = r#"
[inspections.main]
source = { kind = "files", paths = ["trail"] }
jitter = "0"
alert_severity = "info"

[sinks.siem]
kind = "json"
path = "siem.ndjson"

[sinks.archive]
kind = "ocsf"
path = "archive.ndjson"
"#;

/// Makes the state, unless it is there.
async fn prepare(args: &Args, hour: Hour) -> Outcome<()> {
    let states = args.folder.join("states");
    std::fs::create_dir_all(&states)?;
    std::fs::create_dir_all(args.folder.join("trail"))?;
    std::fs::write(args.folder.join("firstsight.toml"), CONFIGURATION)?;
    let path = states.join(format!("{INSPECTION}.db"));
    if path.try_exists()? {
        return Ok(());
    }
    let config = firstsight_config::parse("firstsight.toml", CONFIGURATION)?;
    let begun = Instant::now();
    let size = Size {
        clusters: args.clusters,
        events: args.events,
        hours: args.days as usize * 24,
    };
    let totals = state::fill(&path, &config, size, hour).await?;
    let mut out = std::io::stdout();
    writeln!(
        out,
        "state: {} clusters, {} events, {} open faults, {} MB; made in {} s",
        totals.clusters,
        totals.events,
        totals.open_faults,
        std::fs::metadata(&path)?.len() / 1_000_000,
        begun.elapsed().as_secs()
    )?;
    Ok(())
}

/// A run takes this long at least.
const SHORTEST_RUN: u32 = 1;
/// So long the daemon rests before its memory is read: its allocator gives back what is not used within some seconds.
const REST: Duration = Duration::from_secs(20);

async fn measure(args: &Args, hour: Hour) -> Outcome<ExitCode> {
    let mut out = std::io::stdout();
    let client = Client::builder().no_proxy().build()?;
    let runs = if args.no_runs {
        0
    } else {
        args.seconds / SHORTEST_RUN
    };
    let input = Input::make(&args.folder, runs as usize, args.clusters, hour.plus(-1))?;
    let daemon = Daemon::start(&args.daemon, &args.folder, &client).await?;
    tokio::time::sleep(REST).await;
    let at_rest = daemon.memory()?;
    report::memory(&mut out, "at rest", at_rest)?;

    let known = Arc::new(Known::of(&client, &daemon.url).await?);
    let until = Instant::now() + Duration::from_secs(args.seconds.into());
    let beside = match args.no_runs {
        false => Some(tokio::spawn(daemon::run_on(
            client.clone(),
            daemon.url.clone(),
            input,
            until,
        ))),
        true => None,
    };
    let (begun, used) = (Instant::now(), daemon.used()?);
    let pace = Pace {
        per_second: args.rate,
        seconds: args.seconds,
    };
    let asked = traffic::ask(&client, &daemon.url, &known, pace, args.seed).await;
    let (took, used) = (begun.elapsed(), daemon.used()? - used);
    report::memory(&mut out, "under load", daemon.memory()?)?;
    let is_fast = report::latencies(&mut out, &asked)?;
    if let Some(beside) = beside {
        report::runs(&mut out, &beside.await??, took)?;
    }
    tokio::time::sleep(REST).await;
    let after = daemon.memory()?;
    report::memory(&mut out, "20 s behind it", after)?;
    daemon.stop()?;
    let cores = std::thread::available_parallelism()?;
    writeln!(
        out,
        "{} requests a second for {} s; the daemon used {:.2} of {cores} cores; load average {}",
        args.rate,
        args.seconds,
        used / took.as_secs_f64(),
        load_average()?
    )?;
    report::goal(&mut out, "99 of 100 requests within 50 ms", is_fast)?;
    report::goal(&mut out, "memory at rest under 60 MiB", report::rests(at_rest))?;
    report::goal(&mut out, "the same behind the load", report::rests(after))?;
    let failed = report::failures(&mut out, &asked)?;
    Ok(ExitCode::from(u8::from(failed > 0)))
}

/// What else went on: of one, five and fifteen minutes.
fn load_average() -> Outcome<String> {
    let told = std::fs::read_to_string(Path::new("/proc/loadavg"))?;
    Ok(told.split(' ').take(3).collect::<Vec<_>>().join(" "))
}
