//! What a template is given. The module's page describes it.

use std::sync::Arc;

use firstsight_engine::{Locale, Time};
use minijinja::value::{Object, Value};
use minijinja::{Error, ErrorKind};

use super::sign;
use super::template::{Content, cut, value};
use crate::markdown::{self, Dialect, LinkTemplate, MarkdownOptions};
use crate::rendering::Rendering;
use crate::{Digest, Event, EventKind, Status, harmless, json};

/// What is told in one request.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Event(Arc<Event>),
    Digest(Arc<Digest>),
}

impl Told {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Event(event) => &event.id,
            Self::Digest(digest) => &digest.id,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Event(event) => event.kind.as_str(),
            Self::Digest(_) => "digest",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Event(event) => event.status,
            Self::Digest(digest) => digest.status(),
        }
    }

    fn events(&self) -> &[Event] {
        match self {
            Self::Event(event) => std::slice::from_ref(event),
            Self::Digest(digest) => &digest.events,
        }
    }

    fn title(&self, locale: Locale) -> String {
        match self {
            Self::Event(event) => event.title_in(locale),
            Self::Digest(digest) => digest.title_in(locale),
        }
    }

    fn markdown(&self, options: &MarkdownOptions) -> String {
        match self {
            Self::Event(event) => markdown::render(event, options),
            Self::Digest(digest) => markdown::render_digest(digest, options),
        }
    }
}

/// How it is told.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) rendering: Rendering,
    pub(super) evidence: Option<LinkTemplate>,
    pub(super) mentions: Vec<String>,
    pub(super) content: Content,
    pub(super) now: Time,
    /// Markdown may have this fraction of what the template allows it: more than 1 where a whole body was too long.
    pub(super) share: usize,
}

/// The most bytes of `message`, and of an alert's.
const MESSAGE: usize = 64 << 10;
const ALERT_MESSAGE: usize = 16 << 10;
/// In milliseconds.
const DAY: i64 = 24 * 3_600_000;

/// What a template is given for this.
pub(super) fn given(told: Told, mut telling: Telling, signature: Option<sign::Feishu>) -> Value {
    if told.status() == Status::Ok {
        // Nobody is called for good news.
        telling.mentions.clear();
    }
    Value::from_object(Given {
        told,
        telling,
        signature,
    })
}

/// What is given is made when it is asked for: an event has many parts, and a template takes few of them.
#[derive(Debug)]
struct Given {
    told: Told,
    telling: Telling,
    signature: Option<sign::Feishu>,
}

impl Object for Given {
    fn get_value(self: &Arc<Self>, name: &Value) -> Option<Value> {
        let name = name.as_str()?;
        self.plain(name)
            .or_else(|| self.part(name))
            .or_else(|| function(self, name))
    }
}

impl Given {
    fn plain(&self, name: &str) -> Option<Value> {
        let Self { told, telling, .. } = self;
        Some(match name {
            "id" => Value::from(told.id()),
            "kind" => Value::from(told.kind()),
            "status" => Value::from(told.status().as_str()),
            "color" => Value::from(color(told.status())),
            "title" => Value::from(self.title()),
            "message" => telling.content.markdown(self.markdown(Dialect::Full, MESSAGE)),
            "mentions" => value(&telling.mentions),
            "signature" => value(&self.signature),
            _ => return None,
        })
    }

    fn part(&self, name: &str) -> Option<Value> {
        let rendering = self.telling.rendering;
        Some(match (name, &self.told) {
            ("event", Told::Event(event)) => value(json::told_event(event, rendering)),
            ("digest", Told::Digest(digest)) => value(json::told_digest(digest, rendering)),
            ("url", Told::Event(event)) => value(self.url(event)),
            ("event" | "digest" | "url", _) => Value::from(()),
            ("alerts", told) => told.events().iter().map(|event| self.alert(event)).collect(),
            _ => return None,
        })
    }

    fn alert(&self, event: &Event) -> Value {
        let message = markdown::render(event, &self.options(Dialect::Full, ALERT_MESSAGE));
        let title = event.title_in(self.telling.rendering.locale);
        let alert = [
            ("event", value(json::told_event(event, self.telling.rendering))),
            ("title", Value::from(line(&title))),
            ("message", self.telling.content.markdown(message)),
            ("url", value(self.url(event))),
            ("ends_at", value(ends_at(event, self.telling.now))),
        ];
        Value::from_pairs(alert)
    }

    fn url(&self, event: &Event) -> Option<String> {
        let evidence = self.telling.evidence.as_ref()?;
        Some(evidence.fill(event, None))
    }

    fn title(&self) -> String {
        line(&self.told.title(self.telling.rendering.locale))
    }

    fn options(&self, dialect: Dialect, max_bytes: usize) -> MarkdownOptions {
        MarkdownOptions {
            dialect,
            locale: self.telling.rendering.locale,
            max_bytes: max_bytes / self.telling.share,
            evidence: self.telling.evidence.clone(),
        }
    }

    fn markdown(&self, dialect: Dialect, max_bytes: usize) -> String {
        self.told.markdown(&self.options(dialect, max_bytes))
    }

