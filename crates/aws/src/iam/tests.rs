use mockall::predicate::eq;
use proptest::prelude::*;

use super::*;
use crate::api::MockIamApi;
use crate::target::Call;

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECOND: &str = "AKIAI44QH8DHBEXAMPLE";
const TEMPORARY: &str = "ASIAIOSFODNN7EXAMPLE";

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-03-14T11:00:00Z")
}

fn minutes_later(minutes: i64) -> Timestamp {
    now().plus_millis(minutes * 60_000)
}

fn used(user: &str) -> KeyUsed {
    KeyUsed {
        user: user.to_owned(),
        last_used: Some(at("2026-03-14T10:52:00Z")),
        service: Some("s3".to_owned()),
        region: Some("N/A".to_owned()),
    }
}

fn listed(id: &str, active: bool) -> KeyListed {
    KeyListed {
        id: id.to_owned(),
        active,
        created: Some(at("2023-05-02T08:00:00Z")),
    }
}

fn denied(call: Call) -> AwsError {
    AwsError::Denied {
        place: format!("account {ACCOUNT}"),
        call,
        permission: call.action().to_owned(),
        said: "no identity-based policy allows it".to_owned(),
    }
}

fn not_found() -> AwsError {
    AwsError::NotFound {
        place: format!("account {ACCOUNT}"),
        reason: "NoSuchEntity".to_owned(),
    }
}

fn directory(mock: MockIamApi) -> KeyDirectory {
    let iam: Arc<dyn IamApi> = Arc::new(mock);
    KeyDirectory::new(BTreeMap::from([(ACCOUNT.to_owned(), iam)]))
}

fn pairs(keys: &[&str]) -> Vec<(String, String)> {
    keys.iter()
        .map(|key| (ACCOUNT.to_owned(), (*key).to_owned()))
        .collect()
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("AKIA{number:016}")).collect()
}

fn reason(standing: &KeyStanding) -> &str {
    match standing {
        KeyStanding::Unknown { reason } => reason,
        KeyStanding::Known { .. } => panic!("it is known: {standing:?}"),
    }
}

fn known(active: Option<bool>, reason: Option<&str>) -> KeyStanding {
    KeyStanding::Known {
        user: "alice".to_owned(),
        active,
        created: active.map(|_| at("2023-05-02T08:00:00Z")),
        last_used: Some(at("2026-03-14T10:52:00Z")),
        service: Some("s3".to_owned()),
        region: None,
        reason: reason.map(str::to_owned),
    }
}

#[tokio::test]
async fn both_keys_of_a_user_cost_three_requests_and_temporary_ones_none() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used()
        .times(2)
        .returning(|_| Ok(used("alice")));
    mock.expect_keys_of()
        .with(eq("alice"))
        .times(1)
        .returning(|_| Ok(vec![listed(KEY, true), listed(SECOND, false)]));
    let keys = pairs(&[KEY, TEMPORARY, SECOND, "AKIA'; DROP", "AKIA"]);
    let standings = directory(mock).standings(&keys, now()).await;
    let expected = [
        (SECOND.to_owned(), known(Some(false), None)),
        (KEY.to_owned(), known(Some(true), None)),
    ];
    assert_eq!(standings, BTreeMap::from(expected));
}

#[tokio::test]
async fn a_key_that_was_never_used_has_no_service_and_no_region() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used().returning(|_| {
        Ok(KeyUsed {
            last_used: None,
            service: Some("N/A".to_owned()),
            ..used("alice")
        })
    });
    mock.expect_keys_of().returning(|_| Ok(vec![listed(KEY, true)]));
    let standings = directory(mock).standings(&pairs(&[KEY]), now()).await;
    let never = KeyStanding::Known {
        user: "alice".to_owned(),
        active: Some(true),
        created: Some(at("2023-05-02T08:00:00Z")),
        last_used: None,
        service: None,
        region: None,
        reason: None,
    };
    assert_eq!(standings[KEY], never);
}

#[tokio::test]
async fn a_denial_costs_one_request_however_many_keys_there_are() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used()
        .times(1)
        .returning(|_| Err(denied(Call::GetAccessKeyLastUsed)));
    let directory = directory(mock);
    let keys = numbered(20);
    let keys = pairs(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..2 {
        let standings = directory.standings(&keys, now()).await;
        assert_eq!(standings.len(), 20);
        for standing in standings.values() {
            assert_eq!(
                reason(standing),
                "not permitted: allow iam:GetAccessKeyLastUsed in account 111122223333"
            );
        }
    }
}

