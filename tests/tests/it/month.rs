//! Three days of the simulated month (`docs/soak.md`): nothing is lost, nothing comes twice unmarked, nothing grows; and what was
//! done to the daemon makes no difference to what it finds.

use firstsight_tests::daemon;
use firstsight_tests::month::{Options, Report, simulate};

fn three_days(seed: u64, undisturbed: bool) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        program: daemon(),
        folder: folder.path().to_owned(),
        seed,
        days: 3,
        undisturbed,
    };
    let mut told = Vec::new();
    let report = simulate(&options, &mut |line| told.push(line.to_owned()));
    assert!(
        report.wrong.is_empty(),
        "{}\n{}",
        told.join("\n"),
        report.wrong.join("\n")
    );
    report
}

/// Where two texts part.
fn difference(one: &str, other: &str) -> String {
    let same = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let bytes = &text.as_bytes()[same.saturating_sub(300)..];
        String::from_utf8_lossy(&bytes[..bytes.len().min(600)]).into_owned()
    };
    format!("\n{}\n{}", around(one), around(other))
}

#[test]
fn three_days_with_kills_outages_and_late_records_tell_what_undisturbed_ones_do() {
    let disturbed = three_days(1, false);
    let undisturbed = three_days(1, true);
    assert!(disturbed.events.len() > 100, "{}", disturbed.events.len());
    for (id, told) in &undisturbed.events {
        let other = disturbed.events.get(id).expect("it was told");
        assert!(other == told, "{id}: {}", difference(other, told));
    }
    assert_eq!(disturbed.events.len(), undisturbed.events.len());
}
