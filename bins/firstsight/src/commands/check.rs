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
use crate::args::source::Sources;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::{opening, output};

pub(crate) async fn run(args: Check, context: &Context) -> Result<Done, Failure> {
    let state = args.state.as_deref().filter(|path| !path.as_os_str().is_empty());
    if args.sources.is_empty() && state.is_none() {
        return Err(Failure::usage(
            "there is nothing to check: name a source (cloudwatch:GROUP, or files) or a --state",
        ));
    }
    let mut steps = Vec::new();
    match Sources::of(&args.sources)? {
        Sources::LogGroups(groups) => steps.extend(log_groups(groups, &args, context).await?),
        Sources::StoredLogs(_) => {
            return Err(Failure::usage(
                "logs in Guance are checked by 'firstsight guance check'",
            ));
        }
        Sources::Paths(paths) if paths.is_empty() => {}
        Sources::Paths(paths) => steps.push(listed_files(&paths, context).await?),
    }
    steps.extend(state_steps(state, context).await);
    let checkup = Checkup::of(steps);
    let told = told(&checkup, (args.format, args.output.is_none()), context);
    output::emit(&told, args.output.as_deref())?;
    Ok(if checkup.has_bad() {
        Done::Wrong
    } else {
        Done::Well
    })
}

async fn log_groups(groups: Vec<String>, args: &Check, context: &Context) -> Result<Vec<CheckStep>, Failure> {
    let checkup = doctor::Checkup {
        groups,
        iam: !args.no_iam,
        now: context.now,
    };
    let steps = context.or_cancelled(async {
        match Access::load(args.aws.options(&checkup.groups, context.now)).await {
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
        Err(error) => CheckStep::new(
            "files",
            CheckOutcome::Bad,
            firstsight_inspection::chain(&error),
            Some("check the path"),
        ),
        Ok(listing) if listing.files.is_empty() => {
            let advice =
                "name the folder that the trail's bucket was copied to (AWSLogs/…), or the files themselves";
            CheckStep::new(
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
            CheckStep::new("files", CheckOutcome::Good, found, None)
        }
    })
}

async fn state_steps(state: Option<&Path>, context: &Context) -> Vec<CheckStep> {
    let Some(path) = state else {
        let found = "not asked for (--state): without one every run begins anew";
        return vec![CheckStep::new(
            "state",
            CheckOutcome::Skipped,
            found.to_owned(),
            None,
        )];
    };
    if matches!(path.try_exists(), Ok(false)) {
        let found = format!("there is none at {} yet", path.display());
        let advice = "'firstsight inspect' with this --state makes it";
        return vec![CheckStep {
            hinders: true,
            ..CheckStep::new("state", CheckOutcome::Warning, found, Some(advice))
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

/// A check as it is printed.
pub(crate) fn told(checkup: &Checkup, (format, to_stdout): (Telling, bool), context: &Context) -> String {
    match format {
        Telling::Json => firstsight_sink::json::render_checkup(checkup),
        Telling::Table => render_checkup(
            checkup,
            &TerminalOptions {
                width: context.width,
                color: to_stdout && context.color,
                locale: context.locale,
            },
        ),
    }
}
