//! Which groups are meant, and what is said where there are none.

use super::fake::{FakeLogs, group, place};
use super::*;
use crate::Call;
use crate::cloudwatch::{Estimate, Place};
use firstsight_source::LogSource;

fn fakes() -> (Arc<FakeLogs>, Arc<FakeLogs>) {
    let (one, two) = (
        FakeLogs::with("org/trail-a", []),
        FakeLogs::with("org/trail-b", []),
    );
    one.groups
        .lock()
        .unwrap()
        .extend([group("org/trail-a/old"), group("other")]);
    two.groups.lock().unwrap().push(group("org/flow"));
    (Arc::new(one), Arc::new(two))
}

fn places(one: &Arc<FakeLogs>, two: &Arc<FakeLogs>) -> Vec<Place> {
    vec![
        place(one, "111122223333", "eu-west-1"),
        place(two, "444455556666", "us-east-1"),
    ]
}

fn of(places: Vec<Place>, groups: &[&str]) -> CloudWatchSource {
    let options = CloudWatchOptions {
        groups: groups.iter().map(ToString::to_string).collect(),
        slice_hours: 24,
        horizon_hours: 1,
        ..options(at("23T12:10:00"))
    };
    CloudWatchSource::new(places, options).unwrap()
}

async fn listed(groups: &[&str]) -> Result<Vec<String>, SourceError> {
    let (one, two) = fakes();
    let found = of(places(&one, &two), groups).partitions(&TimeRange::ALL).await?;
    let name = |id: &str| {
        id.strip_prefix("cloudwatch:")
            .unwrap()
            .split_once('@')
            .unwrap()
            .0
            .to_owned()
    };
    Ok(found.iter().map(|partition| name(&partition.id)).collect())
}

#[tokio::test]
async fn names_patterns_and_arns_choose_groups() {
    let all = [
        "111122223333:eu-west-1:org/trail-a",
        "444455556666:us-east-1:org/trail-b",
    ];
    assert_eq!(listed(&["org/trail-a"]).await.unwrap(), all[..1]);
    assert_eq!(listed(&["org/trail-*", "org/trail-b"]).await.unwrap().len(), 3);
    assert_eq!(listed(&["*-b"]).await.unwrap(), all[1..]);
    assert_eq!(listed(&["**"]).await.unwrap().len(), 5);
    assert_eq!(
        listed(&["org*flow"]).await.unwrap(),
        ["444455556666:us-east-1:org/flow"]
    );
    let arn = "arn:aws:logs:us-east-1:444455556666:log-group:org/*";
    assert_eq!(listed(&[arn]).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_group_of_another_account_is_asked_for_by_its_arn() {
    let arn = "arn:aws:logs:eu-west-1:777788889999:log-group:org/trail-c";
    let (one, two) = fakes();
    let source = of(places(&one, &two), &[arn]);
    let mut reader = Reader::default();
    reader.run(&source).await;
    let asked = one.take_asked();
    assert_eq!(asked[0].group, crate::api::GroupName::Shared(arn.to_owned()));
    assert!(
        reader
            .positions
            .keys()
            .all(|id| id.starts_with("cloudwatch:777788889999:eu-west-1:org/trail-c@"))
    );
    // A handle that has listed nothing knows it as well.
    let again = of(places(&one, &two), &[arn]);
    for id in reader.positions.clone().keys() {
        reader.step(&again, id).await;
    }
    assert!(reader.errors.is_empty());
    let error = listed(&["arn:aws:logs:eu-west-1:777788889999:log-group:org/*"])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("assume a role there"), "{error}");
    let error = listed(&["arn:aws:logs:eu-north-1:777788889999:log-group:x"])
        .await
        .unwrap_err();
    assert!(error.to_string().contains("add --region eu-north-1"), "{error}");
}

#[tokio::test]
async fn what_is_nowhere_is_an_error_that_shows_what_is_there() {
    let error = listed(&["org/trial-a"]).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "cloudwatch:org/trial-a: not found (no such log group in account 111122223333, region eu-west-1; account \
         444455556666, region us-east-1; there is: org/trail-a, org/trail-b)"
    );
    let error = listed(&["nothing-like-it*"]).await.unwrap_err().to_string();
    assert!(error.ends_with("check the name, and --region)"), "{error}");
}