#[tokio::test]
async fn an_account_that_does_not_answer_is_not_asked_again_for_each_key() {
    let call = Call::GetAccessKeyLastUsed;
    let place = || format!("account {ACCOUNT}");
    let failures: [fn(String, Call) -> AwsError; 3] = [
        |place, call| AwsError::Throttled {
            place,
            call,
            attempts: 5,
            retry_after: None,
        },
        |place, call| AwsError::Unavailable {
            place,
            call,
            attempts: 5,
            reason: "timed out".to_owned(),
        },
        |place, _| AwsError::Credentials {
            place,
            reason: "expired".to_owned(),
            advice: "renew them".to_owned(),
        },
    ];
    for fails in failures {
        let mut mock = MockIamApi::new();
        mock.expect_key_last_used()
            .times(1)
            .returning(move |_| Err(fails(place(), call)));
        let standings = directory(mock).standings(&pairs(&[KEY, SECOND]), now()).await;
        for standing in standings.values() {
            assert_eq!(reason(standing), fails(place(), call).to_string());
        }
    }
}

#[tokio::test]
async fn a_denial_of_one_key_among_others_is_of_that_key_alone() {
    let keys = numbered(3);
    let denied_key = keys[1].clone();
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used().times(3).returning(move |key| {
        if key == denied_key {
            Err(denied(Call::GetAccessKeyLastUsed))
        } else {
            Ok(used("alice"))
        }
    });
    mock.expect_keys_of().returning(|_| Ok(Vec::new()));
    let pairs = pairs(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let standings = directory(mock).standings(&pairs, now()).await;
    let is_known = |key: &String| matches!(standings[key], KeyStanding::Known { .. });
    assert_eq!(keys.iter().map(is_known).collect::<Vec<_>>(), [true, false, true]);
}

#[tokio::test]
async fn where_keys_may_not_be_listed_status_and_age_are_unknown_and_the_rest_is_told() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used()
        .times(2)
        .returning(|key| Ok(used(if key == KEY { "alice" } else { "bob" })));
    mock.expect_keys_of()
        .times(1)
        .returning(|_| Err(denied(Call::ListAccessKeys)));
    let standings = directory(mock).standings(&pairs(&[KEY, SECOND]), now()).await;
    let told = "not permitted: allow iam:ListAccessKeys in account 111122223333";
    assert_eq!(standings[KEY], known(None, Some(told)));
}

#[tokio::test]
async fn a_key_that_is_not_found_says_nothing_of_the_others() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used().times(2).returning(|key| match key {
        KEY => Ok(used("alice")),
        _ => Err(not_found()),
    });
    mock.expect_keys_of().returning(|_| Ok(vec![listed(KEY, true)]));
    let standings = directory(mock).standings(&pairs(&[KEY, SECOND]), now()).await;
    assert_eq!(standings[KEY], known(Some(true), None));
    assert_eq!(
        reason(&standings[SECOND]),
        "not found in IAM of account 111122223333: deleted, or of another account"
    );
}

#[tokio::test]
async fn an_account_that_is_not_reached_is_named_with_the_way_to_reach_it() {
    let keys = [(OTHER.to_owned(), KEY.to_owned())];
    let standings = directory(MockIamApi::new()).standings(&keys, now()).await;
    assert_eq!(
        reason(&standings[KEY]),
        "account 444455556666 is not reached: name its role with --role-arn"
    );
}

#[tokio::test]
async fn a_key_seen_in_two_accounts_is_known_by_the_one_that_owns_it() {
    for accounts in [[ACCOUNT, OTHER], [OTHER, ACCOUNT]] {
        let mut mock = MockIamApi::new();
        mock.expect_key_last_used().returning(|_| Ok(used("alice")));
        mock.expect_keys_of().returning(|_| Ok(vec![listed(KEY, true)]));
        let keys = accounts.map(|account| (account.to_owned(), KEY.to_owned()));
        let standings = directory(mock).standings(&keys, now()).await;
        assert_eq!(standings[KEY], known(Some(true), None));
    }
}

#[tokio::test]
async fn answers_are_remembered_for_an_hour() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used()
        .times(2)
        .returning(|_| Ok(used("alice")));
    mock.expect_keys_of()
        .times(2)
        .returning(|_| Ok(vec![listed(KEY, true)]));
    let directory = directory(mock);
    for minutes in [0, 30, 59, 60, 119] {
        let standings = directory.standings(&pairs(&[KEY]), minutes_later(minutes)).await;
        assert_eq!(standings[KEY], known(Some(true), None), "after {minutes} minutes");
    }
}

