//! What a recorder receives, byte for byte.

use super::*;

/// A request as it came. (The port differs from run to run, the length of a compressed body with the compressor.)
fn golden(request: &Recorded) -> String {
    let mut out = format!("{} {}\n", request.method, request.target);
    for (name, value) in &request.headers {
        if !["host", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
            out.push_str(&format!("{name}: {value}\n"));
        }
    }
    out.push_str(&format!("\n{}\n", body(request)));
    out
}

/// Texts that are past every limit which an event of ours can reach.
fn overlong() -> Event {
    let mut event = opened();
    event.title = "標題".repeat(200);
    event.inspection = "i".repeat(300);
    event.findings[0].template = "東京 ".repeat(20_000);
    event
}

fn hostile() -> Event {
    let mut event = conformance::hostile(
        "a\"b\\c\u{1b}[2J\u{202e},= \n`#*<script>alert(1)</script>|[x](http://example.com)",
    );
    event.hours = Vec::new();
    event
}

async fn requests(sink: impl Fn(&HttpRecorder) -> GuanceSink, event: Event) -> String {
    let far = willing().await;
    let answer = sink(&far).deliver(&[event]).await.unwrap();
    assert_eq!(answer, [Delivery::Delivered]);
    far.requests().iter().map(golden).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn every_way_sends_what_is_documented() {
    let cases = [
        ("opened", opened()),
        ("ongoing", later(EventKind::Ongoing, 1)),
        ("recovered", later(EventKind::Recovered, 2)),
        ("overlong", overlong()),
        ("hostile", hostile()),
    ];
    for way in WAYS {
        for (case, event) in &cases {
            let sent = requests(|far| plain(way, far), event.clone()).await;
            insta::assert_snapshot!(format!("{}_{case}", way.name()), sent);
        }
    }
}

#[tokio::test]
async fn every_way_sends_chinese() {
    for way in WAYS {
        let options = EventOptions {
            locale: Locale::Chinese,
            ..EventOptions::default()
        };
        let sent = requests(|far| sink(way.way(&far.url()), None, options.clone()), opened()).await;
        insta::assert_snapshot!(format!("{}_chinese", way.name()), sent);
    }
}

#[tokio::test]
async fn evidence_comes_before_its_event() {
    let options = EventOptions::default();
    let with = |far: &HttpRecorder| {
        let url = far.url();
        sink(In::Push.way(&url), Some(openway(&url)), options.clone())
    };
    insta::assert_snapshot!("push_with_evidence", requests(with, opened()).await);
}

#[tokio::test]
async fn an_event_without_a_new_finding_has_no_evidence() {
    let far = willing().await;
    let url = far.url();
    let sink = sink(In::Push.way(&url), Some(datakit(&url)), EventOptions::default());
    sink.deliver(&[later(EventKind::Recovered, 2)]).await.unwrap();
    assert_eq!(far.requests().len(), 1);
}
