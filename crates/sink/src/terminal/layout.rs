//! Text on lines of a width: the one place where a text becomes terminal output.

use anstyle::Style;
use firstsight_engine::Locale;
use unicode_width::UnicodeWidthChar;

use super::{TerminalOptions, neutralise};
use crate::text::cut;

/// Columns that a text takes, a character at a time: never less than a terminal uses for it.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text in at most `max` columns, with an ellipsis in its middle where it had to give way. The end, which names
/// the resource in an ARN, keeps two thirds.
pub(super) fn shortened(text: &str, max: usize) -> String {
    if columns(text) <= max {
        return text.to_owned();
    }
    let room = max.saturating_sub(1);
    let tail_room = room * 2 / 3;
    let head: String = within(text.chars(), room - tail_room).collect();
    let tail: Vec<char> = within(text.chars().rev(), tail_room).collect();
    format!("{head}…{}", tail.into_iter().rev().collect::<String>())
}

fn within(chars: impl Iterator<Item = char>, room: usize) -> impl Iterator<Item = char> {
    chars.scan(0, move |used, c| {
        *used += c.width().unwrap_or(0);
        (*used <= room).then_some(c)
    })
}

/// A text in a style.
pub(super) type Span<'a> = (Style, &'a str);

/// Lines being written. Every text that comes in is neutralised and cut here, and nowhere else.
pub(super) struct Lines {
    width: usize,
    color: bool,
    locale: Locale,
    out: String,
    column: usize,
    /// The style that the terminal is in.
    active: Style,
    /// Whether a word stands on this line already.
    inked: bool,
    /// A space that stands between the last word and the next, if that comes on the same line.
    space: bool,
}

impl Lines {
    pub(super) fn new(options: &TerminalOptions) -> Self {
        Self {
            width: options.width.clamp(40, 200),
            color: options.color,
            locale: options.locale,
            out: String::new(),
            column: 0,
            active: Style::new(),
            inked: false,
            space: false,
        }
    }

    pub(super) fn into_text(self) -> String {
        self.out
    }

    pub(super) const fn width(&self) -> usize {
        self.width
    }

    pub(super) const fn locale(&self) -> Locale {
        self.locale
    }

    pub(super) fn blank(&mut self) {
        self.end(0);
    }

    /// A paragraph under no label.
    pub(super) fn paragraph(&mut self, lead: &str, hang: usize, spans: &[Span<'_>]) {
        self.labelled((Style::new(), lead), hang, spans);
    }

    /// A paragraph: `label`, a word of ours, stands before its first line; later lines begin at column `hang`.
    pub(super) fn labelled(&mut self, label: Span<'_>, hang: usize, spans: &[Span<'_>]) {
        self.styled(label.0, label.1);
        self.column = columns(label.1);
        for (style, text) in spans {
            let text = cut(text);
            for piece in neutralise(&text).split_inclusive(' ') {
                let word = piece.trim_end_matches(' ');
                self.word(*style, word, hang);
                self.space |= word.len() < piece.len();
            }
        }
        self.end(0);
    }

    /// One line that is meant to be copied: never broken, whatever the width.
    pub(super) fn verbatim(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(&neutralise(text));
        self.end(0);
    }

    fn word(&mut self, style: Style, word: &str, hang: usize) {
        if word.is_empty() {
            return;
        }
        let space = usize::from(self.space && self.inked);
        // Chinese has no spaces to break at: its lines are filled.
        let whole = !word.contains(|c: char| c.width() == Some(2));
        if whole && self.column + space + columns(word) > self.width && self.inked {
            self.end(hang);
        } else if space > 0 {
            // Under the style in force: a space between two words of one style does not end it.
            self.out.push(' ');
            self.column += 1;
        }
        self.space = false;
        self.broken(style, word, hang);
    }

    /// A word, broken where the line is full.
    fn broken(&mut self, style: Style, word: &str, hang: usize) {
        let mut rest = word;
        while !rest.is_empty() {
            let room = self.width.saturating_sub(self.column);
            let taken: usize = within(rest.chars(), room).map(char::len_utf8).sum();
            let (now, later) = rest.split_at(taken);
            self.styled(style, now);
            self.inked = true;
            self.column += columns(now);
            rest = later;
            if !rest.is_empty() {
                self.end(hang);
            }
        }
    }

    fn styled(&mut self, style: Style, text: &str) {
        if !text.is_empty() {
            self.switch(style);
            self.out.push_str(text);
        }
    }

    fn switch(&mut self, style: Style) {
        if self.color && style != self.active {
            self.out
                .push_str(&format!("{}{style}", self.active.render_reset()));
            self.active = style;
        }
    }

    /// Ends the line; the next one begins at column `hang`.
    fn end(&mut self, hang: usize) {
        // A label with nothing beside it leaves no white space behind.
        let inked = self.out.trim_end_matches(' ').len();
        self.out.truncate(inked);
        self.switch(Style::new());
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', hang));
        self.column = hang;
        self.inked = false;
        self.space = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(width: usize, lead: &str, hang: usize, spans: &[Span<'_>]) -> String {
        let mut lines = Lines::new(&TerminalOptions {
            width,
            ..TerminalOptions::default()
        });
        lines.paragraph(lead, hang, spans);
        lines.into_text()
    }

    #[test]
    fn paragraphs_wrap_at_words_and_hang() {
        let plain = Style::new();
        let text = "User is not authorized to perform an action on a resource";
        assert_eq!(
            paragraph(40, "- ", 4, &[(plain, text)]),
            "- User is not authorized to perform an\n    action on a resource\n"
        );
    }

    #[test]
    fn words_too_long_for_a_line_are_broken() {
        let word = "a".repeat(90);
        let text = paragraph(40, "", 2, &[(Style::new(), &word)]);
        assert_eq!(text.lines().map(columns).collect::<Vec<_>>(), [40, 40, 14]);
    }

    #[test]
    fn wide_characters_count_twice() {
        let text = paragraph(40, "", 0, &[(Style::new(), &"東".repeat(30))]);
        assert_eq!(text.lines().map(columns).collect::<Vec<_>>(), [40, 20]);
    }

    #[test]
    fn text_without_spaces_fills_its_lines() {
        let text = paragraph(40, "- ", 2, &[(Style::new(), &format!("ab {}", "东".repeat(30)))]);
        assert_eq!(text.lines().map(columns).collect::<Vec<_>>(), [39, 28]);
    }

    #[test]
    fn spans_meet_without_a_break_unless_they_hold_a_space() {
        let plain = Style::new();
        assert_eq!(
            paragraph(40, "", 0, &[(plain, "a "), (plain, "b"), (plain, "c")]),
            "a bc\n"
        );
    }

    #[test]
    fn long_names_give_way_in_the_middle() {
        let arn = "arn:aws:iam::111122223333:role/platform/DeploymentPipeline";
        assert_eq!(shortened(arn, 80), arn);
        assert_eq!(shortened(arn, 30), "arn:aws:ia…/DeploymentPipeline");
        assert_eq!(shortened(arn, 1), "…");
        assert_eq!(columns(&shortened(&"東京".repeat(20), 31)), 31);
    }

    #[test]
    fn colour_comes_only_when_asked_for() {
        let bold = Style::new().bold();
        assert_eq!(paragraph(40, "", 0, &[(bold, "x")]), "x\n");
        let mut lines = Lines::new(&TerminalOptions {
            width: 40,
            color: true,
            ..TerminalOptions::default()
        });
        lines.paragraph("", 0, &[(bold, "x\x1b")]);
        assert_eq!(lines.into_text(), "\x1b[1mx\\u{1b}\x1b[0m\n");
    }
}
