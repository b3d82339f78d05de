//! Logs on standard error: for people, neutralised, or as JSON.

use std::io::{self, Write};

use firstsight_sink::terminal::neutralise;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, filter};

use crate::args::{LogFormat, LogLevel};

/// Writes logs from here on.
pub(crate) fn begin(format: LogFormat, level: LogLevel) {
    let most = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    // What libraries say below a warning concerns whoever looks for a fault in them.
    let is_ours = move |metadata: &tracing::Metadata<'_>| {
        let limit = match level {
            LogLevel::Debug => most,
            _ if metadata.target().starts_with("firstsight") => most,
            _ => most.min(LevelFilter::WARN),
        };
        *metadata.level() <= limit
    };
    let registry = tracing_subscriber::registry();
    match format {
        LogFormat::Human => {
            let lines = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_writer(Lines);
            registry
                .with(lines.with_filter(filter::filter_fn(is_ours)))
                .init();
        }
        LogFormat::Json => {
            let objects = tracing_subscriber::fmt::layer().json().flatten_event(true);
            let objects = objects.with_writer(io::stderr);
            registry
                .with(objects.with_filter(filter::filter_fn(is_ours)))
                .init();
        }
    }
}

/// Panics are logged as everything is: what they say may quote log text, too.
pub(crate) fn panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let said = panic.payload_as_str().unwrap_or("no reason");
        tracing::error!(place, said, "panicked; please report it");
    }));
}

/// Makes writers of neutralised lines.
#[derive(Clone, Copy, Debug)]
struct Lines;

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<io::Stderr>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(io::stderr())
    }
}

/// Writes what is written at once as one line: it may quote log text.
#[derive(Debug)]
struct Line<W>(W);

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let line = neutralise(text.trim_end_matches('\n'));
        self.0.write_all(format!("{line}\n").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_log_is_one_line_without_control_characters() {
        let mut written = Vec::new();
        let hostile = b"run failed reason=\x1b[2J\nINFO all is well\r\x07\n";
        Line(&mut written).write_all(hostile).unwrap();
        let text = String::from_utf8(written).unwrap();
        assert_eq!(text.matches('\n').count(), 1);
        assert!(text.ends_with('\n'));
        assert!(text.trim_end().chars().all(|c| !c.is_control()), "{text:?}");
    }
}
