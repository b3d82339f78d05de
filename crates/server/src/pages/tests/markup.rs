//! Pages as a browser reads them.

use html5gum::{DefaultEmitter, Token, Tokenizer};

/// An element of a page, with all text inside it.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) tag: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> &str {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| known == name)
    }
}

const VOID: [&str; 4] = ["meta", "input", "br", "link"];

fn owned(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The elements of a page in the order they start. Panics at any parse error and where tags are not balanced.
pub(super) fn parse(page: &str) -> Vec<Element> {
    let mut emitter = DefaultEmitter::<()>::default();
    emitter.naively_switch_states(true);
    let mut elements: Vec<Element> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                let name = owned(&tag.name);
                if !VOID.contains(&name.as_str()) && !tag.self_closing {
                    open.push(elements.len());
                }
                let attributes = tag
                    .attributes
                    .iter()
                    .map(|(name, value)| (owned(name), owned(value)))
                    .collect();
                elements.push(Element {
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

/// What the policy of the server forbids, and what nobody could use, is not there.
pub(super) fn assert_sound(name: &str, page: &str) -> Vec<Element> {
    let elements = parse(page);
    for element in &elements {
        assert_nothing_inline(name, element);
        assert_nothing_from_elsewhere(name, element);
        assert_named(name, element, &elements);
    }
    assert_ids_are_unique(name, &elements);
    let count = |tag: &str| elements.iter().filter(|element| element.tag == tag).count();
    assert_eq!(
        (count("h1"), count("main"), count("title")),
        (1, 1, 1 + titles_of_bars(&elements)),
        "{name}"
    );
    elements
}

/// SVG names its parts by `title` too.
fn titles_of_bars(elements: &[Element]) -> usize {
    elements
        .windows(2)
        .filter(|pair| pair[0].tag == "g" && pair[1].tag == "title")
        .count()
}

fn assert_nothing_inline(name: &str, element: &Element) {
    for (key, value) in &element.attributes {
        assert!(key != "style" && !key.starts_with("on"), "{name}: {key}={value}");
    }
    assert!(
        element.tag != "style" && element.tag != "base" && element.tag != "iframe",
        "{name}: {}",
        element.tag
    );
    if element.tag == "script" {
        assert!(
            element.attribute("src").starts_with("/assets/") && element.text.is_empty(),
            "{name}: {element:?}"
        );
    }
}

/// Only links that somebody has to follow lead elsewhere: into the AWS console.
fn assert_nothing_from_elsewhere(name: &str, element: &Element) {
    for key in [
        "src",
        "href",
        "action",
        "formaction",
        "srcset",
        "data",
        "poster",
        "xlink:href",
    ] {
        let value = element.attribute(key);
        if value.is_empty() || value.starts_with('#') || (value.starts_with('/') && !value.starts_with("//"))
        {
            continue;
        }
        let console = element.tag == "a"
            && key == "href"
            && value.starts_with("https://")
            && value.contains(".console.");
        assert!(
            console && element.attribute("rel").contains("noopener"),
            "{name}: {key}={value}"
        );
    }
}

/// Fields have labels, pictures names, buttons words.
fn assert_named(name: &str, element: &Element, all: &[Element]) {
    let labelled = |element: &Element| {
        element.has("aria-label")
            || all
                .iter()
                .any(|label| label.tag == "label" && label.attribute("for") == element.attribute("id"))
            || all
                .iter()
                .any(|label| label.tag == "label" && !label.text.is_empty())
    };
    match element.tag.as_str() {
        "input" if element.attribute("type") != "hidden" => assert!(labelled(element), "{name}: {element:?}"),
        "select" => assert!(labelled(element), "{name}: {element:?}"),
        "button" | "h1" | "h2" | "h3" | "th" | "summary" => {
            assert!(!element.text.trim().is_empty(), "{name}: {element:?}");
        }
        "a" => assert!(
            !element.text.trim().is_empty() || element.has("aria-label"),
            "{name}: {element:?}"
        ),
        "svg" => assert!(
            element.attribute("aria-hidden") == "true"
                || element.has("aria-label")
                || element.has("aria-labelledby"),
            "{name}: {element:?}"
        ),
        "time" => assert!(
            element
                .attribute("datetime")
                .parse::<firstsight_engine::Time>()
                .is_ok(),
            "{name}: {element:?}"
        ),
        _ => {}
    }
}

fn assert_ids_are_unique(name: &str, elements: &[Element]) {
    let mut ids: Vec<&str> = elements
        .iter()
        .map(|element| element.attribute("id"))
        .filter(|id| !id.is_empty())
        .collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{name}: {ids:?}");
}

/// What a reader sees of the main part, a line a piece of text; what charts say is left out.
pub(super) fn text(page: &str) -> String {
    let mut emitter = DefaultEmitter::<()>::default();
    emitter.naively_switch_states(true);
    let (mut lines, mut inside, mut drawn) = (Vec::new(), false, 0);
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) if owned(&tag.name) == "main" => inside = true,
            Token::EndTag(tag) if owned(&tag.name) == "main" => inside = false,
            Token::StartTag(tag) if owned(&tag.name) == "svg" => drawn += 1,
            Token::EndTag(tag) if owned(&tag.name) == "svg" => drawn -= 1,
            Token::String(text) if inside && drawn == 0 => {
                let text = owned(&text);
                lines.extend((!text.trim().is_empty()).then(|| text.trim().to_owned()));
            }
            _ => {}
        }
    }
    lines.join("\n")
}