#[tokio::test]
async fn a_name_that_is_nowhere_hides_no_other() {
    let (one, two) = fakes();
    let source = of(places(&one, &two), &["org/flow", "org/trial-a"]);
    let partitions = source.partitions(&TimeRange::ALL).await.unwrap();
    assert!(
        partitions
            .iter()
            .any(|partition| partition.id.contains(":org/flow@2026-"))
    );
    let missing = "cloudwatch:org/trial-a@missing";
    let missing = partitions
        .iter()
        .find(|partition| partition.id == missing)
        .unwrap();
    for _ in 0..2 {
        let error = source.page(missing, None).await.unwrap_err().to_string();
        assert!(
            error.contains("no such log group") && error.contains("org/trail-a"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_absent_in_one_place_is_a_note() {
    let (one, two) = fakes();
    let source = of(places(&one, &two), &["org/flow"]);
    source.partitions(&TimeRange::ALL).await.unwrap();
    assert_eq!(
        source.notes(),
        ["log group org/flow is not in account 111122223333, region eu-west-1"]
    );
}

#[tokio::test]
async fn a_name_needs_no_right_to_list_and_a_pattern_does() {
    let (one, two) = fakes();
    one.deny(Call::DescribeLogGroups);
    let named = of(places(&one, &two), &["org/trail-a"]);
    let found = named.partitions(&TimeRange::ALL).await.unwrap();
    assert!(
        found[0]
            .id
            .starts_with("cloudwatch:111122223333:eu-west-1:org/trail-a@"),
        "{found:?}"
    );
    assert_eq!(found.len(), 1);

    let some = of(places(&one, &two), &["org/trail-*"]);
    let mut reader = Reader::default();
    reader.run(&some).await;
    assert_eq!(
        reader.errors.len(),
        1,
        "the place that cannot be listed says so, and hides no other"
    );
    assert!(matches!(reader.errors[0], SourceError::Denied { .. }));
    assert_eq!(reader.positions.len(), 1);

    two.deny(Call::DescribeLogGroups);
    let none = of(places(&one, &two), &["org/trail-*"])
        .partitions(&TimeRange::ALL)
        .await;
    assert!(matches!(none, Err(SourceError::Denied { .. })));
}

#[tokio::test]
async fn a_group_of_infrequent_access_says_that_it_cannot_be_read() {
    let (one, two) = fakes();
    one.groups.lock().unwrap()[0].class = Some("INFREQUENT_ACCESS".to_owned());
    let source = of(places(&one, &two), &["org/trail-*"]);
    let mut reader = Reader::default();
    reader.run(&source).await;
    let said: Vec<_> = reader.errors.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1);
    assert!(
        said[0].contains("INFREQUENT_ACCESS") && said[0].contains("org/trail-a "),
        "{said:?}"
    );
    assert!(
        one.take_asked()
            .iter()
            .all(|request| !format!("{:?}", request.group).contains("trail-a\""))
    );
}

#[tokio::test]
async fn an_estimate_adds_slices_and_bytes_and_takes_the_slowest_place() {
    let (one, two) = fakes();
    one.groups.lock().unwrap()[0] = crate::api::GroupFound {
        retention_days: Some(10),
        stored_bytes: Some(240 << 20),
        ..group("org/trail-a")
    };
    let options = CloudWatchOptions {
        groups: vec!["org/trail-*".to_owned()],
        ..options(at("23T12:00:00"))
    };
    let source = CloudWatchSource::new(places(&one, &two), options).unwrap();
    let estimate = source.estimate(&TimeRange::ALL).await.unwrap();
    // A day of ten; the other groups tell no size: a request an hour.
    let expected = Estimate {
        groups: 3,
        slices: 72,
        bytes: Some(24 << 20),
        requests: 72,
        seconds: 10,
    };
    assert_eq!(estimate, expected);
    assert_eq!(one.take_asked(), []);
}

#[tokio::test]
async fn roles_of_one_account_and_region_share_its_rate() {
    let (one, two) = fakes();
    let slow = |mut places: Vec<Place>| {
        places.iter_mut().for_each(|place| place.rate = 0.5);
        places
    };
    let apart = slow(places(&one, &two));
    let mut shared = apart.clone();
    shared[1].target = crate::Target {
        role: Some("arn:aws:iam::111122223333:role/other".to_owned()),
        ..apart[0].target.clone()
    };
    let apart = of(apart, &["org/*"]).estimate(&TimeRange::ALL).await.unwrap();
    let shared = of(shared, &["org/*"]).estimate(&TimeRange::ALL).await.unwrap();
    assert_eq!(
        (apart.requests, apart.seconds),
        (shared.requests, shared.seconds / 2)
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_asked() {
    let (one, two) = fakes();
    let base = options(at("23T12:00:00"));
    let refused = |options: CloudWatchOptions| {
        CloudWatchSource::new(places(&one, &two), options)
            .unwrap_err()
            .to_string()
    };
    let named = |name: &str| CloudWatchOptions {
        groups: vec![name.to_owned()],
        ..base.clone()
    };
    for name in ["", "a b", "a:b", "a@b", "a?b", &"a".repeat(513)] {
        assert!(
            refused(named(name)).contains("is not the name of a log group"),
            "{name}"
        );
    }
    assert!(refused(named("arn:aws:s3:::bucket")).contains("is not the ARN of a log group"));
    let slices = |hours| CloudWatchOptions {
        slice_hours: hours,
        ..base.clone()
    };
    for hours in [0, -1, 5, 48] {
        assert!(refused(slices(hours)).contains("a slice has"), "{hours}");
    }
    let none = CloudWatchOptions {
        groups: Vec::new(),
        ..base.clone()
    };
    assert!(refused(none).contains("name one"));
}

#[test]
fn the_name_is_short_whatever_is_read() {
    let (one, two) = fakes();
    let many: Vec<String> = (0..400).map(|n| format!("group-{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(of(places(&one, &two), &many).describe().chars().count() <= 301);
    let short = of(places(&one, &two), &["org/trail-a", "other"]).describe();
    assert_eq!(
        short,
        "cloudwatch org/trail-a other (111122223333 eu-west-1, 444455556666 us-east-1)"
    );
}
