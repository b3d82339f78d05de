//! Whatever an event holds, a body is well-formed and no longer than its far side takes.

use proptest::prelude::*;

use super::*;
use crate::conformance::{HOSTILE, hostile};
use crate::harmless::is_unsafe;
use crate::{Digest, DigestCause};

fn bytes(value: &Value) -> usize {
    value.as_str().unwrap().len()
}

fn characters(value: &Value) -> usize {
    value.as_str().unwrap().chars().count()
}

/// The limits of the vendors' pages; see `preset.rs` for which.
fn assert_within(preset: Preset, name: &str, text: &str) {
    let body: Value = serde_json::from_str(text).unwrap();
    match preset {
        Preset::Slack => {
            let section = &body["attachments"][0]["blocks"][0]["text"]["text"];
            assert!((1..=3000).contains(&characters(section)), "{name}");
        }
        Preset::DingTalk | Preset::Feishu => assert!(text.len() <= 20_000, "{name}: {}", text.len()),
        Preset::WeCom => assert!(bytes(&body["markdown"]["content"]) <= 4096, "{name}"),
        Preset::Json | Preset::Alertmanager => {}
    }
}

/// Long in every way: texts, and how many there are of everything.
fn long_events() -> Vec<(&'static str, Event)> {
    let mut events: Vec<(&str, Event)> = [
        ("letters", "A"),
        ("quotes", "\""),
        ("backslashes", "\\"),
        ("Chinese", "界"),
        ("controls", "\u{1}"),
        ("markup", "<*_&"),
    ]
    .map(|(name, text)| (name, hostile(&text.repeat(8_000))))
    .into();
    let mut many = opened();
    many.findings = vec![fixture::stop_logging(); 60];
    many.keys = vec![many.keys[0].clone(); 60];
    events.push(("findings", many));
    events
}

#[test]
fn long_events_are_cut_to_what_the_far_side_takes() {
    for preset in Preset::ALL {
        let mut settings = settings(Template::Ready(preset), "https://example.com");
        settings.mentions = (0..300).map(|n| format!("U{n:07}")).collect();
        if preset != Preset::WeCom {
            settings.mentions.truncate(3);
        }
        let sink = sink_of(settings).unwrap();
        for (name, event) in long_events() {
            let body = sink.body(&Told::Event(event.into()), now()).unwrap();
            assert_within(preset, &format!("{preset:?}: {name}"), &body);
        }
        let events: Vec<Event> = (1..=60).map(fixture::event).collect();
        let digest = Digest::of(events, DigestCause::Capped);
        let body = sink.body(&Told::Digest(digest.into()), now()).unwrap();
        assert_within(preset, &format!("{preset:?}: digest"), &body);
    }
}

#[test]
fn hostile_texts_stay_inside_their_strings() {
    for preset in Preset::ALL {
        let sink = ready(preset, "https://example.com");
        for (name, text) in HOSTILE {
            let event = hostile(text);
            let digest = Digest::of(vec![event.clone(), event.clone()], DigestCause::Aggregated);
            for told in [Told::Event(event.into()), Told::Digest(digest.into())] {
                let body = sink.body(&told, now()).unwrap();
                assert!(
                    !body.contains(|c| c != '\n' && is_unsafe(c)),
                    "{preset:?}: {name}"
                );
                let read = read(preset, &serde_json::from_str(&body).unwrap());
                assert!(!read.contains("\nforged line"), "{preset:?}: {name}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_body_within_the_limits(text in any::<String>()) {
        for preset in Preset::ALL {
            let body = ready(preset, "https://example.com").body(&Told::Event(hostile(&text).into()), now()).unwrap();
            assert_within(preset, preset.as_str(), &body);
        }
    }
}
