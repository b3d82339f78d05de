//! What the messages look like, that nothing gets out of its place in them, and that they keep their bound.

use firstsight_engine::{Finding, FindingId, Novelty, Severity};
use proptest::prelude::*;
use pulldown_cmark::{Event as Token, Options, Parser, Tag, TagEnd};

use super::*;
use crate::conformance::{self, HOSTILE, fixture};
use crate::digest::DigestCause;
use crate::event::EventKind;
use crate::harmless::is_unsafe;

fn options(dialect: Dialect, locale: Locale) -> MarkdownOptions {
    MarkdownOptions {
        dialect,
        locale,
        evidence: LinkTemplate::new("https://firstsight.example.com/events/{event}").ok(),
        ..MarkdownOptions::default()
    }
}

/// Everything on: a link a cluster, the largest lists.
fn full() -> MarkdownOptions {
    MarkdownOptions {
        evidence: LinkTemplate::new("https://firstsight.example.com/{account}/{cluster}").ok(),
        ..options(Dialect::Full, Locale::English)
    }
}

fn opened() -> Event {
    let mut event = fixture::event(1);
    event.findings.extend([fixture::sign_in(), fixture::new_actor()]);
    event.title = event.worded_title(Locale::English);
    event.keys = fixture::report().keys;
    event
}

fn ongoing() -> Event {
    let mut event = Event {
        kind: EventKind::Ongoing,
        findings: Vec::new(),
        keys: Vec::new(),
        ongoing_clusters: 2,
        ..fixture::event(3)
    };
    event.fault.duration_seconds = 7_200;
    event.title = event.worded_title(Locale::English);
    event
}

fn digest() -> Digest {
    let events = vec![fixture::recovered(), ongoing(), opened()];
    Digest::of(events, DigestCause::Capped)
}

/// Every message in a dialect and language.
fn messages(dialect: Dialect, locale: Locale) -> String {
    let options = options(dialect, locale);
    let events = [opened(), ongoing(), fixture::recovered()];
    let mut messages: Vec<String> = events.iter().map(|event| render(event, &options)).collect();
    messages.push(render_digest(&digest(), &options));
    messages.join("\n\n================\n\n")
}

#[test]
fn messages_of_every_dialect_and_language() {
    for dialect in Dialect::ALL {
        for locale in Locale::ALL {
            let name = format!("{dialect:?}_{locale}").to_lowercase();
            insta::assert_snapshot!(name, messages(dialect, locale));
        }
    }
}

#[test]
fn trouble_of_an_inspection_in_every_dialect_and_language() {
    use crate::event::TroubleKind::{Failing, Silent};
    let worded = |kind, step| {
        let mut event = fixture::trouble(1, kind, step);
        event.title = event.worded_title(Locale::English);
        event
    };
    let events = [
        worded(Silent, EventKind::Opened),
        worded(Failing, EventKind::Recovered),
    ];
    for dialect in Dialect::ALL {
        let mut told = Vec::new();
        for locale in Locale::ALL {
            let options = options(dialect, locale);
            told.extend(events.iter().map(|event| render(event, &options)));
            let digest = Digest::of(events.to_vec(), DigestCause::Aggregated);
            told.push(render_digest(&digest, &options));
        }
        let told = told.join("\n\n================\n\n");
        assert!(
            !told.contains("111122223333") && !told.contains("New error"),
            "{told}"
        );
        insta::assert_snapshot!(format!("trouble_{dialect:?}").to_lowercase(), told);
    }
}

#[test]
fn the_default_is_what_guance_shows() {
    let message = render(&opened(), &MarkdownOptions::default());
    assert!(
        message.starts_with("#### Overview") && message.contains("\n| --- |"),
        "{message}"
    );
    assert!(!message.contains("[Evidence]"), "no template, no link: {message}");
}

#[test]
fn a_sample_without_a_record_is_linked_by_the_only_region() {
    let mut event = fixture::event(1);
    let finding = &mut event.findings[0];
    finding.samples.iter_mut().for_each(|sample| sample.raw.clear());
    let message = |event: &Event| render(event, &full());
    assert!(
        !message(&event).contains("console.aws"),
        "two regions: which it was is not known"
    );
    let finding = &mut event.findings[0];
    finding.values.retain(|value| value.value != "us-east-1");
    assert!(message(&event).contains("https://eu-central-1.console.aws.amazon.com/"));
    let mut values = event.findings[0].values.iter_mut();
    let region = values.find(|value| value.value == "eu-central-1");
    region.unwrap().value = "cn-north-1".to_owned();
    assert!(message(&event).contains("https://cn-north-1.console.amazonaws.cn/"));
}

