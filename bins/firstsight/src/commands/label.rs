//! `firstsight label`: which cluster each error event belongs to.

use std::fmt::Write as _;

use firstsight_cloudtrail::TimeRange;
use firstsight_inspection::{Ingest, Replay, Settings, judge_window, labels_of, replay};

use crate::args::LabelArgs;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;
use crate::output;

pub(crate) async fn run(args: LabelArgs, context: &Context) -> Result<Done, Failure> {
    let opened = opening::source(&args.sources, context).await?;
    let store = opening::store(None).await?;
    let options = Ingest {
        labels: true,
        ..opening::reading(context, TimeRange::ALL)
    };
    let read = opening::read(&opened, &store, &options, context).await?;
    let (first, last) = opening::extent(&*store, &opened, &read).await?;
    let mut settings = Settings {
        min_history_hours: 0,
        ..Settings::default()
    };
    if args.online {
        let plan = Replay {
            cancel: context.cancel.clone(),
            ..Replay::over(first, last, &settings, context.now)
        };
        let bar = crate::progress::steps(context, plan.ends(&settings).len() as u64, "windows");
        replay(&*store, &settings, &plan, async |_| {
            bar.inc(1);
            Ok::<(), Failure>(())
        })
        .await?;
        bar.finish_and_clear();
    } else {
        settings.window_hours = last.hour().index() - first.hour().index() + 1;
        judge_window(
            &*store,
            &settings,
            last.hour().plus(1),
            read.complete(),
            context.now,
        )
        .await?;
    }
    let mut text = String::new();
    for (event, cluster) in labels_of(&*store, &read.labels).await? {
        let event = firstsight_sink::terminal::neutralise(&event);
        let cluster = cluster.map_or_else(|| "-".to_owned(), |cluster| cluster.to_string());
        let _ = writeln!(text, "{event}\t{cluster}");
    }
    output::emit(&text, args.output.as_deref())?;
    Ok(if read.complete() {
        Done::Well
    } else {
        Done::Incomplete
    })
}
