//! The simulated month: `month [--days N] [--seed S] [--firstsightd PROGRAM] [--keep DIR] [--events FILE] [--undisturbed]`. Prints a line a day;
//! ends with 1 when something is wrong. Run by `scripts/soak --daemon`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it tells what it sees")]

use std::path::PathBuf;
use std::process::ExitCode;

use firstsight_tests::month::{Options, simulate};

fn main() -> ExitCode {
    let temporary = tempfile::tempdir().expect("a folder can be made");
    let mut options = Options {
        program: firstsight_tests::daemon(),
        folder: temporary.path().to_owned(),
        seed: 1,
        days: 30,
        undisturbed: false,
    };
    let mut events = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        if name == "--undisturbed" {
            options.undisturbed = true;
            continue;
        }
        let value = arguments.next().unwrap_or_default();
        let number = || {
            value
                .parse::<i64>()
                .unwrap_or_else(|_| panic!("{name} takes a number, not {value:?}"))
        };
        match name.as_str() {
            "--days" => options.days = number(),
            "--seed" => options.seed = number().unsigned_abs(),
            "--firstsightd" => options.program = PathBuf::from(value),
            "--events" => events = Some(PathBuf::from(value)),
            "--keep" => options.folder = PathBuf::from(value),
            _ => panic!("unknown argument {name}"),
        }
    }
    let report = simulate(&options, &mut |line| println!("{line}"));
    if let Some(path) = events {
        let lines: String = report.events.values().map(|event| format!("{event}\n")).collect();
        std::fs::write(path, lines).expect("the events can be written");
    }
    for said in &report.wrong {
        eprintln!("wrong: {said}");
    }
    match report.wrong.len() {
        0 => println!("all is well: {} days, seed {}", options.days, options.seed),
        wrong => eprintln!("{wrong} things are wrong"),
    }
    ExitCode::from(u8::from(!report.wrong.is_empty()))
}
