//! What is sent, byte for byte.

use std::fmt::Write as _;

use super::*;
use crate::conformance::hostile;
use crate::http::recorder::Recorded;
use crate::{Digest, DigestCause, Sink};

/// A request as text; the port and the version are not the same for ever.
fn written(request: &Recorded) -> String {
    let mut out = format!("{} {}\n", request.method, request.target);
    for (name, value) in &request.headers {
        let value = match name.as_str() {
            "host" => "HOST",
            "user-agent" => &value.replace(env!("CARGO_PKG_VERSION"), "VERSION"),
            _ => value,
        };
        writeln!(out, "{name}: {value}").unwrap();
    }
    format!("{out}\n{}\n", request.text())
}

fn told() -> Vec<(&'static str, Locale, Told)> {
    let digest = Digest::of(vec![opened(), recovered()], DigestCause::Aggregated);
    let mut hostile = hostile("<!channel> <@all> \u{202e}*b*\n# h [x](http://example.com/x) `c` \"\\");
    hostile.hours.clear();
    hostile.findings[0].reasons.clear();
    vec![
        ("opened", Locale::English, Told::Event(opened().into())),
        ("ongoing", Locale::English, Told::Event(ongoing().into())),
        ("recovered", Locale::English, Told::Event(recovered().into())),
        ("digest", Locale::English, Told::Digest(digest.into())),
        ("hostile", Locale::English, Told::Event(hostile.into())),
        ("Chinese", Locale::Chinese, Told::Event(opened().into())),
        ("trouble", Locale::English, Told::Event(trouble().into())),
    ]
}

fn trouble() -> Event {
    let mut event = fixture::trouble(9, TroubleKind::Silent, EventKind::Opened);
    event.title = event.worded_title(Locale::English);
    event
}

async fn sent(preset: Preset, locale: Locale, told: &Told) -> String {
    let far = recorder(Some(preset)).await;
    let mut settings = settings(Template::Ready(preset), &format!("{}/hook?key=k", far.url()));
    settings.secret = Some("SECexample".into());
    settings.mentions = vec!["U012AB3CD".to_owned()];
    settings.locale = locale;
    let sink = sink_of(settings).unwrap();
    match told {
        Told::Event(event) => sink.deliver(std::slice::from_ref(&**event)).await.unwrap(),
        Told::Digest(digest) => sink.deliver_together(digest).await.unwrap(),
    };
    written(&far.requests()[0])
}

#[tokio::test]
async fn requests_of_each_preset() {
    for preset in Preset::ALL {
        let mut all = String::new();
        for (name, locale, told) in told() {
            let request = sent(preset, locale, &told).await;
            writeln!(all, "=== {name}\n{request}").unwrap();
        }
        insta::assert_snapshot!(preset.as_str(), all);
    }
}

#[tokio::test]
async fn requests_over_the_limit() {
    let mut event = opened();
    event.findings = vec![fixture::stop_logging(); 40];
    for preset in [Preset::Slack, Preset::WeCom] {
        let request = sent(preset, Locale::English, &Told::Event(event.clone().into())).await;
        insta::assert_snapshot!(format!("{}_over_the_limit", preset.as_str()), request);
    }
}
