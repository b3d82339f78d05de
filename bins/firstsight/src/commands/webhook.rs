//! `firstsight webhook`: ready templates.

use crate::args::alerts::Webhook;
use crate::failure::{Done, Failure};
use crate::output;

pub(crate) fn run(action: &Webhook) -> Result<Done, Failure> {
    let Webhook::Template { name } = action;
    let text = name.text();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    output::print(&format!("{text}{end}"))?;
    Ok(Done::Well)
}
