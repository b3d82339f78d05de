//! Each rule, with what it says in so many words.

use super::*;

const ERROR: Status = Status::Error;

#[test]
fn an_event_that_no_policy_is_about_goes_nowhere() {
    let critical = alerting(vec![policy(|p| p.severities = vec![Severity::Critical])]);
    let mut faults = Faults::default();
    assert!(faults.lines(&critical, 10, &[found(1, ERROR, &[1])]).is_empty());
    assert!(
        faults
            .lines(&Alerting::default(), 11, &[found(2, ERROR, &[1])])
            .is_empty()
    );
    assert_eq!(
        faults.lines(&critical, 12, &[found(1, Status::Critical, &[1])]),
        ["1 chat: at once"]
    );
}

#[test]
fn what_a_command_prints_is_told_everything_at_once() {
    let night = policy(|p| {
        p.to = sinks(&["report", "chat"]);
        p.hours = daytime();
        p.outside = Outside::Drop;
    });
    let all = Alerting {
        policies: vec![night],
        mutes: vec![mute("m", |_| {})],
        sinks: sinks(&["report"]),
    };
    let mut faults = Faults::default();
    assert_eq!(
        faults.lines(&all, 2, &[found(1, ERROR, &[1])]),
        ["1 report: at once", "1 chat: muted by \"m\""]
    );
    assert_eq!(
        faults.lines(&all, 3, &[recovers(1)]),
        ["1 report: at once", "1 chat: its fault was not told"]
    );
}

#[test]
fn a_policy_is_about_an_event_when_one_of_its_findings_is_asked_for() {
    let iam = alerting(vec![policy(|p| p.filter.services = vec![pattern("iam")])]);
    let mut faults = Faults::default();
    assert_eq!(
        faults.lines(
            &iam,
            10,
            &[
                found(1, ERROR, &[1, 2]),
                found(2, ERROR, &[2, 3]),
                goes_on(3, ERROR)
            ]
        ),
        ["1 chat: at once", "3 chat: at once"]
    );
}

#[test]
fn a_policy_asks_for_inspections_and_accounts() {
    let one = alerting(vec![policy(|p| p.filter.accounts = vec![pattern("*1")])]);
    let other = alerting(vec![policy(|p| p.filter.inspections = vec![pattern("prod")])]);
    let said = [found(1, ERROR, &[1]), found(2, ERROR, &[1])];
    assert_eq!(Faults::default().lines(&one, 10, &said), ["1 chat: at once"]);
    assert!(Faults::default().lines(&other, 10, &said).is_empty());
}

#[test]
fn an_event_is_muted_when_all_that_it_tells_is() {
    let mut muted = alerting(vec![policy(|_| {})]);
    muted.mutes = vec![mute("pen test", |f| f.services = vec![pattern("iam")])];
    let lines = Faults::default().lines(&muted, 10, &[found(1, ERROR, &[1]), found(2, ERROR, &[1, 2])]);
    assert_eq!(lines, ["1 chat: muted by \"pen test\"", "2 chat: at once"]);
}

#[test]
fn mutes_of_the_state_count_like_those_of_the_configuration() {
    let all = alerting(vec![policy(|_| {})]);
    let mutes = [mute("4f1c", |f| f.accounts = vec![pattern("*1")])];
    let planned = Faults::default().judge(&all, &mutes, 10, &[found(1, ERROR, &[1]), found(2, ERROR, &[1])]);
    let lines: Vec<_> = planned.iter().flatten().map(line).collect();
    assert_eq!(lines, ["chat: muted by \"4f1c\"", "chat: at once"]);
}

