//! What holds whatever is configured and whatever happens.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::subsequence;

use super::*;

const SINKS: [&str; 3] = ["chat", "chat:oncall", "guance"];
const SEVERITIES: [Severity; 4] = [
    Severity::Info,
    Severity::Warning,
    Severity::Error,
    Severity::Critical,
];

fn some_sinks(from: usize) -> impl Strategy<Value = Vec<String>> {
    subsequence(SINKS.to_vec(), from..=SINKS.len()).prop_map(|names| sinks(&names))
}

fn some_hours() -> impl Strategy<Value = Vec<Hours>> {
    let stretch = (subsequence(Day::ALL.to_vec(), 0..=7), 0..1440_u16, 0..=1440_u16);
    let stretch = stretch.prop_map(|(days, from, until)| Hours { days, from, until });
    proptest::collection::vec(stretch, 0..3)
}

fn some_filter() -> impl Strategy<Value = Filter> {
    let texts = || subsequence(vec!["iam", "s3", "*1", "*2"], 0..=1);
    (texts(), texts(), proptest::collection::vec(1..4_u8, 0..2)).prop_map(|(services, accounts, clusters)| {
        Filter {
            services: services.into_iter().map(pattern).collect(),
            accounts: accounts.into_iter().map(pattern).collect(),
            clusters: clusters
                .into_iter()
                .map(|cluster| finding(cluster).cluster)
                .collect(),
            ..Filter::default()
        }
    })
}

prop_compose! {
    fn some_policy()(
        filter in some_filter(),
        severities in subsequence(SEVERITIES.to_vec(), 0..=4),
        to in some_sinks(1),
        hours in some_hours(),
        zone in prop_oneof![Just("UTC"), Just("Asia/Shanghai"), Just("America/New_York")],
        outside in prop_oneof![Just(Outside::Hold), Just(Outside::Drop)],
        silence in prop_oneof![Just(0), 0..200_000_i64],
        through in prop_oneof![Just(Through::Findings), Just(Through::Severity), Just(Through::Nothing)],
        aggregate in prop_oneof![Just(0), 0..20_000_i64],
        cap in 0..4_usize,
        escalation in proptest::option::of((0..40_000_i64, some_sinks(1))),
    ) -> AlertPolicy {
        let escalation = escalation.map(|(after, to)| Escalation { after, to });
        AlertPolicy {
            name: String::new(),
            filter, severities, to, hours,
            zone: ZoneName(zone.to_owned()),
            outside, silence, through, aggregate, cap,
            escalations: escalation.into_iter().collect(),
            recovery: true,
        }
    }
}

fn some_mute() -> impl Strategy<Value = Mute> {
    (some_filter(), 0..60_i64, 1..30_i64).prop_map(|(filter, from, hours)| Mute {
        id: format!("m{from}"),
        filter,
        when: MuteTime::Once {
            from: Some(end(from)),
            until: Some(end(from + hours)),
        },
        reason: String::new(),
        expires: None,
    })
}

fn some_alerting() -> impl Strategy<Value = Alerting> {
    let policies = proptest::collection::vec(some_policy(), 0..4);
    let mutes = proptest::collection::vec(some_mute(), 0..3);
    (policies, mutes).prop_map(|(mut policies, mutes)| {
        for (number, policy) in policies.iter_mut().enumerate() {
            policy.name = format!("p{number}");
        }
        let sinks = Vec::new();
        Alerting {
            policies,
            mutes,
            sinks,
        }
    })
}

/// Windows one after the other: in each, of three accounts, which say something, and what.
fn some_days() -> impl Strategy<Value = Vec<Vec<Said>>> {
    let status = prop_oneof![
        Just(Status::Info),
        Just(Status::Warning),
        Just(Status::Error),
        Just(Status::Critical)
    ];
    let said = (status, proptest::collection::vec(1..4_u8, 0..3), 0..5_u8);
    let said = proptest::option::of(said);
    let window = proptest::collection::vec(said, 3);
    proptest::collection::vec(window, 1..40).prop_map(|windows| windows.into_iter().map(in_order).collect())
}

fn in_order(window: Vec<Option<(Status, Vec<u8>, u8)>>) -> Vec<Said> {
    let said = window.into_iter().zip(1..).filter_map(|(said, account)| {
        let (status, clusters, ends) = said?;
        Some(if ends == 0 {
            recovers(account)
        } else {
            found(account, status, &clusters)
        })
    });
    said.collect()
}

/// The windows of the days with what can be: only open faults recover.
fn possible(window: &[Said], open: &Faults) -> Vec<Said> {
    let can = |said: &&Said| said.kind != EventKind::Recovered || open.0.contains_key(&said.account);
    window.iter().filter(can).cloned().collect()
}

fn is_sent(delivery: &NewDelivery) -> bool {
    delivery.withheld.is_none()
}

fn without_reasons(planned: &[Vec<NewDelivery>]) -> Vec<Vec<NewDelivery>> {
    let sent = |of: &Vec<NewDelivery>| of.iter().filter(|delivery| is_sent(delivery)).cloned().collect();
    planned.iter().map(sent).collect()
}

