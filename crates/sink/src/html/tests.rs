use std::fmt::Write as _;

use base64::Engine as _;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use proptest::prelude::*;
use sha2::Digest as _;

use super::*;
use crate::conformance::{HOSTILE, Medium, assert_harmless, fixture};
use crate::rendering::Records;
use firstsight_engine::Locale;

#[test]
fn trouble_of_an_inspection_is_told_without_account_and_errors() {
    let events = fixture::troubles();
    let page = render_events(&events[..1]);
    assert!(
        page.contains("inspection <bdi>main</bdi>") && page.contains("<dt>Last reason</dt>"),
        "{page}"
    );
    assert!(
        !page.contains("account <bdi>") && !page.contains("error event"),
        "{page}"
    );
    let chinese = Rendering {
        locale: Locale::Chinese,
        ..Rendering::default()
    };
    assert!(render_events_with(&events[..1], chinese).contains("main：没有数据：已有 5 小时"));
    assert!(!render_events(&events[2..3]).contains("<dt>What to do</dt>"));
}

/// An element of a page, with all text inside it.
#[derive(Debug, Default)]
struct Element {
    tag: String,
    attributes: Vec<(String, String)>,
    depth: usize,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    fn has_class(&self, class: &str) -> bool {
        self.attribute("class").split(' ').any(|known| known == class)
    }
}

const VOID: [&str; 3] = ["meta", "input", "br"];

fn owned(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The elements of a page in the order they start. Panics at any parse error and where tags are not balanced.
fn parse(page: &str) -> Vec<Element> {
    let mut emitter = DefaultEmitter::<()>::default();
    emitter.naively_switch_states(true);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = owned(&tag.name);
                let attributes = tag
                    .attributes
                    .iter()
                    .map(|(name, value)| (owned(name), owned(value)))
                    .collect();
                if !VOID.contains(&name.as_str()) {
                    open.push(elements.len());
                }
                elements.push(Element {
                    depth: open.len(),
                    tag: name,
                    attributes,
                    text: String::new(),
                });
            }
            Token::EndTag(tag) => {
                let opened = open.pop().expect("an end tag has its start");
                assert_eq!(elements[opened].tag, owned(&tag.name), "tags are balanced");
            }
            Token::String(text) => {
                let text = owned(&text);
                open.iter()
                    .for_each(|index| elements[*index].text.push_str(&text));
            }
            Token::Doctype(_) => assert!(elements.is_empty()),
            Token::Comment(comment) => panic!("a comment: {comment:?}"),
            Token::Error(error) => panic!("a parse error: {error:?}"),
        }
    }
    assert!(open.is_empty(), "every element ends");
    elements
}

fn hash(text: &str) -> String {
    let digest = sha2::Sha256::digest(text.as_bytes());
    format!(
        "'sha256-{}'",
        base64::engine::general_purpose::STANDARD.encode(digest)
    )
}

#[test]
fn policy_allows_the_style_and_the_script_by_hash_and_nothing_else() {
    let elements = parse(&render_with(&fixture::report(), Records::Shown.into()));
    let policy = elements
        .iter()
        .find(|element| element.attribute("http-equiv") == "Content-Security-Policy")
        .unwrap()
        .attribute("content");
    let texts = |tag: &str| -> Vec<String> {
        let found = elements.iter().filter(|element| element.tag == tag);
        found.map(|element| element.text.clone()).collect()
    };
    let ([style], [script]) = (
        texts("style").try_into().unwrap(),
        texts("script").try_into().unwrap(),
    );
    let (style, script): (String, String) = (style, script);
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash(&style),
            hash(&script)
        ),
        "page.css or page.js changed: put their new hashes into POLICY"
    );
}

#[test]
fn page_asks_for_nothing_and_styles_nothing_inline() {
    let page = render_with(&fixture::report(), Records::Shown.into());
    for element in parse(&page) {
        for (name, value) in &element.attributes {
            assert!(
                !["src", "style", "srcset", "action", "data"].contains(&name.as_str())
                    && !name.starts_with("on"),
                "{name}={value}"
            );
            // A link is followed by who clicks on it, and by nobody else.
            if name == "href" && !value.starts_with('#') {
                assert_eq!(element.tag, "a", "{value}");
                assert!(
                    value.starts_with("https://") && value.contains(".console."),
                    "{value}"
                );
            }
        }
        assert!(!["link", "img", "iframe", "area", "object", "base"].contains(&element.tag.as_str()));
    }
    assert!(!page::STYLE.contains("url(") && !page::STYLE.contains("@import"));
}

/// Tags with their ids and classes, indented; runs of the same line counted. Charts are left out.
fn structure(page: &str) -> String {
    let mut lines: Vec<(String, usize)> = Vec::new();
    let mut inside_chart = usize::MAX;
    for element in parse(page) {
        if element.depth > inside_chart || ["meta", "style", "script"].contains(&element.tag.as_str()) {
            continue;
        }
        inside_chart = if element.tag == "svg" {
            element.depth
        } else {
            usize::MAX
        };
        let mut line = format!("{}{}", "  ".repeat(element.depth), element.tag);
        for (mark, name) in [('#', "id"), ('.', "class")] {
            for part in element.attribute(name).split_whitespace() {
                write!(line, "{mark}{part}").unwrap();
            }
        }
        match lines.last_mut() {
            Some((last, times)) if *last == line => *times += 1,
            _ => lines.push((line, 1)),
        }
    }
    let told = |(line, times): &(String, usize)| match times {
        1 => format!("{line}\n"),
        times => format!("{line} ×{times}\n"),
    };
    lines.iter().map(told).collect()
}

