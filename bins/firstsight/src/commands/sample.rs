//! `firstsight sample`: realistic CloudTrail to try things on.

use std::path::{Path, PathBuf};

use firstsight_cloudtrail::{ErrorEvent, RecordSeen, Reject, ScanOptions, Scanner, TimeRange, Visitor};
use firstsight_sample::overlay::Overlay;
use firstsight_sample::{Planted, Sample, SampleConfig, SampleError, SampleFile, Written, write};
use firstsight_source::LogSourceExt as _;
use serde_json::{Value, json};

use crate::args::{SampleArgs, SampleShape};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::{opening, output, progress};

pub(crate) async fn run(args: &SampleArgs, context: &Context) -> Result<Done, Failure> {
    let sample = make(&args.shape, context)?;
    let overlay = match args.overlay.as_slice() {
        [] => None,
        recordings => Some(Overlay::new(sample.config(), records(recordings, context).await?)),
    };
    let written = write_all(&sample, overlay.as_ref(), &args.out, context)?;
    if let Some(path) = &args.planted {
        output::emit(&format!("{:#}\n", planted(&sample)), Some(path))?;
    }
    context.hint(&told(&sample, overlay.as_ref(), &written, &args.out));
    Ok(Done::Well)
}

/// The sample that the arguments ask for.
pub(crate) fn make(shape: &SampleShape, context: &Context) -> Result<Sample, Failure> {
    let mut config = SampleConfig::new(
        shape.seed,
        shape
            .end
            .map_or(opening::settled(context), |end| end.hour(context.now)),
    );
    config.days = shape.days;
    config.accounts = shape.accounts;
    config.scale = shape.scale;
    config.attack = !shape.no_attack;
    Sample::new(config).map_err(|error| Failure::usage(error.to_string()))
}

/// Writes the sample, and what is laid over it, with a progress bar.
pub(crate) fn write_all(
    sample: &Sample,
    overlay: Option<&Overlay>,
    out: &Path,
    context: &Context,
) -> Result<Written, Failure> {
    let config = sample.config();
    let bar = progress::steps(context, u64::from(config.days) * 24, "hours written");
    let start = config.start();
    let tell = |file: &SampleFile, _: &Written| {
        bar.set_position(u64::try_from(file.hour.index() - start.index() + 1).unwrap_or(0));
    };
    let files = sample.files().chain(overlay.into_iter().flat_map(Overlay::files));
    let files = files.take_while(|_| !context.cancel.is_cancelled());
    let written = write(files, out, false, tell).map_err(|error| match error {
        SampleError::NotEmpty { path } => Failure::usage(format!(
            "{} is not empty: name an empty or a new folder with --out",
            path.display()
        )),
        error => Failure::from_error(&error),
    });
    bar.finish_and_clear();
    if context.cancel.is_cancelled() {
        Err(Failure::Cancelled)
    } else {
        written
    }
}

fn told(sample: &Sample, overlay: Option<&Overlay>, written: &Written, out: &Path) -> String {
    let config = sample.config();
    let mut text = format!(
        "wrote {} records in {} files to {} ({} to {}, seed {})",
        written.records,
        written.files,
        out.display(),
        config.start(),
        config.end,
        config.seed
    );
    if let Some(overlay) = overlay {
        let moved: Vec<String> = overlay
            .accounts()
            .iter()
            .map(|(from, to)| format!("{from} as {to}"))
            .collect();
        text.push_str(&format!("; laid over: {}", moved.join(", ")));
        if overlay.skipped() > 0 {
            text.push_str(&format!(
                "; {} records without an eventTime were left out",
                overlay.skipped()
            ));
        }
    }
    text
}

fn planted(sample: &Sample) -> Value {
    let document = |planted: &Planted| {
        json!({
            "event_id": planted.event_id,
            "account": planted.account,
            "time": planted.time,
            "event_source": planted.event_source,
            "event_name": planted.event_name,
            "error_code": planted.error_code,
            "why": planted.why,
        })
    };
    Value::Array(sample.planted().iter().map(document).collect())
}

/// The records of some recordings, whatever container they are in.
async fn records(recordings: &[PathBuf], context: &Context) -> Result<Vec<Value>, Failure> {
    let source = opening::files(recordings, context);
    let mut records = Records::default();
    for unit in source.read_units(&TimeRange::ALL).await? {
        let mut scanner = Scanner::new(ScanOptions::new(context.now));
        scanner.feed(&unit.bytes, &mut records);
        scanner.finish(&mut records);
    }
    if records.rejects > 0 {
        context.hint(&format!(
            "{} pieces of the recordings are no records and were left out",
            records.rejects
        ));
    }
    Ok(records.values)
}

/// Collects whole records.
#[derive(Default)]
struct Records {
    values: Vec<Value>,
    rejects: u64,
}

impl Visitor for Records {
    fn record(&mut self, record: &RecordSeen<'_>) {
        self.values.extend(serde_json::from_str::<Value>(record.raw));
    }

    fn error_event(&mut self, _event: &ErrorEvent<'_>) {}

    fn reject(&mut self, _reject: &Reject) {
        self.rejects += 1;
    }
}
