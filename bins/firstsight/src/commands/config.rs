//! `firstsight config`: what a configuration means.

use std::path::Path;

use firstsight_config::{explain, needs, schema};
use firstsight_sink::terminal::neutralise;

use crate::args::config::Config as Action;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::{alerts, output, surroundings};

pub(crate) fn run(action: &Action, context: &Context) -> Result<Done, Failure> {
    match action {
        Action::Check { file } => check(file, context),
        Action::Schema => {
            let text =
                serde_json::to_string_pretty(&schema()).map_err(|error| Failure::from_error(&error))?;
            output::print(&format!("{text}\n"))?;
            Ok(Done::Well)
        }
    }
}

fn check(file: &Path, context: &Context) -> Result<Done, Failure> {
    let config = alerts::configuration(file, context)?;
    for idle in config.idle() {
        context.hint(&format!("warning: {}", idle.in_file(&config.file)));
    }
    let surroundings = surroundings::real();
    let text = explain(&config, &*surroundings);
    let lines: Vec<String> = text.lines().map(|line| neutralise(line).into_owned()).collect();
    output::print(&format!("{}\n", lines.join("\n")))?;
    let missing = needs(&config, &*surroundings)
        .iter()
        .filter(|need| need.missing.is_some())
        .count();
    if missing == 0 {
        return Ok(Done::Well);
    }
    context.hint(&format!(
        "{}: no mistakes, but {missing} of what it needs is missing",
        config.file
    ));
    Ok(Done::Wrong)
}
