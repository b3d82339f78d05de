//! The layer in front of moto does what it is told: otherwise the tests that rely on it would show nothing.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_cloudwatchlogs::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use firstsight_tests::moto::{CALLER, Fault, Moto};
use serde_json::{Value, json};

const REGION: &str = "eu-west-1";
const GROUP: &str = "trail";
const OPERATION: &str = "FilterLogEvents";
const TIME: i64 = 1_767_225_600_000;

/// A client that tries once.
fn client(moto: &Moto, region: &'static str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("testing", "testing", None, None, "test"))
        .region(Region::from_static(region))
        .endpoint_url(moto.url())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

/// A server whose group holds so many events of so many bytes, a second apart.
fn filled(count: i64, bytes: usize) -> Moto {
    let moto = Moto::start();
    let event = |number: i64| json!([TIME + number * 1000, format!("{number:0bytes$}")]);
    let events: Vec<Value> = (0..count).map(event).collect();
    moto.put_events(CALLER, REGION, GROUP, &events);
    moto
}

/// One page, or the code of the error; `no answer` where there is none that can be read.
async fn page(client: &Client, token: Option<String>) -> Result<FilterLogEventsOutput, String> {
    let request = client
        .filter_log_events()
        .log_group_name(GROUP)
        .set_next_token(token);
    let answer = request.start_time(TIME).end_time(TIME + 86_400_000).send().await;
    answer.map_err(|error| error.code().unwrap_or("no answer").to_owned())
}

/// The numbers of all events, and how many pages they came in.
async fn all(client: &Client) -> (Vec<i64>, usize) {
    let (mut numbers, mut pages, mut token) = (Vec::new(), 0, None);
    loop {
        let page = page(client, token).await.unwrap();
        let messages = page.events().iter().map(|event| event.message().unwrap());
        numbers.extend(messages.map(|message| message.parse::<i64>().unwrap()));
        pages += 1;
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return (numbers, pages);
        }
    }
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn pages_are_cut_at_a_megabyte_and_lose_nothing() {
    let moto = filled(12_000, 1000);
    let (numbers, pages) = all(&client(&moto, REGION)).await;
    assert_eq!(numbers, (0..12_000).collect::<Vec<_>>());
    // 1,048 messages of 1,000 bytes are the most that a page takes; moto gives 10,000 events at once.
    assert_eq!(pages, 10 + 2);
    let calls = moto.calls_of(OPERATION);
    assert_eq!(calls.len(), pages);
    for call in calls {
        let told = (call.status, call.account.as_str(), call.region.as_str());
        assert_eq!(told, (Some(200), CALLER, REGION), "{call:?}");
    }
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn every_fault_is_what_the_sdk_takes_it_for() {
    let moto = filled(10, 10);
    let client = client(&moto, REGION);
    let expected = [
        ("throttle", "ThrottlingException"),
        ("500", "InternalFailure"),
        ("503", "ServiceUnavailableException"),
        ("denied", "AccessDeniedException"),
        ("expired", "ExpiredTokenException"),
        ("unknown-key", "UnrecognizedClientException"),
        ("stale-token", "InvalidParameterException"),
        ("reset", "no answer"),
        ("malformed", "no answer"),
        ("truncated", "no answer"),
        ("short", "no answer"),
    ];
    for (kind, code) in expected {
        moto.break_with([Fault::new(OPERATION, kind)]);
        assert_eq!(page(&client, None).await.unwrap_err(), code, "{kind}");
        assert_eq!(
            page(&client, None).await.unwrap().events().len(),
            10,
            "after {kind}"
        );
    }
    let broken: Vec<_> = moto.calls().into_iter().filter_map(|call| call.fault).collect();
    assert_eq!(broken, expected.map(|(kind, _)| kind));
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn slow_and_early_answers_are_whole() {
    let moto = filled(10, 10);
    let client = client(&moto, REGION);
    moto.break_with([
        Fault::new(OPERATION, "slow").millis(1),
        Fault::new(OPERATION, "clock").millis(600_000),
    ]);
    for _ in 0..2 {
        assert_eq!(page(&client, None).await.unwrap().events().len(), 10);
    }
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn an_empty_page_goes_on_where_it_stood() {
    let moto = filled(3_000, 1000);
    moto.break_with([
        Fault::new(OPERATION, "empty").times(2),
        Fault::new(OPERATION, "empty").after(1).times(3),
    ]);
    let (numbers, pages) = all(&client(&moto, REGION)).await;
    assert_eq!(numbers, (0..3_000).collect::<Vec<_>>());
    assert_eq!(pages, 3 + 5);
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn a_token_is_good_for_its_own_request_only() {
    let moto = filled(3_000, 1000);
    let client = client(&moto, REGION);
    let token = page(&client, None).await.unwrap().next_token().map(str::to_owned);
    assert!(page(&client, token.clone()).await.is_ok());
    let other = client
        .filter_log_events()
        .log_group_name(GROUP)
        .set_next_token(token);
    let refused = other
        .start_time(TIME + 1)
        .end_time(TIME + 86_400_000)
        .send()
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("InvalidParameterException"));
    assert_eq!(
        page(&client, Some("never given".into())).await.unwrap_err(),
        "InvalidParameterException"
    );
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn faults_meet_the_calls_they_are_meant_for() {
    let moto = filled(3_000, 1000);
    let (here, there) = (client(&moto, REGION), client(&moto, "us-east-1"));
    moto.make_group(CALLER, "us-east-1", GROUP);
    moto.break_with([
        Fault::new(OPERATION, "500").region("us-east-1").always(),
        Fault::new(OPERATION, "503").on_following_pages().after(1),
        Fault::new(OPERATION, "denied").account("111122223333").always(),
        Fault::new(OPERATION, "expired").group("another").always(),
        Fault::new(OPERATION, "throttle")
            .containing("no such text")
            .always(),
        Fault::new("DescribeLogGroups", "throttle"),
    ]);
    let first = page(&here, None).await.unwrap();
    let token = first.next_token().map(str::to_owned);
    assert!(page(&here, token.clone()).await.is_ok());
    assert_eq!(
        page(&here, token.clone()).await.unwrap_err(),
        "ServiceUnavailableException"
    );
    assert!(page(&here, token).await.is_ok());
    for _ in 0..2 {
        assert_eq!(page(&there, None).await.unwrap_err(), "InternalFailure");
    }
    let groups = || here.describe_log_groups().send();
    assert_eq!(groups().await.unwrap_err().code(), Some("ThrottlingException"));
    assert_eq!(
        groups().await.unwrap().log_groups()[0].log_group_name(),
        Some(GROUP)
    );
    moto.clear();
    assert!(page(&there, None).await.is_ok());
    assert_eq!(moto.calls().len(), 1, "cleared calls are forgotten");
}

#[tokio::test]
#[ignore = "needs moto: scripts/test --services"]
async fn a_held_answer_comes_when_it_is_released() {
    let moto = filled(10, 10);
    let client = client(&moto, REGION);
    moto.break_with([Fault::new(OPERATION, "hold")]);
    let held = tokio::spawn({
        let client = client.clone();
        async move { page(&client, None).await }
    });
    let moto = tokio::task::spawn_blocking(move || {
        moto.wait_until_held(1);
        moto
    });
    let moto = moto.await.unwrap();
    assert!(!held.is_finished());
    moto.release();
    assert_eq!(held.await.unwrap().unwrap().events().len(), 10);
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn the_server_ends_with_its_handle() {
    let moto = Moto::start();
    let address = moto.url().replace("http://", "");
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(moto);
    assert!(std::net::TcpStream::connect(&address).is_err());
}
