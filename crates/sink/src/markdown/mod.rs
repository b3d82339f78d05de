//! Events as Markdown messages, in the dialects of those who read them.
//!
//! The message has the parts of the inspection that it stands for: an overview, the number of new error events, the access
//! keys with owner and last use, and the new error clusters with counts, first and last time, actors, reasons, and sample
//! event ids with links.
//!
//! Texts are an attacker's: `escape` neutralises them, by dialect. A message never grows past
//! [`MarkdownOptions::max_bytes`]: what does not fit is left out in whole parts and counted.

mod cluster;
mod escape;
mod fit;
mod link;
mod parts;
mod words;

use firstsight_engine::Locale;

pub use self::link::LinkTemplate;
use self::parts::Writer;
use crate::digest::Digest;
use crate::event::Event;

/// Who reads the Markdown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// CommonMark with tables: Guance's event page. Without the title, which stands above the message there.
    #[default]
    Full,
    /// What DingTalk's robots show: headings, bold, links, lists; no tables.
    DingTalk,
    /// What Feishu's message cards show (`lark_md`): bold, links; no headings, no tables. Without the title, which a card has
    /// in its header.
    Feishu,
    /// What WeCom's group robots show: headings, bold, links, quotes, `<font>`; no tables.
    WeCom,
    /// Slack's mrkdwn: `*bold*`, `<url|text>`, and `&`, `<`, `>` as entities.
    Slack,
}

impl Dialect {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Full, Self::DingTalk, Self::Feishu, Self::WeCom, Self::Slack];

    /// Whether a message begins with its event's title; where it does not, the title stands apart.
    #[must_use]
    pub const fn shows_title(self) -> bool {
        matches!(self, Self::DingTalk | Self::WeCom | Self::Slack)
    }

    /// A text of anybody's as this dialect shows it: as text, whatever it holds.
    #[must_use]
    pub fn neutral(self, text: &str) -> String {
        self.text(text)
    }
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

/// The message of an event.
#[must_use]
pub fn render(event: &Event, options: &MarkdownOptions) -> String {
    let parts = Writer::new(options).event(event);
    parts.within(options.dialect, options.max_bytes)
}

/// The message of several events at once: one line each, the severest first, with what does not fit counted.
#[must_use]
pub fn render_digest(digest: &Digest, options: &MarkdownOptions) -> String {
    let parts = Writer::new(options).digest(digest);
    parts.within(options.dialect, options.max_bytes)
}

#[cfg(test)]
mod tests;
