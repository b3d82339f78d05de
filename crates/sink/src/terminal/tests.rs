use firstsight_engine::Silenced;
use proptest::prelude::*;

use super::layout::columns;
use super::*;
use crate::conformance::{HOSTILE, Medium, assert_harmless, fixture};
use crate::{KeyActivity, KeyStanding, Report};

fn text(report: &Report, width: usize) -> String {
    render(
        report,
        &TerminalOptions {
            width,
            ..TerminalOptions::default()
        },
    )
}

/// Reasons are worded by the engine: their place is tested apart.
fn without_reasons() -> Report {
    let mut report = fixture::report();
    for finding in &mut report.findings {
        finding.reasons.clear();
    }
    report
}

#[test]
fn report_on_60_columns() {
    insta::assert_snapshot!(text(&without_reasons(), 60));
}

#[test]
fn report_on_100_columns() {
    insta::assert_snapshot!(text(&without_reasons(), 100));
}

#[test]
fn report_on_160_columns() {
    insta::assert_snapshot!(text(&without_reasons(), 160));
}

#[test]
fn report_in_colour() {
    let options = TerminalOptions {
        width: 100,
        color: true,
        ..TerminalOptions::default()
    };
    insta::assert_snapshot!(render(&without_reasons(), &options).replace('\u{1b}', "^"));
}

#[test]
fn quiet_hour_says_so_and_little_else() {
    insta::assert_snapshot!(text(&fixture::quiet(), 100));
}

#[test]
fn events_with_their_findings() {
    let events: Vec<_> = without_reasons()
        .events
        .into_iter()
        .map(|mut event| {
            event
                .findings
                .iter_mut()
                .for_each(|finding| finding.reasons.clear());
            event
        })
        .collect();
    insta::assert_snapshot!(render_events(&events, &TerminalOptions::default()));
}

