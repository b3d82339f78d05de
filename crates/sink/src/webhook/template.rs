//! Templates: what they may do, and what they make of what they are given.

use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde::Serialize;

use crate::{harmless, json};

/// What a template makes, by the type of its content. What is filled in is neutralised for it, whatever the template says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// JSON: what is filled in is a JSON value.
    Json,
    /// HTML or XML: what is filled in is text, never markup.
    Markup,
    /// Text: what is filled in stands on one line, but Markdown of ours.
    Text,
}

impl Content {
    /// By a `Content-Type`; JSON where there is none.
    pub(super) fn of(media_type: Option<&str>) -> Self {
        let Some(media_type) = media_type.map(str::to_ascii_lowercase) else {
            return Self::Json;
        };
        let named = |name: &str| media_type.contains(name);
        if named("json") {
            Self::Json
        } else if named("html") || named("xml") {
            Self::Markup
        } else {
            Self::Text
        }
    }

    /// Markdown of ours: its line breaks may stand in a text.
    pub(super) fn markdown(self, text: String) -> Value {
        match self {
            Self::Text => Value::from_safe_string(text),
            Self::Json | Self::Markup => Value::from(text),
        }
    }
}

/// Why there is no body.
#[derive(Debug)]
pub(super) struct Failure {
    /// The template's line, from 1.
    pub(super) line: usize,
    /// Why.
    pub(super) reason: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            line: error.line().unwrap_or(1),
            reason: reason(&error),
        }
    }
}

/// What is wrong, with its cause, without the template's name or source.
fn reason(error: &Error) -> String {
    let mut said = error.kind().to_string();
    let mut next: Option<&Error> = Some(error);
    while let Some(error) = next {
        if let Some(detail) = error.detail() {
            said = format!("{said}: {detail}");
        }
        next = std::error::Error::source(error).and_then(<dyn std::error::Error>::downcast_ref);
    }
    said
}

const NAME: &str = "template";

/// What a rendering may cost: some million steps, or 256 MiB of text.
const FUEL: u64 = 1 << 22;

/// A template that was read.
#[derive(Debug)]
pub(super) struct Template {
    environment: Environment<'static>,
    content: Content,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// When its syntax is wrong.
    pub(super) fn new(text: String, content: Content) -> Result<Self, Failure> {
        let mut environment = Environment::new();
        // With it on, errors would hold what the template was given.
        environment.set_debug(false);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_formatter(move |out, _: &mut State<'_, '_>, value| write(content, out, value));
        // What is filled in is an attacker's: nothing takes its escaping away.
        environment.remove_filter("safe");
        environment.remove_filter("escape");
        environment.remove_filter("e");
        environment.add_filter("tojson", move |value: Value| to_json(content, value));
        environment.add_filter("cut", cut);
        environment.add_template_owned(NAME, text)?;
        Ok(Self { environment, content })
    }

    /// The body.
    ///
    /// # Errors
    /// When the template asks for what there is not, or what it makes is not JSON where it has to be.
    pub(super) fn render(&self, given: &Value) -> Result<String, Failure> {
        let template = self.environment.get_template(NAME)?;
        let body = template.render(given).map_err(|error| match error.kind() {
            ErrorKind::UndefinedError => self.undefined(&error, &template, given),
            _ => Failure::from(error),
        })?;
        if self.content != Content::Json {
            return Ok(body);
        }
        match serde_json::from_str::<serde::de::IgnoredAny>(&body) {
            Ok(_) => Ok(json::harmless(&body)),
            Err(error) => Err(Failure {
                line: error.line(),
                reason: format!("what it makes is not JSON ({error}); write {{{{ x }}}} without quotes"),
            }),
        }
    }
}

impl Template {
    /// Which names there are not, since the error does not say.
    fn undefined(&self, error: &Error, template: &minijinja::Template<'_, '_>, given: &Value) -> Failure {
        let is_global = |path: &str| self.environment.globals().any(|(name, _)| name == path);
        let mut missing: Vec<String> = template.undeclared_variables(true).into_iter().collect();
        missing.retain(|path| !is_global(path) && !leads_somewhere(given, path));
        missing.sort();
        Failure {
            line: error.line().unwrap_or(1),
            reason: format!("there is no such value: {}", missing.join(", ")),
        }
    }
}

/// Whether a value stands at a path as `event.fault.id`.
fn leads_somewhere(given: &Value, path: &str) -> bool {
    let step = |value: Value, name: &str| value.get_attr(name).ok().filter(|value| !value.is_undefined());
    path.split('.').try_fold(given.clone(), step).is_some()
}

fn write(content: Content, out: &mut Output<'_>, value: &Value) -> Result<(), Error> {
    let text = match content {
        Content::Json => json_of(value)?,
        Content::Markup => markup(&harmless::written_out(&value.to_string(), |c| c == '\n')),
        Content::Text if value.is_safe() => value.to_string(),
        Content::Text => harmless::written_out(&value.to_string(), |_| false).into_owned(),
    };
    Ok(out.write_str(&text)?)
}

fn json_of(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// In JSON everything that is filled in is JSON already; in a text it has to be asked for.
fn to_json(content: Content, value: Value) -> Result<Value, Error> {
    match content {
        Content::Json => Ok(value),
        Content::Markup => json_of(&value).map(Value::from),
        Content::Text => json_of(&value).map(|text| Value::from_safe_string(json::harmless(&text))),
    }
}

fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// At most so many characters, the last an ellipsis where some are missing.
#[allow(clippy::needless_pass_by_value, reason = "a filter is given its own")]
pub(super) fn cut(text: String, characters: usize) -> String {
    if text.chars().nth(characters).is_none() {
        return text;
    }
    let mut cut: String = text.chars().take(characters.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// Anything that is serialised, as a template's value.
pub(super) fn value(of: impl Serialize) -> Value {
    Value::from(Serde(of))
}