#[tokio::test]
async fn failures_are_remembered_for_five_minutes() {
    let mut mock = MockIamApi::new();
    let mut calls = 0;
    mock.expect_key_last_used().times(2).returning(move |_| {
        calls += 1;
        match calls {
            1 => Err(denied(Call::GetAccessKeyLastUsed)),
            _ => Ok(used("alice")),
        }
    });
    mock.expect_keys_of().returning(|_| Ok(vec![listed(KEY, true)]));
    let directory = directory(mock);
    for minutes in [0, 4] {
        let standings = directory.standings(&pairs(&[KEY]), minutes_later(minutes)).await;
        assert!(reason(&standings[KEY]).starts_with("not permitted"));
    }
    let standings = directory.standings(&pairs(&[KEY]), minutes_later(5)).await;
    assert_eq!(standings[KEY], known(Some(true), None));
}

#[tokio::test]
async fn only_so_many_keys_are_asked_for_and_the_rest_says_so() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used()
        .times(5)
        .returning(|_| Ok(used("alice")));
    mock.expect_keys_of().returning(|_| Ok(Vec::new()));
    let directory = directory(mock).most_keys(3);
    let keys = numbered(5);
    let keys = pairs(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    let standings = directory.standings(&keys, now()).await;
    let asked = standings
        .values()
        .filter(|one| matches!(one, KeyStanding::Known { .. }));
    assert_eq!(asked.count(), 3);
    assert_eq!(
        reason(&standings[&keys[4].1]),
        "not asked for: at most 3 keys are looked up at a time"
    );
    // What is remembered takes no room: the rest comes in the next call.
    let standings = directory.standings(&keys, now()).await;
    assert!(
        standings
            .values()
            .all(|one| matches!(one, KeyStanding::Known { .. }))
    );
}

#[tokio::test]
async fn the_root_users_keys_are_not_listed() {
    let mut mock = MockIamApi::new();
    mock.expect_key_last_used().returning(|_| Ok(used("")));
    mock.expect_keys_of().times(0);
    let standings = directory(mock).standings(&pairs(&[KEY]), now()).await;
    let KeyStanding::Known { active, reason, .. } = &standings[KEY] else {
        panic!("it is known");
    };
    assert_eq!(*active, None);
    assert_eq!(
        reason.as_deref(),
        Some("keys of the root user are listed to nobody else")
    );
}

#[tokio::test]
async fn aliases_are_asked_for_once_and_those_that_may_not_be_seen_are_left_out() {
    let mut mock = MockIamApi::new();
    mock.expect_account_alias()
        .times(1)
        .returning(|| Ok(Some("acme-prod".to_owned())));
    let mut refusing = MockIamApi::new();
    refusing
        .expect_account_alias()
        .times(1)
        .returning(|| Err(denied(Call::ListAccountAliases)));
    let mut nameless = MockIamApi::new();
    nameless.expect_account_alias().times(1).returning(|| Ok(None));
    let third = "777788889999";
    let iams: [(&str, Arc<dyn IamApi>); 3] = [
        (ACCOUNT, Arc::new(mock)),
        (OTHER, Arc::new(refusing)),
        (third, Arc::new(nameless)),
    ];
    let iams = iams.map(|(account, iam)| (account.to_owned(), iam));
    let directory = KeyDirectory::new(BTreeMap::from(iams));
    let accounts = [ACCOUNT, OTHER, third, ACCOUNT, "000000000000"].map(str::to_owned);
    for _ in 0..2 {
        let aliases = directory.aliases(&accounts, now()).await;
        let expected = BTreeMap::from([(ACCOUNT.to_owned(), "acme-prod".to_owned())]);
        assert_eq!(aliases, expected);
    }
}

#[test]
fn look_ups_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let directory = directory(MockIamApi::new());
    is_send(&directory.standings(&[], now()));
    is_send(&directory.aliases(&[], now()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in the records: each long-lived key has one standing, and nothing else is asked for.
    #[test]
    fn any_keys_get_one_standing_each(
        ids in prop::collection::vec("AKIA[A-Z2-7]{16}|ASIA[A-Z2-7]{16}|.{0,30}|AKIA.{0,200}", 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut mock = MockIamApi::new();
        mock.expect_key_last_used().returning(|key| {
            assert!(is_long_lived(key), "{key:?}");
            Err(not_found())
        });
        let keys = pairs(&ids.iter().map(String::as_str).collect::<Vec<_>>());
        let standings = runtime.block_on(directory(mock).standings(&keys, now()));
        let expected: BTreeSet<&String> = ids.iter().filter(|id| is_long_lived(id)).collect();
        prop_assert_eq!(standings.keys().collect::<BTreeSet<_>>(), expected);
    }
}