#[test]
fn structure_of_a_report_with_one_finding() {
    let report = Report {
        findings: vec![fixture::stop_logging()],
        keys: fixture::report().keys,
        ..fixture::quiet()
    };
    insta::assert_snapshot!(structure(&render_with(&report, Records::Shown.into())));
}

#[test]
fn text_of_a_card() {
    let mut finding = fixture::stop_logging();
    finding.reasons.clear();
    let report = Report {
        findings: vec![finding],
        keys: fixture::report().keys,
        ..fixture::quiet()
    };
    let elements = parse(&render_with(&report, Records::Shown.into()));
    let card = elements.iter().find(|element| element.has_class("card")).unwrap();
    insta::assert_snapshot!(card.text);
}

#[test]
fn page_says_the_result_in_title_and_heading() {
    let elements = parse(&render_with(&fixture::quiet(), Records::Shown.into()));
    let text = |tag: &str| &elements.iter().find(|element| element.tag == tag).unwrap().text;
    assert_eq!(text("h1"), "Nothing new: 123 error events in 21 known clusters");
    assert_eq!(*text("title"), format!("{} · firstsight", text("h1")));
}

#[test]
fn what_people_silenced_stands_in_the_row_of_its_account() {
    let page = render(&fixture::quiet());
    let elements = parse(&page);
    let told = |words: &str| {
        elements
            .iter()
            .any(|element| element.tag == "td" && element.text == words)
    };
    assert!(
        told("judged; 4 expected and 2 archived: 34 error events; 2 acknowledged"),
        "{page}"
    );
}

#[test]
fn headings_descend_by_one_and_ids_are_unique() {
    for page in [
        render_with(&fixture::report(), Records::Shown.into()),
        render_events_with(&fixture::report().events, Records::Shown.into()),
    ] {
        let elements = parse(&page);
        let mut last = 0;
        for element in &elements {
            if let ["h1" | "h2" | "h3" | "h4"] = [element.tag.as_str()] {
                let level = element.tag[1..].parse::<usize>().unwrap();
                assert!(level <= last + 1, "{level} after {last}: {}", element.text);
                last = level;
            }
        }
        let mut ids: Vec<&str> = elements
            .iter()
            .map(|e| e.attribute("id"))
            .filter(|id| !id.is_empty())
            .collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "ids are unique");
    }
}

#[test]
fn tables_have_captions_and_charts_have_titles() {
    let elements = parse(&render_with(&fixture::report(), Records::Shown.into()));
    let count = |tag: &str| elements.iter().filter(|element| element.tag == tag).count();
    assert_eq!(count("table"), 5);
    assert_eq!(count("table"), count("caption"));
    for svg in elements
        .iter()
        .filter(|element| element.tag == "svg" && element.attribute("role") == "img")
    {
        let named = svg.attribute("aria-label").len() + svg.attribute("aria-labelledby").len();
        assert!(named > 0, "{svg:?}");
    }
}

#[test]
fn every_reason_account_key_and_reject_is_there() {
    let report = fixture::report();
    let elements = parse(&render_with(&report, Records::Shown.into()));
    let body = &elements
        .iter()
        .find(|element| element.tag == "body")
        .unwrap()
        .text;
    let reasons = report.findings.iter().flat_map(|finding| &finding.reasons);
    for text in reasons
        .map(ToString::to_string)
        .chain(report.accounts.iter().map(|account| account.account.clone()))
        .chain(report.keys.iter().map(|key| key.id.clone()))
        .chain(
            report
                .input
                .reject_examples
                .iter()
                .map(|reject| reject.origin.clone()),
        )
        .chain(report.input.unread.clone())
        .chain(report.notes.clone())
    {
        assert!(body.contains(&text), "{text}");
    }
}

#[test]
fn reasons_say_their_language_where_it_is_not_the_pages() {
    let report = fixture::report();
    let chinese = parse(&render_with(&report, Locale::Chinese.into()));
    let told: Vec<&str> = chinese
        .iter()
        .filter(|element| element.tag == "li" && element.attribute("lang") == "zh-Hans")
        .map(|element| element.text.as_str())
        .collect();
    let reasons = report.findings.iter().flat_map(|finding| &finding.reasons);
    let expected: Vec<String> = reasons
        .map(|reason| reason.sentence(Locale::Chinese).to_string())
        .collect();
    assert_eq!(told, expected);
    let languages = |page: &[Element]| -> Vec<String> {
        let named = page.iter().map(|element| element.attribute("lang").to_owned());
        named.filter(|lang| !lang.is_empty()).collect()
    };
    assert_eq!(languages(&parse(&render(&report))), ["en"]);
    assert_eq!(languages(&chinese)[0], "en", "headings are English");
}