/// What CommonMark makes of a message: its text, and the addresses of its links. Panics at what we never write.
fn read(message: &str) -> (String, Vec<String>) {
    let (mut text, mut links) = (String::new(), Vec::new());
    for token in Parser::new_ext(
        message,
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES,
    ) {
        match token {
            Token::Text(piece) | Token::Code(piece) => text.push_str(&piece),
            Token::SoftBreak
            | Token::HardBreak
            | Token::End(TagEnd::Item | TagEnd::Paragraph | TagEnd::TableCell) => {
                text.push('\n');
            }
            Token::Start(Tag::Link { dest_url, .. }) => links.push(dest_url.to_string()),
            Token::Start(
                Tag::Image { .. }
                | Tag::HtmlBlock
                | Tag::CodeBlock(_)
                | Tag::BlockQuote(_)
                | Tag::Emphasis
                | Tag::Strikethrough
                | Tag::FootnoteDefinition(_)
                | Tag::MetadataBlock(_),
            )
            | Token::Html(_)
            | Token::InlineHtml(_)
            | Token::FootnoteReference(_)
            | Token::Rule => panic!("we never write {token:?}\n{message}"),
            _ => {}
        }
    }
    (text, links)
}

/// How the tokens of a message nest, without their texts.
fn shape(message: &str) -> Vec<String> {
    let tokens = Parser::new_ext(message, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let shown = tokens.filter(|token| matches!(token, Token::Start(_) | Token::End(_)));
    shown
        .map(|token| match token {
            Token::Start(Tag::Link { .. }) => "link".to_owned(),
            token => format!("{token:?}"),
        })
        .collect()
}

fn ours(url: &str) -> bool {
    url.starts_with("https://firstsight.example.com/")
        || url.starts_with("https://eu-central-1.console.aws.amazon.com/")
}

/// Panics where a text became more than text in a chat's dialect.
fn assert_text_only(dialect: Dialect, name: &str, message: &str) {
    let raw = message.chars().find(|c| *c != '\n' && is_unsafe(*c));
    assert_eq!(raw, None, "{dialect:?} {name}");
    let mut rest = message
        .replace("<font color=\"warning\">", "")
        .replace("</font>", "");
    if dialect == Dialect::Slack {
        rest = without_slack_links(&rest);
        assert!(!rest.contains("\n&gt;"), "{name}: a quote");
    } else {
        for link in rest.clone().split("](").skip(1) {
            assert!(ours(link), "{dialect:?} {name}: {link}");
        }
        assert!(!rest.contains("!["), "{dialect:?} {name}: an image");
        rest = rest
            .split("](")
            .map(|piece| piece.split_once(')').map_or(piece, |(_, rest)| rest))
            .collect();
    }
    for markup in ["<", "://", "@"] {
        assert!(!rest.contains(markup), "{dialect:?} {name}: {markup} in {rest}");
    }
    if dialect != Dialect::Slack {
        assert!(!rest.contains('>'), "{dialect:?} {name}: {rest}");
    }
}

fn without_slack_links(message: &str) -> String {
    let mut out = String::new();
    let mut rest = message;
    while let Some((before, link)) = rest.split_once("<https://") {
        let (link, after) = link.split_once('>').unwrap();
        assert!(ours(&format!("https://{link}")), "{link}");
        out.push_str(before);
        rest = after;
    }
    out + rest
}

#[test]
fn hostile_texts_stay_text_in_every_chat() {
    for (name, text) in HOSTILE {
        let event = conformance::hostile(text);
        let digest = Digest::of(vec![event.clone()], DigestCause::Aggregated);
        for dialect in Dialect::ALL
            .into_iter()
            .filter(|dialect| *dialect != Dialect::Full)
        {
            for locale in Locale::ALL {
                let options = options(dialect, locale);
                assert_text_only(dialect, name, &render(&event, &options));
                assert_text_only(dialect, name, &render_digest(&digest, &options));
            }
        }
    }
}

#[test]
fn hostile_texts_stay_text_in_markdown() {
    for (name, text) in HOSTILE {
        let event = conformance::hostile(text);
        for locale in Locale::ALL {
            let message = render(&event, &options(Dialect::Full, locale));
            let (_, links) = read(&message);
            assert!(links.iter().all(|link| ours(link)), "{name}: {links:?}");
            conformance::assert_harmless(conformance::Medium::Markdown, name, &message);
        }
    }
}

#[test]
fn a_table_keeps_its_cells() {
    let mut event = opened();
    for key in &mut event.keys {
        fixture::fill_key(key, r"a|b\|c`d|");
    }
    let message = render(&event, &full());
    let cells = Parser::new_ext(&message, Options::ENABLE_TABLES)
        .filter(|token| matches!(token, Token::Start(Tag::TableCell)));
    assert_eq!(cells.count(), 2 * 6 * event.keys.len(), "{message}");
    assert!(read(&message).0.contains(r"a|b\|c`d|"), "{message}");
}

/// An event with so many findings.
fn many(number: usize) -> Event {
    let mut event = opened();
    let finding = |index: usize| Finding {
        id: FindingId(firstsight_engine::Digest::of(&[&index.to_string()])),
        novelty: Novelty::New,
        severity: Severity::Warning,
        event_name: format!("Call{index}"),
        ..fixture::stop_logging()
    };
    event.findings = (0..number).map(finding).collect();
    event.title = event.worded_title(Locale::English);
    event
}

#[test]
fn what_does_not_fit_is_left_out_whole_and_counted() {
    let within = |max_bytes: usize| {
        let message = render(&many(40), &MarkdownOptions { max_bytes, ..full() });
        assert!(message.len() <= max_bytes, "{max_bytes}: {}", message.len());
        message
    };
    let all = within(usize::MAX);
    assert!(!all.contains("left out") && all.contains("Call39"));
    let some = within(8_000);
    let whole = some.matches("\n##### ").count();
    let brief = (1..=40)
        .filter(|number| some.contains(&format!("\n- **{number}. ")))
        .count();
    assert!((1..40).contains(&whole) && brief > 0, "{some}");
    assert!(
        some.contains("more error clusters, left out here for want of space"),
        "{some}"
    );
    let told = (0..40)
        .filter(|index| some.contains(&format!("Call{index}`")))
        .count();
    assert!(
        some.contains(&format!("and {} more error clusters", 40 - told)),
        "{told}: {some}"
    );
    let bare = within(900);
    assert!(bare.contains("1 access key left out here"), "{bare}");
    assert_eq!(within(31), "40 new CloudTrail errors in …");
    assert_eq!(within(30), "40 new CloudTrail errors in…");
    assert_eq!(within(0), "");
}

#[test]
fn a_digest_counts_the_events_that_do_not_fit() {
    let events = (1..=50).map(fixture::event).collect();
    let digest = Digest::of(events, DigestCause::Capped);
    let options = MarkdownOptions {
        max_bytes: 4_096,
        ..options(Dialect::WeCom, Locale::Chinese)
    };
    let message = render_digest(&digest, &options);
    let told = message.matches("\n- ").count();
    assert!(told > 5 && message.len() <= 4_096, "{message}");
    assert!(
        message.ends_with(&format!("另有 {} 个事件因篇幅所限未列出", 50 - told)),
        "{message}"
    );
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

/// Texts of what Markdown is made of.
fn markup() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+*_`~<>\\[\\]()!|\\\\#&;:/.@$= a1\\n]{0,24}",
        "\\PC{0,24}",
        "(\\[a\\]\\(https?://b\\)|!\\[\\]\\(x\\)|<b>|&lt;|&#42;|www\\.a\\.b|\\*\\*c\\*\\*|``d`|~~e~~|\\|| ){1,5}",
    ]
}