    fn heading(&self, dialect: Dialect, characters: usize) -> String {
        dialect.neutral(&cut(self.title(), characters))
    }

    /// The calls that fit: whole ones, in their order.
    fn mention(&self, dialect: Dialect, max_bytes: usize) -> String {
        let mut calls = String::new();
        for call in self.telling.mentions.iter().filter_map(|who| call(dialect, who)) {
            let gap = usize::from(!calls.is_empty());
            if calls.len() + gap + call.len() > max_bytes {
                break;
            }
            calls.extend(std::iter::repeat_n(' ', gap));
            calls.push_str(&call);
        }
        calls
    }

    /// Title, message and calls as one text; the message of some dialects begins with the title.
    fn text(&self, dialect: Dialect, max_bytes: usize) -> String {
        let calls = self.mention(dialect, max_bytes / 4);
        let behind = if calls.is_empty() {
            calls
        } else {
            format!("\n\n{calls}")
        };
        let heading = || format!("**{}**\n\n", self.heading(dialect, 200));
        let mut text = if dialect.shows_title() {
            String::new()
        } else {
            heading()
        };
        let rest = max_bytes.saturating_sub(text.len() + behind.len());
        text.push_str(&self.markdown(dialect, rest));
        text + &behind
    }
}

/// One line of plain text.
fn line(text: &str) -> String {
    harmless::written_out(text, |_| false).into_owned()
}

/// What makes Markdown for a template: each takes a dialect, and all but one how much.
fn function(given: &Arc<Given>, name: &str) -> Option<Value> {
    let make: fn(&Given, Dialect, usize) -> String = match name {
        "markdown" => Given::markdown,
        "heading" => Given::heading,
        "text" => Given::text,
        "mention" => Given::mention,
        _ => return None,
    };
    let given = Arc::clone(given);
    let most = (name == "mention").then_some(usize::MAX);
    let function = move |name: &str, asked: Option<usize>| {
        let asked = asked.or(most).ok_or_else(|| {
            let reason = "it takes a dialect, and how much at most";
            Error::new(ErrorKind::MissingArgument, reason)
        })?;
        let markdown = make(&given, dialect(name)?, asked);
        Ok::<_, Error>(given.telling.content.markdown(markdown))
    };
    Some(Value::from_function(function))
}

const DIALECTS: [(&str, Dialect); 5] = [
    ("full", Dialect::Full),
    ("slack", Dialect::Slack),
    ("dingtalk", Dialect::DingTalk),
    ("feishu", Dialect::Feishu),
    ("wecom", Dialect::WeCom),
];

fn dialect(name: &str) -> Result<Dialect, Error> {
    let known = DIALECTS.iter().find(|(known, _)| *known == name);
    known.map(|(_, dialect)| *dialect).ok_or_else(|| {
        let names = DIALECTS.map(|(known, _)| known).join(", ");
        let reason = format!("no dialect is named {name:?}: one of {names}");
        Error::new(ErrorKind::InvalidOperation, reason)
    })
}

/// What calls somebody; `None` where nothing in the text does.
///
/// Sources: docs.slack.dev/messaging/formatting-message-text; open.dingtalk.com, «robot message types» (`@` and the number
/// stand in the text, all are called by `isAtAll` alone); open.feishu.cn, «rich text in cards»;
/// developer.work.weixin.qq.com/document/path/91770.
fn call(dialect: Dialect, who: &str) -> Option<String> {
    let who: String = who
        .chars()
        .filter(|c| !c.is_whitespace() && !"<>&|".contains(*c))
        .collect();
    match dialect {
        _ if who.is_empty() => None,
        Dialect::Slack if who == "all" => Some("<!channel>".to_owned()),
        Dialect::Slack if who == "here" => Some("<!here>".to_owned()),
        Dialect::Slack if who.starts_with('S') => Some(format!("<!subteam^{who}>")),
        Dialect::Slack | Dialect::WeCom => Some(format!("<@{who}>")),
        Dialect::Feishu => Some(format!("<at id={who}></at>")),
        Dialect::DingTalk if who == "all" => None,
        Dialect::DingTalk | Dialect::Full => Some(format!("@{who}")),
    }
}

const fn color(status: Status) -> &'static str {
    match status {
        Status::Critical => "#c62828",
        Status::Error => "#ef6c00",
        Status::Warning => "#f9a825",
        Status::Info => "#1565c0",
        Status::Ok => "#2e7d32",
    }
}

/// When an alert ends: with a recovery; else two windows on, so that one whose recovery is lost ends by itself (what is wrong
/// with an inspection itself is told once a day: two days on). Counted from now where that is later: an alert that comes late
/// would else be over before it is seen.
fn ends_at(event: &Event, now: Time) -> Time {
    let end = event.window.end;
    if event.kind == EventKind::Recovered {
        return end;
    }
    let length = match event.trouble {
        None => end.as_millis() - event.window.start.as_millis(),
        Some(_) => DAY,
    };
    end.max(now).plus_millis(2 * length)
}