#[test]
fn a_card_leads_to_the_query_and_to_the_console() {
    let report = fixture::report();
    let elements = parse(&render(&report));
    let links: Vec<&str> = elements
        .iter()
        .filter(|element| element.tag == "a" && element.attribute("href").starts_with("http"))
        .map(|element| {
            assert_eq!(element.attribute("rel"), "noopener noreferrer");
            element.attribute("href")
        })
        .collect();
    let samples = report.findings.iter().flat_map(|finding| &finding.samples);
    let expected: Vec<String> = samples
        .filter_map(|sample| crate::lead::Lead::from(sample).console)
        .collect();
    assert_eq!(links, expected);
    assert_eq!(links.len(), 3);
    let queries = elements
        .iter()
        .filter(|element| element.tag == "pre" && element.text.starts_with("fields @timestamp"));
    assert_eq!(queries.count(), report.findings.len());
}

#[test]
fn records_stay_unless_they_are_asked_for() {
    let report = fixture::report();
    let text = |page: &str| {
        let elements = parse(page);
        let body = elements.iter().find(|element| element.tag == "body").unwrap();
        (
            elements
                .iter()
                .filter(|element| element.tag == "pre" && element.text.starts_with('{'))
                .count(),
            body.text.clone(),
        )
    };
    let (records, body) = text(&render(&report));
    assert_eq!(records, 0);
    assert!(body.contains("--samples puts them into the page"), "{body}");
    assert!(body.contains(&report.findings[0].samples[0].event_id));
    assert!(text(&render_with(&report, Records::Shown.into())).0 > 0);
    assert_eq!(text(&render_events(&report.events)).0, 0);
}

#[test]
fn findings_past_the_most_are_counted() {
    let report = Report {
        findings: vec![fixture::sign_in(); MOST_FINDINGS + 3],
        ..fixture::quiet()
    };
    let elements = parse(&render_with(&report, Records::Shown.into()));
    let cards = elements
        .iter()
        .filter(|element| element.has_class("card"))
        .count();
    assert_eq!(cards, MOST_FINDINGS);
    assert!(
        elements
            .iter()
            .any(|element| element.text.starts_with("3 more findings"))
    );
}

#[test]
fn hostile_texts_are_harmless() {
    for (name, hostile) in HOSTILE {
        let page = render_with(&fixture::hostile_report(hostile), Records::Shown.into());
        assert_harmless(Medium::Html, name, &page);
        parse(&page);
    }
}

#[test]
fn noncharacters_are_written_out() {
    for (hostile, shown) in [
        ("\u{fdd0}", r"\u{fdd0}"),
        ("\u{ffff}", r"\u{ffff}"),
        ("\u{10fffe}", r"\u{10fffe}"),
    ] {
        let page = render_with(&fixture::hostile_report(hostile), Records::Shown.into());
        assert!(!page.contains(hostile) && page.contains(shown), "{shown}");
        parse(&page);
    }
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

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn any_report_is_well_formed_and_keeps_its_texts(
        hostile in ".{0,60}|[<>&\"'/a-c \\x00-\\x1f\\u{202e}]{0,200}",
        hours in proptest::array::uniform4(any::<i64>()),
    ) {
        let mut report = fixture::hostile_report(&hostile);
        let at = |millis: i64| firstsight_engine::Time::from_millis(millis);
        report.window = firstsight_engine::Range::new(at(hours[0]), at(hours[1]));
        report.baseline = firstsight_engine::Range::new(at(hours[2]), at(hours[3]));
        let elements = parse(&render_with(&report, Records::Shown.into()));
        let expected = crate::harmless::written_out(&hostile, |c| c == '\n').into_owned();
        let templates: Vec<&str> = elements
            .iter()
            .filter(|element| element.has_class("template"))
            .map(|element| element.text.as_str())
            .collect();
        let shown = if expected.is_empty() { 0 } else { report.findings.len() };
        prop_assert_eq!(templates, vec![expected.as_str(); shown]);
        let note = elements.iter().any(|element| element.tag == "li" && element.text == expected);
        prop_assert!(note, "the note is kept");
    }
}

#[test]
fn keys_that_iam_does_not_know_say_why() {
    let mut report = fixture::report();
    let reason = "account <b> is not reached: name its role with --role-arn".to_owned();
    report.keys[0].iam = Some(crate::KeyStanding::Unknown { reason });
    let elements = parse(&render_with(&report, Records::Shown.into()));
    let text = |tag: &str, holds: &str| {
        let found = elements.iter().filter(|element| element.tag == tag);
        found.filter(|element| element.text.contains(holds)).count()
    };
    let reason = "account <b> is not reached: name its role with --role-arn";
    assert_eq!(
        text("li", &format!("IAM tells nothing of 1 access key: {reason}")),
        1
    );
    assert_eq!(text("td", &format!("not known ({reason})")), 1);
    report.keys[0].iam = None;
    let page = render_with(&report, Records::Shown.into());
    assert!(!page.contains("IAM"), "nothing is said where it was not asked");
}