#[test]
fn the_reason_of_a_mute_is_nobodys_matter_at_a_sink() {
    let mut muted = alerting(vec![policy(|_| {})]);
    muted.mutes = vec![mute("a\x1b[2J", |_| {})];
    let lines = Faults::default().lines(&muted, 10, &[found(1, ERROR, &[1])]);
    assert_eq!(lines, [r#"1 chat: muted by "a\u{1b}[2J""#]);
}

#[test]
fn a_recovery_goes_where_its_fault_was_told_whatever_holds_by_then() {
    let mut told = alerting(vec![policy(|p| p.silence = 86_400)]);
    let mut faults = Faults::default();
    faults.lines(&told, 10, &[found(1, ERROR, &[1])]);
    told.mutes = vec![mute("all", |_| {})];
    told.policies[0].severities = vec![Severity::Critical];
    told.policies[0].filter.services = vec![pattern("s3")];
    told.policies[0].hours = daytime();
    told.policies[0].outside = Outside::Drop;
    assert_eq!(faults.lines(&told, 23, &[recovers(1)]), ["1 chat: at once"]);
}

#[test]
fn a_recovery_of_a_fault_that_was_muted_is_not_told() {
    let mut muted = alerting(vec![policy(|_| {})]);
    muted.mutes = vec![mute("all", |_| {})];
    let mut faults = Faults::default();
    faults.lines(&muted, 10, &[found(1, ERROR, &[1])]);
    muted.mutes.clear();
    assert_eq!(
        faults.lines(&muted, 11, &[recovers(1)]),
        ["1 chat: its fault was not told"]
    );
}

#[test]
fn a_policy_can_tell_no_recoveries() {
    let none = alerting(vec![policy(|p| p.recovery = false)]);
    let mut faults = Faults::default();
    faults.lines(&none, 10, &[found(1, ERROR, &[1])]);
    assert_eq!(
        faults.lines(&none, 11, &[recovers(1)]),
        ["1 chat: no recoveries by \"p\""]
    );
}

#[test]
fn a_recovery_is_not_lost_where_policies_were_renamed_or_left_out() {
    let mut faults = Faults::default();
    let before = alerting(vec![policy(|p| p.to = sinks(&["chat", "gone"]))]);
    faults.lines(&before, 10, &[found(1, ERROR, &[1])]);
    let renamed = alerting(vec![policy(|p| p.name = "q".to_owned())]);
    assert_eq!(
        faults.lines(&renamed, 11, &[recovers(1)]),
        ["1 chat: at once", "1 gone: at once"]
    );
}

#[test]
fn the_policy_that_told_decides_whether_the_recovery_is() {
    let quiet = policy(|p| {
        p.recovery = false;
        p.severities = vec![Severity::Error];
    });
    let other = policy(|p| {
        p.name = "other".to_owned();
        p.severities = vec![Severity::Critical];
    });
    let both = alerting(vec![quiet, other]);
    let mut faults = Faults::default();
    faults.lines(&both, 10, &[found(1, ERROR, &[1])]);
    assert_eq!(
        faults.clone().lines(&both, 11, &[recovers(1)]),
        ["1 chat: no recoveries by \"p\""]
    );
    faults.lines(&both, 11, &[found(1, Status::Critical, &[2])]);
    assert_eq!(faults.lines(&both, 12, &[recovers(1)]), ["1 chat: at once"]);
}

#[test]
fn a_fault_that_was_told_is_silent_for_so_long() {
    let day = alerting(vec![policy(|p| p.silence = 86_400)]);
    let mut faults = Faults::default();
    assert_eq!(
        faults.lines(&day, 10, &[found(1, ERROR, &[1])]),
        ["1 chat: at once"]
    );
    for hour in [11, 33] {
        assert_eq!(
            faults.lines(&day, hour, &[goes_on(1, ERROR)]),
            [format!("1 chat: silent until {}", end(34))]
        );
    }
    assert_eq!(faults.0[&1].1["p/chat"].silent, 2);
    assert_eq!(faults.lines(&day, 34, &[goes_on(1, ERROR)]), ["1 chat: at once"]);
    assert_eq!(faults.0[&1].1["p/chat"].silent, 0);
}

#[test]
fn silence_is_of_one_fault() {
    let day = alerting(vec![policy(|p| p.silence = 86_400)]);
    let mut faults = Faults::default();
    faults.lines(&day, 10, &[found(1, ERROR, &[1])]);
    assert_eq!(
        faults.lines(&day, 11, &[found(2, ERROR, &[1])]),
        ["2 chat: at once"]
    );
    faults.lines(&day, 12, &[recovers(1)]);
    assert_eq!(
        faults.lines(&day, 13, &[found(1, ERROR, &[1])]),
        ["1 chat: at once"]
    );
}

#[test]
fn new_findings_and_a_rising_status_go_through_silence_as_configured() {
    for (through, finding, rise, fall) in [
        (Through::Findings, true, true, false),
        (Through::Severity, false, true, false),
        (Through::Nothing, false, false, false),
    ] {
        let day = alerting(vec![policy(|p| {
            p.silence = 86_400;
            p.through = through;
        })]);
        let mut faults = Faults::default();
        faults.lines(&day, 10, &[found(1, ERROR, &[1])]);
        let told = |said: Said| faults.clone().lines(&day, 11, &[said])[0].ends_with("at once");
        assert_eq!(told(found(1, ERROR, &[2])), finding, "{through:?}");
        assert_eq!(told(goes_on(1, Status::Critical)), rise, "{through:?}");
        assert_eq!(told(goes_on(1, Status::Warning)), fall, "{through:?}");
    }
}

#[test]
fn a_window_that_is_judged_late_does_not_end_the_silence() {
    let day = alerting(vec![policy(|p| p.silence = 86_400)]);
    let mut faults = Faults::default();
    faults.lines(&day, 40, &[found(1, ERROR, &[1])]);
    assert_eq!(
        faults.lines(&day, 12, &[found(1, ERROR, &[2])]),
        ["1 chat: at once"]
    );
    assert_eq!(faults.0[&1].1["p/chat"].at, end(40));
}

#[test]
fn outside_the_hours_all_is_held_together_until_they_begin() {
    let day = alerting(vec![policy(|p| p.hours = daytime())]);
    let mut faults = Faults::default();
    let morning = format!("{} agg:held:default/p@{}", end(32), end(32));
    assert_eq!(
        faults.lines(&day, 22, &[found(1, ERROR, &[1]), found(2, ERROR, &[1])]),
        [format!("1 chat: {morning}"), format!("2 chat: {morning}")]
    );
    assert_eq!(
        faults.lines(&day, 31, &[goes_on(1, ERROR)]),
        [format!("1 chat: {morning}")]
    );
    assert_eq!(faults.lines(&day, 32, &[goes_on(1, ERROR)]), ["1 chat: at once"]);
}

#[test]
fn outside_the_hours_events_can_be_dropped_and_are_told_later_when_they_go_on() {
    let day = alerting(vec![policy(|p| {
        p.name = "d\"ay".to_owned();
        p.hours = daytime();
        p.outside = Outside::Drop;
        p.silence = 86_400;
    })]);
    let mut faults = Faults::default();
    assert_eq!(
        faults.lines(&day, 22, &[found(1, ERROR, &[1])]),
        [r#"1 chat: outside the hours of "d\"ay""#]
    );
    assert_eq!(faults.lines(&day, 33, &[goes_on(1, ERROR)]), ["1 chat: at once"]);
}

#[test]
fn hours_are_those_of_the_policys_zone() {
    let shanghai = alerting(vec![policy(|p| {
        p.hours = daytime();
        p.zone = ZoneName("Asia/Shanghai".to_owned());
    })]);
    // 01:00 UTC is 09:00 there.
    assert_eq!(
        Faults::default().lines(&shanghai, 1, &[found(1, ERROR, &[1])]),
        ["1 chat: at once"]
    );
}

#[test]
fn hours_that_never_come_hold_nothing() {
    let never = alerting(vec![policy(|p| {
        p.hours = vec![Hours {
            days: Vec::new(),
            from: 2000,
            until: 2100,
        }];
    })]);
    assert_eq!(
        Faults::default().lines(&never, 1, &[found(1, ERROR, &[1])]),
        ["1 chat: at once"]
    );
}

#[test]
fn a_recovery_comes_with_what_of_its_fault_is_held() {
    let day = alerting(vec![policy(|p| p.hours = daytime())]);
    let mut faults = Faults::default();
    let opened = faults.lines(&day, 22, &[found(1, ERROR, &[1])]);
    assert_eq!(faults.clone().lines(&day, 25, &[recovers(1)]), opened);
    assert_eq!(faults.lines(&day, 33, &[recovers(1)]), ["1 chat: at once"]);
}

#[test]
fn a_recovery_of_what_was_told_by_day_is_told_by_night() {
    let day = alerting(vec![policy(|p| p.hours = daytime())]);
    let mut faults = Faults::default();
    faults.lines(&day, 12, &[found(1, ERROR, &[1])]);
    assert_eq!(faults.lines(&day, 23, &[recovers(1)]), ["1 chat: at once"]);
}

#[test]
fn what_falls_into_one_aggregation_window_is_one_notification() {
    let six_hours = alerting(vec![policy(|p| p.aggregate = 6 * 3600)]);
    let mut faults = Faults::default();
    let bundle = |hour| format!("chat: {} agg:in:default/p@{}", end(hour), end(hour));
    assert_eq!(
        faults.lines(&six_hours, 6, &[found(1, ERROR, &[1]), found(2, ERROR, &[1])]),
        [format!("1 {}", bundle(12)), format!("2 {}", bundle(12))]
    );
    assert_eq!(
        faults.lines(&six_hours, 11, &[recovers(2)]),
        [format!("2 {}", bundle(12))]
    );
    assert_eq!(
        faults.lines(&six_hours, 12, &[goes_on(1, ERROR)]),
        [format!("1 {}", bundle(18))]
    );
}

#[test]
fn what_goes_past_the_cap_is_one_digest_and_the_severest_are_told_first() {
    let two = alerting(vec![policy(|p| p.cap = 2)]);
    let digest = format!("cap:default/p@{}", end(10));
    let said = [
        found(1, Status::Warning, &[1]),
        found(2, ERROR, &[1]),
        found(3, Status::Critical, &[1]),
        found(4, ERROR, &[1]),
    ];
    assert_eq!(
        Faults::default().lines(&two, 10, &said),
        [
            format!("1 chat: {digest}"),
            "2 chat: at once".to_owned(),
            "3 chat: at once".to_owned(),
            format!("4 chat: {digest}"),
        ]
    );
}

#[test]
fn recoveries_past_the_cap_are_in_the_digest_and_0_is_no_cap() {
    let one = alerting(vec![policy(|p| p.cap = 1)]);
    let mut faults = Faults::default();
    faults.lines(&one, 10, &[found(1, ERROR, &[1]), found(2, ERROR, &[1])]);
    let said = [recovers(1), recovers(2), found(3, ERROR, &[1])];
    let digest = format!("cap:default/p@{}", end(11));
    assert_eq!(
        faults.clone().lines(&one, 11, &said),
        [
            format!("1 chat: {digest}"),
            format!("2 chat: {digest}"),
            "3 chat: at once".to_owned()
        ]
    );
    let none = alerting(vec![policy(|p| p.cap = 0)]);
    let lines = faults.lines(&none, 11, &said);
    assert!(lines.iter().all(|line| line.ends_with("at once")), "{lines:?}");
}

#[test]
fn a_fault_that_stays_open_is_escalated_once_and_silence_does_not_hold_it() {
    let escalating = alerting(vec![policy(|p| {
        p.silence = 86_400;
        let to = sinks(&["boss", "chat"]);
        p.escalations = vec![Escalation { after: 4 * 3600, to }];
    })]);
    let mut faults = Faults::default();
    faults.lines(&escalating, 10, &[found(1, ERROR, &[1])]);
    assert_eq!(
        faults.lines(&escalating, 13, &[goes_on(1, ERROR)]),
        [format!("1 chat: silent until {}", end(34))]
    );
    assert_eq!(
        faults.lines(&escalating, 14, &[goes_on(1, ERROR)]),
        ["1 boss: at once", "1 chat: at once"]
    );
    assert_eq!(
        faults.lines(&escalating, 15, &[goes_on(1, ERROR)]),
        [format!("1 chat: silent until {}", end(38))]
    );
    assert_eq!(
        faults.lines(&escalating, 16, &[recovers(1)]),
        ["1 boss: at once", "1 chat: at once"]
    );
}

#[test]
fn an_escalation_waits_for_the_hours_and_is_told_then() {
    let escalating = alerting(vec![policy(|p| {
        p.hours = daytime();
        p.outside = Outside::Drop;
        p.silence = 86_400;
        let to = sinks(&["boss"]);
        p.escalations = vec![Escalation { after: 4 * 3600, to }];
    })]);
    let mut faults = Faults::default();
    faults.lines(&escalating, 19, &[found(1, ERROR, &[1])]);
    assert_eq!(
        faults.lines(&escalating, 23, &[goes_on(1, ERROR)])[0],
        "1 boss: outside the hours of \"p\""
    );
    assert_eq!(
        faults.lines(&escalating, 32, &[goes_on(1, ERROR)])[0],
        "1 boss: at once"
    );
}

#[test]
fn a_muted_fault_is_not_escalated() {
    let mut escalating = alerting(vec![policy(|p| {
        let to = sinks(&["boss"]);
        p.escalations = vec![Escalation { after: 3600, to }];
    })]);
    escalating.mutes = vec![mute("m", |_| {})];
    let mut faults = Faults::default();
    faults.lines(&escalating, 10, &[found(1, ERROR, &[1])]);
    assert_eq!(
        faults.lines(&escalating, 12, &[goes_on(1, ERROR)]),
        ["1 boss: muted by \"m\"", "1 chat: muted by \"m\""]
    );
}

#[test]
fn of_two_policies_that_name_a_sink_the_one_that_tells_first_counts() {
    let now = policy(|_| {});
    let held = policy(|p| {
        p.name = "day".to_owned();
        p.hours = daytime();
    });
    let aggregated = policy(|p| {
        p.name = "soon".to_owned();
        p.aggregate = 3600;
    });
    let dropped = policy(|p| {
        p.name = "drop".to_owned();
        p.hours = daytime();
        p.outside = Outside::Drop;
    });
    let told = |policies: &[&AlertPolicy]| {
        let all = alerting(policies.iter().copied().cloned().collect());
        Faults::default().lines(&all, 22, &[found(1, ERROR, &[1])])
    };
    let (first, soon) = (
        "1 chat: at once".to_owned(),
        format!("1 chat: {} agg:in:default/soon@{}", end(23), end(23)),
    );
    assert_eq!(told(&[&held, &now, &dropped, &aggregated]), [first]);
    assert_eq!(told(&[&held, &aggregated, &dropped]), [soon]);
    assert!(told(&[&dropped, &held])[0].contains("agg:held"));
    assert_eq!(told(&[&dropped]), ["1 chat: outside the hours of \"drop\""]);
}

#[test]
fn a_recovery_does_not_wait_for_what_was_told_earlier_than_planned() {
    let day = policy(|p| p.hours = daytime());
    let critical = policy(|p| {
        p.name = "critical".to_owned();
        p.severities = vec![Severity::Critical];
    });
    let both = alerting(vec![day, critical]);
    let mut faults = Faults::default();
    assert!(faults.lines(&both, 22, &[found(1, ERROR, &[1])])[0].contains("agg:held"));
    // The store lets the event that was held go first.
    assert_eq!(
        faults.lines(&both, 23, &[found(1, Status::Critical, &[2])]),
        ["1 chat: at once"]
    );
    assert_eq!(faults.lines(&both, 24, &[recovers(1)]), ["1 chat: at once"]);
}

#[test]
fn a_sink_that_a_policy_names_twice_is_told_once() {
    let twice = alerting(vec![policy(|p| p.to = sinks(&["chat", "chat"]))]);
    assert_eq!(
        Faults::default().lines(&twice, 10, &[found(1, ERROR, &[1])]),
        ["1 chat: at once"]
    );
}

#[test]
fn a_fault_remembers_what_was_told_over_the_state() {
    let day = alerting(vec![policy(|p| {
        p.hours = daytime();
        p.escalations = vec![Escalation {
            after: 0,
            to: sinks(&["boss"]),
        }];
    })]);
    let mut faults = Faults::default();
    faults.lines(&day, 22, &[found(1, ERROR, &[1])]);
    let told = &faults.0[&1].1;
    let read: BTreeMap<String, Told> = serde_json::from_str(&serde_json::to_string(told).unwrap()).unwrap();
    assert_eq!(read, *told);
    assert!(told["p/boss"].waits.is_some() && told["p/boss"].escalated.contains(&0));
}
