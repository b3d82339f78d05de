//! Events as Markdown messages, in the dialects of those who read them.
//!
//! The message has the parts of the inspection that it stands for: an overview, the number of new error events, the access
//! keys with owner and last use, and the new error clusters with counts, first and last time, actors, reasons, and sample
//! event ids with links.

use firstsight_engine::Locale;

use crate::digest::Digest;
use crate::event::Event;

/// Who reads the Markdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// CommonMark with tables: Guance's event page.
    #[default]
    Full,
    /// What DingTalk's robots show: headings, bold, links, lists; no tables.
    DingTalk,
    /// What Feishu's message cards show (`lark_md`): bold, links; no headings, no tables.
    Feishu,
    /// What WeCom's group robots show: headings, bold, links, quotes, `<font>`; no tables.
    WeCom,
    /// Slack's mrkdwn: `*bold*`, `<url|text>`, and `&`, `<`, `>` as entities.
    Slack,
}

/// How a message is written.
#[derive(Clone, Debug)]
pub struct MarkdownOptions {
    /// Who reads it.
    pub dialect: Dialect,
    /// The language.
    pub locale: Locale,
    /// At most so many bytes; what does not fit is counted, and a whole part is left out rather than cut.
    pub max_bytes: usize,
    /// Where an event's evidence can be looked at; `None` for no link.
    pub evidence: Option<LinkTemplate>,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self {
            dialect: Dialect::Full,
            locale: Locale::English,
            max_bytes: 64 << 10,
            evidence: None,
        }
    }
}

/// An address with places to be filled in: `{event}`, `{fault}`, `{account}`, `{inspection}`, `{cluster}`, `{start_ms}` and
/// `{end_ms}` (of the window). What is filled in is percent-encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTemplate(String);

impl LinkTemplate {
    /// A template; `Err` names the place that is unknown, or says that it is no `http(s)` address.
    ///
    /// # Errors
    /// Says what is wrong, for people.
    pub fn new(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned()))
    }

    /// The address for an event (and one of its clusters, `{cluster}` being empty without one).
    #[must_use]
    pub fn fill(&self, event: &Event, cluster: Option<&str>) -> String {
        let _ = (event, cluster, &self.0);
        todo!()
    }
}

/// The message of an event.
#[must_use]
pub fn render(event: &Event, options: &MarkdownOptions) -> String {
    let _ = (event, options);
    todo!()
}

/// The message of several events at once: one line each, the severest first, with what does not fit counted.
#[must_use]
pub fn render_digest(digest: &Digest, options: &MarkdownOptions) -> String {
    let _ = (digest, options);
    todo!()
}