proptest! {
    /// The plan is a function, and the order of policies decides nothing of what is sent.
    #[test]
    fn the_order_of_policies_decides_nothing(alerting in some_alerting(), days in some_days(), turn in 0..4_usize) {
        let mut turned = alerting.clone();
        let length = turned.policies.len().max(1);
        turned.policies.rotate_left(turn % length);
        let (mut one, mut again, mut other) = (Faults::default(), Faults::default(), Faults::default());
        for (window, hour) in days.iter().zip(1..) {
            let said = possible(window, &one);
            let planned = one.judge(&alerting, &[], hour, &said);
            prop_assert_eq!(&planned, &again.judge(&alerting, &[], hour, &said));
            let turned = other.judge(&turned, &[], hour, &said);
            prop_assert_eq!(without_reasons(&planned), without_reasons(&turned));
            prop_assert_eq!(&one.0, &other.0);
        }
    }

    /// A recovery goes to the sinks that were sent something of its fault, and to no other.
    #[test]
    fn a_recovery_goes_to_exactly_those_who_know_of_the_fault(alerting in some_alerting(), days in some_days()) {
        let mut faults = Faults::default();
        let mut know: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
        for (window, hour) in days.iter().zip(1..) {
            let said = possible(window, &faults);
            let planned = faults.judge(&alerting, &[], hour, &said);
            for (said, deliveries) in said.iter().zip(planned) {
                let sent: BTreeSet<String> = deliveries.into_iter().filter(is_sent).map(|sent| sent.sink).collect();
                if said.kind == EventKind::Recovered {
                    prop_assert_eq!(sent, know.remove(&said.account).unwrap_or_default());
                } else {
                    know.entry(said.account).or_default().extend(sent);
                }
            }
        }
    }

    /// Every sink of a policy that is about an event has one delivery of it: sent or withheld, nothing vanishes.
    #[test]
    fn nothing_vanishes(alerting in some_alerting(), days in some_days()) {
        let mut faults = Faults::default();
        for (window, hour) in days.iter().zip(1..) {
            let said = possible(window, &faults);
            let planned = faults.judge(&alerting, &[], hour, &said);
            for (said, deliveries) in said.iter().zip(planned) {
                let sinks: Vec<_> = deliveries.iter().map(|delivery| &delivery.sink).collect();
                let each: BTreeSet<_> = sinks.iter().collect();
                prop_assert_eq!(each.len(), sinks.len(), "one delivery a sink");
                if said.kind == EventKind::Recovered {
                    continue;
                }
                for policy in alerting.policies.iter().filter(|policy| is_about(policy, said)) {
                    for sink in &policy.to {
                        prop_assert!(each.contains(&sink), "{} {sink}", policy.name);
                    }
                }
                let named = |sink: &&String| alerting.policies.iter().any(|policy| policy.names(sink));
                prop_assert!(sinks.iter().all(named));
            }
        }
    }

    /// At once, no sink gets more notifications of a window than the caps of the policies that name it allow.
    #[test]
    fn caps_hold(alerting in some_alerting(), days in some_days()) {
        let mut faults = Faults::default();
        for (window, hour) in days.iter().zip(1..) {
            let said = possible(window, &faults);
            let planned = faults.judge(&alerting, &[], hour, &said);
            for sink in SINKS {
                let alone = planned.iter().flatten().filter(|of| **of == NewDelivery::to(sink)).count();
                let naming = || alerting.policies.iter().filter(|policy| policy.names(sink));
                if naming().all(|policy| policy.cap > 0) {
                    prop_assert!(alone <= naming().map(|policy| policy.cap).sum());
                }
            }
        }
    }

    /// What waits, waits until after the event, and never without a bundle.
    #[test]
    fn what_waits_has_a_time_and_a_bundle(alerting in some_alerting(), days in some_days()) {
        let mut faults = Faults::default();
        for (window, hour) in days.iter().zip(1..) {
            let said = possible(window, &faults);
            for delivery in faults.judge(&alerting, &[], hour, &said).iter().flatten() {
                if let Some(time) = delivery.not_before {
                    prop_assert!(time > end(hour) && !delivery.bundle.is_empty() && is_sent(delivery));
                }
            }
        }
    }
}

/// The same question as the plan's, asked in the plainest way.
fn is_about(policy: &AlertPolicy, said: &Said) -> bool {
    let listed = policy
        .severities
        .iter()
        .any(|severity| Status::from(*severity) == said.status);
    let account = format!("{:012}", said.account);
    let reaches = policy
        .filter
        .accounts
        .iter()
        .all(|pattern| pattern.matches(&account));
    let finding = about(said).iter().any(|about| {
        let service = about.event_source.trim_end_matches(".amazonaws.com");
        let services = policy
            .filter
            .services
            .iter()
            .all(|pattern| pattern.matches(service));
        services
            && (policy.filter.clusters.is_empty() || policy.filter.clusters.contains(&about.cluster.unwrap()))
    });
    (policy.severities.is_empty() || listed) && reaches && finding
}