#[test]
fn trouble_of_an_inspection() {
    let mut told = String::new();
    for locale in Locale::ALL {
        let options = TerminalOptions {
            locale,
            ..TerminalOptions::default()
        };
        told += &render_events(&fixture::troubles()[..3], &options);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let report = fixture::report();
    let colour = TerminalOptions {
        width: 80,
        color: true,
        ..TerminalOptions::default()
    };
    let mut plain = String::new();
    let mut rest = render(&report, &colour);
    while let Some((before, code)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        let (code, after) = code.split_once('m').unwrap();
        assert!(code.starts_with('['), "only colours: {code:?}");
        rest = after.to_owned();
    }
    plain.push_str(&rest);
    let plain: Vec<&str> = plain.lines().map(str::trim_end).collect();
    let expected = text(&report, 80);
    assert_eq!(plain, expected.lines().map(str::trim_end).collect::<Vec<_>>());
}

#[test]
fn each_reason_stands_on_a_line_of_its_own() {
    let finding = fixture::sign_in();
    let report = Report {
        findings: vec![finding.clone()],
        ..fixture::quiet()
    };
    let text = text(&report, 200);
    for reason in &finding.reasons {
        assert!(text.contains(&format!("          - {reason}\n")), "{text}");
    }
}

#[test]
fn records_from_before_the_window_are_called_earlier() {
    let mut report = fixture::report();
    report.findings.truncate(1);
    assert!(text(&report, 100).contains(" · samples "));
    let before = report.window.start.plus_millis(-1);
    for sample in &mut report.findings[0].samples {
        sample.time = before;
    }
    assert!(text(&report, 100).contains(" · earlier samples "));
}

#[test]
fn a_window_without_errors_counts_no_clusters() {
    let mut report = fixture::quiet();
    for account in &mut report.accounts {
        (account.errors, account.active_clusters, account.known_clusters) = (0, 0, 0);
    }
    let text = text(&report, 100);
    assert!(text.contains("7,230 records and 0 error events\n"), "{text}");
}

#[test]
fn what_people_silenced_is_counted() {
    let report = Report {
        silenced: Silenced {
            acknowledged: 1,
            expected: 2,
            archived: 0,
            errors: 340,
        },
        ..fixture::quiet()
    };
    let text = text(&report, 200);
    assert!(
        text.contains("21 without a finding (2 expected: 340 error events; 1 acknowledged)"),
        "{text}"
    );
}

#[test]
fn headline_says_the_result() {
    let quiet = fixture::quiet();
    let with = |findings| Report {
        findings,
        ..quiet.clone()
    };
    let first = |report: &Report| text(report, 100).lines().next().unwrap().to_owned();
    let mut nothing_read = quiet.clone();
    nothing_read.accounts.clear();
    let mut no_errors = quiet.clone();
    no_errors
        .accounts
        .iter_mut()
        .for_each(|account| account.errors = 0);
    let mut hidden = quiet.clone();
    (hidden.hidden.info, hidden.hidden.warning) = (12, 3);
    let mut again = fixture::stop_logging();
    again.recorded = true;
    for (report, expected) in [
        (
            quiet.clone(),
            "Nothing new: 123 error events in 21 known clusters",
        ),
        (nothing_read, "Nothing to judge: no records in the window"),
        (no_errors, "Nothing new: no error events in 7,230 records"),
        (
            hidden,
            "Nothing new above warning: 3 warning and 12 info findings not shown",
        ),
        (
            with(vec![fixture::stop_logging(), fixture::stop_logging()]),
            "2 new errors in 1 account, 2 critical",
        ),
        (
            with(vec![fixture::new_actor()]),
            "1 known error by a new actor in 1 account, most severe: error (still learning: not alerted)",
        ),
        (
            with(vec![again]),
            "1 new error in 1 account, 1 critical (all reported before)",
        ),
    ] {
        assert_eq!(first(&report), expected);
    }
}

#[test]
fn what_iam_does_not_tell_is_said_once_with_its_reason() {
    let mut report = fixture::report();
    let denied = || {
        Some(KeyStanding::Unknown {
            reason: "not permitted: allow iam:GetAccessKeyLastUsed in account 111122223333".to_owned(),
        })
    };
    report.keys[0].iam = denied();
    report.keys.push(KeyActivity {
        iam: denied(),
        id: "AKIAI44QH8DHBEXAMPLE".to_owned(),
        ..report.keys[0].clone()
    });
    let shown = text(&report, 200);
    let told = "keys      IAM tells nothing of 2 access keys: not permitted: allow iam:GetAccessKeyLastUsed in account \
                111122223333\n";
    assert!(shown.contains(told), "{shown}");
    assert_eq!(shown.matches("IAM").count(), 1, "{shown}");
}

#[test]
fn accounts_are_named_by_their_aliases() {
    let mut report = fixture::report();
    report.accounts[1].alias = Some("acme\u{1b}-dev".to_owned());
    let shown = text(&report, 200);
    for named in [
        "          account 111122223333 (acme-prod) · 4 times",
        "          account 444455556666 (acme\\u{1b}-dev) · 17 times",
        "learning  account 444455556666 (acme\\u{1b}-dev): 30 hours",
    ] {
        assert!(shown.contains(named), "{named}: {shown}");
    }
}

#[test]
fn hidden_findings_are_counted_with_the_way_to_see_them() {
    let mut report = fixture::quiet();
    (report.hidden.info, report.hidden.warning) = (1200, 3);
    let shown = text(&report, 100);
    assert!(shown.contains("3 warning and 1,200 info findings not shown: --min-severity info\n"));
}

#[test]
fn many_of_a_kind_are_counted() {
    let mut report = fixture::report();
    report.sources = (1..=5).map(|number| format!("source{number}")).collect();
    report.input.unread = (1..=1004).map(|number| format!("file{number}: locked")).collect();
    let shown = text(&report, 100);
    assert!(shown.contains("source1, source2, source3 and 2 more"), "{shown}");
    assert!(
        shown.contains("file3: locked\n          and 1,001 more units\n"),
        "{shown}"
    );
    assert!(!shown.contains("file4"));
}

#[test]
fn hostile_texts_are_harmless() {
    for (name, hostile) in HOSTILE {
        assert_harmless(
            Medium::Terminal,
            name,
            &text(&fixture::hostile_report(hostile), 100),
        );
    }
}

/// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
fn cases(usual: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = u64::from(usual) * u64::from(asked.cases) / 256;
    ProptestConfig {
        cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..asked
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn any_report_fits_its_width_without_control_characters(
        hostile in ".{0,80}|[\\x00-\\x1f\\u{7f}-\\u{9f}\\u{202a}-\\u{202e} a-c東🙂]{0,300}",
        width in 0_usize..300,
    ) {
        let shown = text(&fixture::hostile_report(&hostile), width);
        let allowed = width.clamp(40, 200);
        for line in shown.lines() {
            prop_assert!(columns(line) <= allowed, "{line:?}");
            prop_assert!(!line.contains(char::is_control));
            prop_assert!(!line.ends_with(' '), "{line:?}");
        }
    }

    #[test]
    fn neutralised_text_is_stable(hostile in any::<String>()) {
        let once = neutralise(&hostile).into_owned();
        prop_assert_eq!(neutralise(&once), once.as_str());
    }
}

#[test]
fn reasons_are_told_in_the_asked_language() {
    let report = Report {
        findings: vec![fixture::stop_logging()],
        ..fixture::quiet()
    };
    let options = TerminalOptions {
        width: 200,
        locale: Locale::Chinese,
        ..TerminalOptions::default()
    };
    let text = render(&report, &options);
    for reason in &fixture::stop_logging().reasons {
        assert!(
            text.contains(&format!("          - {}\n", reason.sentence(Locale::Chinese))),
            "{text}"
        );
    }
    assert!(text.contains("从未见过") && !text.contains("UNSEEN"), "{text}");
}
