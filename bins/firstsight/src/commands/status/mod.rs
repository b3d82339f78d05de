//! `firstsight status`: asks a daemon how it stands.

mod asking;
mod standing;

use serde_json::json;

use crate::args::operations::{Form, Status};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::output;
use standing::Standing;

pub(crate) async fn run(args: Status, context: &Context) -> Result<Done, Failure> {
    let document = context.or_cancelled(asking::ask(&args)).await??;
    let standing = Standing::of(&document, &args).map_err(|said| match said {
        standing::Wrong::Unknown(said) => Failure::Usage(said),
        standing::Wrong::Unread(said) => Failure::Unreachable(asking::another(&args.url, &said)),
    })?;
    let text = match args.format {
        Form::Table => standing.text(),
        Form::Json => {
            let whole = json!({
                "schema": "firstsight.status/1",
                "well": standing.problems.is_empty(),
                "problems": standing.problems,
                "daemon": document,
            });
            // Texts of the answer may quote log text.
            format!("{}\n", firstsight_sink::json::harmless(&format!("{whole:#}")))
        }
    };
    output::print(&text)?;
    let is_well = standing.problems.is_empty();
    Ok(if is_well { Done::Well } else { Done::Wrong })
}
