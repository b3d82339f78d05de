//! Writes the made-up report of the conformance suite in every form into a folder:
//! `cargo run -p firstsight-sink --features conformance --example report -- FOLDER`.

use std::path::PathBuf;
use std::{fs, io};

use firstsight_sink::conformance::fixture;
use firstsight_sink::terminal::TerminalOptions;
use firstsight_sink::{html, json, terminal};

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "name a folder to write to",
        ));
    };
    fs::create_dir_all(&folder)?;
    let report = fixture::report();
    for (width, color) in [(60, false), (100, true), (160, false)] {
        let text = terminal::render(
            &report,
            &TerminalOptions {
                width,
                color,
                ..TerminalOptions::default()
            },
        );
        fs::write(folder.join(format!("report-{width}.txt")), text)?;
    }
    fs::write(folder.join("report.json"), json::render(&report))?;
    fs::write(folder.join("report.ndjson"), json::render_lines(&report))?;
    html::replace_file(&folder.join("report.html"), &html::render(&report))?;
    html::replace_file(&folder.join("quiet.html"), &html::render(&fixture::quiet()))?;
    html::replace_file(&folder.join("events.html"), &html::render_events(&report.events))
}
