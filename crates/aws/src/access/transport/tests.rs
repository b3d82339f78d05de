//! Which budget a request passes, and what becomes of bodies that stop.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use firstsight_cloudtrail::Timestamp;

use super::{Meter, Purse, Transport};
use crate::access::fake::{Answer, Fake, options, request};
use crate::target::Target;

fn transport() -> Transport {
    let http = Fake::new(|_, _| Answer::Broken).client();
    Transport::new(
        http,
        Meter::new(Timestamp::from_secs(0)),
        NonZeroU32::new(3),
        Duration::from_secs(1),
    )
}

fn target(account: &str, region: &str, role: &str) -> Target {
    Target {
        account: account.into(),
        region: region.into(),
        role: Some(role.into()),
    }
}

#[test]
fn a_budget_belongs_to_an_account_and_a_region() {
    let transport = transport();
    let budget = transport.logs_budget(&target("111122223333", "eu-west-1", "a"));
    let shared = |account, region| {
        let other = transport.logs_budget(&target(account, region, "b"));
        Arc::ptr_eq(&budget, &other)
    };
    assert!(shared("111122223333", "eu-west-1"), "two roles of one account");
    assert!(!shared("444455556666", "eu-west-1"));
    assert!(!shared("111122223333", "us-east-1"));
    assert!((budget.rate() - 3.0).abs() < f64::EPSILON);
}

#[test]
fn iam_has_a_budget_of_its_own() {
    let transport = transport();
    let _ = (
        transport.iam("111122223333"),
        transport.logs(&target("111122223333", "eu-west-1", "a")),
    );
    let budgets = transport.budgets.lock().expect("not poisoned");
    let purse = Purse::Iam {
        account: "111122223333".into(),
    };
    assert!((budgets[&purse].rate() - super::IAM_RATE).abs() < f64::EPSILON);
    assert_eq!(budgets.len(), 2);
}

/// Answers each connection by what the list says, then ends.
fn server(answers: Vec<String>, hold: bool) -> (String, JoinHandle<Vec<TcpStream>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let serve = move || {
        answers
            .iter()
            .filter_map(|answer| respond(&listener, answer, hold))
            .collect()
    };
    (url, std::thread::spawn(serve))
}

/// Reads the request's head and body, and writes; keeps the connection open where it is to be held.
fn respond(listener: &TcpListener, answer: &str, hold: bool) -> Option<TcpStream> {
    let (mut stream, _) = listener.accept().expect("a connection");
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    while !String::from_utf8_lossy(&read).contains("\"startTime\"") {
        let count = stream.read(&mut buffer).expect("a request");
        read.extend_from_slice(&buffer[..count]);
    }
    stream.write_all(answer.as_bytes()).expect("the client listens");
    hold.then_some(stream)
}

fn head(length: usize, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

async fn read_from(url: String, hold: bool) -> (Result<usize, String>, crate::access::Traffic) {
    let mut options = options();
    (options.endpoint_url, options.attempts) = (Some(url), 2);
    options.read_timeout = if hold {
        Duration::from_millis(30)
    } else {
        Duration::from_secs(30)
    };
    let given = crate::access::settings::Given {
        http: None,
        ..Fake::given()
    };
    let access = crate::access::Access::with(options, given).await.expect("opens");
    let page = access.logs(&target_of()).filter_log_events(&request()).await;
    (
        page.map(|page| page.events.len())
            .map_err(|error| error.to_string()),
        access.traffic(),
    )
}

fn target_of() -> Target {
    Target {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        role: None,
    }
}

const PAGE: &str = r#"{"events":[{"message":"{}"}]}"#;

#[tokio::test]
async fn a_body_that_is_cut_off_is_asked_for_again() {
    let (url, thread) = server(vec![head(PAGE.len(), &PAGE[..9]), head(PAGE.len(), PAGE)], false);
    let (page, traffic) = read_from(url, false).await;
    assert_eq!(page, Ok(1));
    assert_eq!((traffic.requests, traffic.failed), (2, 1));
    assert_eq!(
        traffic.bytes,
        9 + PAGE.len() as u64,
        "what came of the first counts too"
    );
    thread.join().expect("the server ends");
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() {
    let (url, thread) = server(vec![head(PAGE.len(), &PAGE[..9]), head(PAGE.len(), "")], true);
    let (page, traffic) = read_from(url, true).await;
    let error = page.expect_err("never whole");
    assert!(
        error.contains("after 2 attempts") && error.contains("timeout"),
        "{error}"
    );
    assert_eq!((traffic.requests, traffic.failed, traffic.bytes), (2, 2, 9));
    drop(thread.join().expect("the server ends"));
}

/// Puts a budget of one request in ten seconds before the target.
fn slow(access: &crate::access::Access) {
    let Target { account, region, .. } = target_of();
    let mut budgets = access.0.clients.transport.budgets.lock().expect("not poisoned");
    budgets.insert(Purse::Logs { account, region }, Arc::new(super::Budget::new(0.1)));
}

/// The budget is the account's: an attempt that is made again is one more request to the service.
#[tokio::test]
async fn every_attempt_passes_the_budget() {
    let fake = Fake::new(|_, _| Answer::Broken);
    let mut options = options();
    (options.attempts, options.attempt_timeout) = (3, Duration::from_millis(20));
    let access = fake.access(options).await.expect("opens");
    slow(&access);
    let error = access
        .logs(&target_of())
        .describe_log_groups(None, None)
        .await
        .expect_err("broken, then waiting");
    assert!(error.to_string().contains("after 3 attempts"), "{error}");
    assert_eq!(
        fake.seen("DescribeLogGroups").len(),
        1,
        "the second and the third waited"
    );
    assert_eq!(access.traffic().requests, 1, "what waits was not sent");
}

#[tokio::test]
async fn only_cloudwatch_logs_waits_for_its_budget() {
    let fake = Fake::new(|seen, _| match seen.operation.as_str() {
        "GetCallerIdentity" => crate::access::fake::identity("111122223333"),
        _ => Answer::json(200, "{}"),
    });
    let access = fake.access(options()).await.expect("opens");
    slow(&access);
    access
        .logs(&target_of())
        .describe_log_groups(None, None)
        .await
        .expect("the only one for ten seconds");
    let region = Target {
        region: "us-east-1".into(),
        ..target_of()
    };
    access
        .logs(&region)
        .describe_log_groups(None, None)
        .await
        .expect("another budget");
    access.caller().await.expect("STS has none");
    let logs = access.logs(&target_of());
    assert!(
        futures_util::FutureExt::now_or_never(logs.describe_log_groups(None, None)).is_none(),
        "it waits"
    );
}
