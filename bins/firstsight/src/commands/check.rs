//! `firstsight check`: what keeps findings from coming.

use std::path::{Path, PathBuf};

use firstsight_aws::access::Access;
use firstsight_aws::doctor::{self, Outcome, Step};
use firstsight_cloudtrail::TimeRange;
use firstsight_inspection::{Settings, check_state, unreadable_state};
use firstsight_sink::checkup::{CheckOutcome, CheckStep, Checkup};
use firstsight_sink::terminal::{TerminalOptions, render_checkup};
use firstsight_store::Store as _;
use firstsight_store::sqlite::SqliteStore;

use crate::args::Telling;
use crate::args::check::Check;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::{opening, output};

/// What a log group's name stands behind.
const CLOUDWATCH: &str = "cloudwatch:";

pub(crate) async fn run(args: Check, context: &Context) -> Result<Done, Failure> {
    let state = args.state.as_deref().filter(|path| !path.as_os_str().is_empty());
    let (groups, files) = sources(&args.sources)?;
    if args.sources.is_empty() && state.is_none() {
        return Err(Failure::usage(
            "there is nothing to check: name a source (cloudwatch:GROUP, or files) or a --state",
        ));
    }
    let mut steps = Vec::new();
    if !groups.is_empty() {
        steps.extend(log_groups(groups, &args, context).await?);
    }
    if !files.is_empty() {
        steps.push(listed_files(&files, context).await?);
    }
    steps.extend(state_steps(state, context).await);
    let checkup = Checkup::of(steps);
    output::emit(&told(&checkup, &args, context), args.output.as_deref())?;
    Ok(if checkup.has_bad() {
        Done::Wrong
    } else {
        Done::Well
    })
}

/// Log groups and files apart; only one of them can be given, as for every command.
fn sources(sources: &[PathBuf]) -> Result<(Vec<String>, Vec<PathBuf>), Failure> {
    let group = |path: &Path| {
        path.to_str()
            .and_then(|text| text.strip_prefix(CLOUDWATCH))
            .map(str::to_owned)
    };
    let groups: Vec<String> = sources.iter().filter_map(|path| group(path)).collect();
    let files: Vec<PathBuf> = sources
        .iter()
        .filter(|path| group(path).is_none())
        .cloned()
        .collect();
    if groups.iter().any(String::is_empty) {
        return Err(Failure::usage(
            "cloudwatch: names no log group: write cloudwatch:NAME",
        ));
    }
    if !groups.is_empty() && !files.is_empty() {
        return Err(Failure::usage(
            "log groups and files are checked one after the other: run the command once for each",
        ));
    }
    Ok((groups, files))
}

async fn log_groups(groups: Vec<String>, args: &Check, context: &Context) -> Result<Vec<CheckStep>, Failure> {
    let checkup = doctor::Checkup {
        groups,
        iam: !args.no_iam,
        now: context.now,
    };
    let steps = context.or_cancelled(async {
        match Access::load(args.aws.options(context.now)).await {
            Ok(access) => doctor::check(&access, &checkup).await,
            Err(error) => doctor::unopened(&error, &checkup),
        }
    });
    Ok(steps.await?.into_iter().map(shown).collect())
}

fn shown(step: Step) -> CheckStep {
    CheckStep {
        name: step.name.to_owned(),
        account: step.account,
        region: step.region,
        group: step.group,
        subject: step.subject,
        outcome: match step.outcome {
            Outcome::Good => CheckOutcome::Good,
            Outcome::Skipped => CheckOutcome::Skipped,
            Outcome::Warning => CheckOutcome::Warning,
            Outcome::Bad => CheckOutcome::Bad,
        },
        found: step.found,
        advice: step.advice,
        hinders: step.hinders,
    }
}

/// Files are only listed: reading them is what `inspect` does.
async fn listed_files(files: &[PathBuf], context: &Context) -> Result<CheckStep, Failure> {
    let source = opening::files(files, context);
    let listing = firstsight_source::files::FileSource::listing(&source, &TimeRange::ALL).await;
    Ok(match listing {
        Err(error) => local(
            "files",
            CheckOutcome::Bad,
            firstsight_inspection::chain(&error),
            Some("check the path"),
        ),
        Ok(listing) if listing.files.is_empty() => {
            let advice =
                "name the folder that the trail's bucket was copied to (AWSLogs/…), or the files themselves";
            local(
                "files",
                CheckOutcome::Bad,
                "there is no file to read".to_owned(),
                Some(advice),
            )
        }
        Ok(listing) => {
            let newest = listing
                .newest()
                .map(|time| format!(", the newest of {time} by its name"));
            let found = format!("{} found{}", listing.files.len(), newest.unwrap_or_default());
            local("files", CheckOutcome::Good, found, None)
        }
    })
}

async fn state_steps(state: Option<&Path>, context: &Context) -> Vec<CheckStep> {
    let Some(path) = state else {
        let found = "not asked for (--state): without one every run begins anew";
        return vec![local("state", CheckOutcome::Skipped, found.to_owned(), None)];
    };
    if matches!(path.try_exists(), Ok(false)) {
        let found = format!("there is none at {} yet", path.display());
        let advice = "'firstsight inspect' with this --state makes it";
        return vec![CheckStep {
            hinders: true,
            ..local("state", CheckOutcome::Warning, found, Some(advice))
        }];
    }
    match SqliteStore::open_read_only(path).await {
        Err(error) => vec![unreadable_state(&error)],
        Ok(store) => {
            let steps = check_state(&store, &Settings::default(), context.now).await;
            store.close().await;
            steps
        }
    }
}

fn local(name: &str, outcome: CheckOutcome, found: String, advice: Option<&str>) -> CheckStep {
    CheckStep {
        name: name.to_owned(),
        account: None,
        region: None,
        group: None,
        subject: String::new(),
        outcome,
        found,
        advice: advice.map(str::to_owned),
        hinders: outcome == CheckOutcome::Bad,
    }
}

fn told(checkup: &Checkup, args: &Check, context: &Context) -> String {
    match args.format {
        Telling::Json => firstsight_sink::json::render_checkup(checkup),
        Telling::Table => render_checkup(
            checkup,
            &TerminalOptions {
                width: context.width,
                color: args.output.is_none() && context.color,
                locale: context.locale,
            },
        ),
    }
}
