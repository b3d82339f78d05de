//! `firstsight label`: which cluster each error event belongs to.

use std::fmt::Write as _;

use firstsight_inspection::{Settings, labels_of};

use crate::args::LabelArgs;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening::{self, Besides};
use crate::output;

pub(crate) async fn run(args: LabelArgs, context: &Context) -> Result<Done, Failure> {
    let besides = Besides {
        labels: true,
        ..Besides::default()
    };
    let whole = opening::whole(&args.sources, &args.reading, besides, context).await?;
    if args.online {
        let settings = Settings {
            min_history_hours: 0,
            ..Settings::default()
        };
        whole.judge_by_hours(&settings, context).await?;
    } else {
        whole.judge_at_once(context).await?;
    }
    let mut text = String::new();
    for (event, cluster) in labels_of(&*whole.store, &whole.read.labels).await? {
        let event = firstsight_sink::terminal::neutralise(&event);
        let cluster = cluster.map_or_else(|| "-".to_owned(), |cluster| cluster.to_string());
        let _ = writeln!(text, "{event}\t{cluster}");
    }
    output::emit(&text, args.output.as_deref())?;
    Ok(Done::of(whole.read.complete()))
}