/// What a reader of the message should see of a text.
fn seen(text: &str) -> String {
    crate::harmless::written_out(text, |_| false).trim().to_owned()
}

proptest! {
    #![proptest_config(cases(96))]

    /// An independent parser reads the text back, and the message has the shape that it has with harmless texts.
    #[test]
    fn any_text_is_text_to_a_parser(text in markup()) {
        // What is empty shows as a dash, or is left out.
        prop_assume!(!seen(&text).is_empty());
        let with = |text: &str| {
            let mut event = conformance::hostile(text);
            event.keys.clear();
            event
        };
        let message = render(&with(&text), &full());
        let (read, links) = read(&message);
        prop_assert!(read.contains(&seen(&text)), "{:?} in {}", seen(&text), message);
        prop_assert!(links.iter().all(|link| ours(link)), "{:?}", links);
        prop_assert_eq!(shape(&message), shape(&render(&with("harmless"), &full())), "{}", message);
    }

    #[test]
    fn any_text_is_text_to_a_chat(text in markup(), dialect in 1_usize..5) {
        let dialect = Dialect::ALL[dialect];
        let message = render(&conformance::hostile(&text), &options(dialect, Locale::English));
        assert_text_only(dialect, "any text", &message);
    }

    #[test]
    fn the_bound_holds(
        text in markup(), findings in 0_usize..30, max_bytes in 0_usize..20_000, dialect in 0_usize..5, chinese: bool
    ) {
        let locale = if chinese { Locale::Chinese } else { Locale::English };
        let mut event = many(findings);
        event.title = text.clone();
        for finding in event.findings.iter_mut().step_by(3) {
            fixture::fill(finding, &text.repeat(40));
        }
        let options = MarkdownOptions { max_bytes, ..options(Dialect::ALL[dialect], locale) };
        let message = render(&event, &options);
        prop_assert!(message.len() <= max_bytes, "{} > {max_bytes}", message.len());
        let told = render_digest(&Digest::of(vec![event.clone(), event], DigestCause::Capped), &options);
        prop_assert!(told.len() <= max_bytes, "{} > {max_bytes}", told.len());
    }
}
