//! The command-line interface: parses arguments, wires, prints, exits.

mod alerts;
mod args;
mod clock;
mod commands;
mod context;
mod failure;
mod iam;
mod opening;
mod output;
mod progress;
mod surroundings;
mod tables;

use std::process::ExitCode;

use args::ledger::Action;
use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use context::Context;
use failure::{Done, Failure};
use firstsight_engine::severity::SeverityTable;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let context = Context::new(&cli);
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(context.workers)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return context.end(Err(Failure::new(format!("cannot start: {error}")))),
    };
    let outcome = runtime.block_on(run(cli, &context));
    runtime.shutdown_background();
    context.end(outcome)
}

async fn run(cli: Cli, context: &Context) -> Result<Done, Failure> {
    context.watch_for_ctrl_c();
    match cli.command {
        Command::Inspect(args) => commands::inspect::run(args, context).await,
        Command::Replay(args) => commands::replay::run(args, context).await,
        Command::Clusters(args) => match args.action {
            Some(action) => commands::people::act(action, context).await,
            None => commands::listing::clusters(args, context).await,
        },
        Command::Audit(args) => commands::people::audit(args, context).await,
        Command::Baseline(action) => commands::baseline::run(action, context).await,
        Command::Events(args) => match args.action {
            Some(Action::Show(args)) => commands::ledger::show(args, context).await,
            None => commands::ledger::events(args.list, context).await,
        },
        Command::Faults(args) => commands::ledger::faults(args, context).await,
        Command::Keys(args) => commands::listing::keys(args, context).await,
        Command::Explain(args) => commands::explain::run(args, context).await,
        Command::Label(args) => commands::label::run(args, context).await,
        Command::Check(args) => commands::check::run(args, context).await,
        Command::Init(args) => commands::init::run(args, context),
        Command::Config(action) => commands::config::run(&action, context),
        Command::Status(args) => commands::status::run(args, context).await,
        Command::Backup(args) => commands::backup::run(args, context).await,
        Command::Deliver(args) => commands::deliver::run(args, context).await,
        Command::Mutes(action) => commands::mutes::run(action, context).await,
        Command::Guance(action) => commands::guance::run(action, context).await,
        Command::Webhook(action) => commands::webhook::run(&action),
        Command::Sample(args) => commands::sample::run(&args, context).await,
        Command::Demo(args) => commands::demo::run(args, context).await,
        Command::IamPolicy(args) => commands::policy::run(&args, context),
        Command::SeverityTable => {
            output::print(SeverityTable::BUILT_IN)?;
            Ok(Done::Well)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "firstsight", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
            Ok(Done::Well)
        }
    }
}
