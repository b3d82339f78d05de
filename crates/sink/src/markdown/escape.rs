//! The one place where texts are neutralised for Markdown, by dialect.
//!
//! A text may be an attacker's. Whatever it holds, it shows as text: no emphasis, heading, table cell, image, HTML or link
//! comes from it, and nobody is called by it. How depends on what a dialect documents:
//!
//! | dialect | how |
//! |---|---|
//! | [`Dialect::Full`] | backslashes, which CommonMark defines for every ASCII punctuation |
//! | [`Dialect::Feishu`] | character references, as Feishu's page on rich text in cards asks for |
//! | [`Dialect::Slack`] | `&amp;`, `&lt;`, `&gt;`, which is all that Slack defines; look-alikes for the rest |
//! | [`Dialect::DingTalk`], [`Dialect::WeCom`] | look-alikes (full-width forms): neither documents an escape |

use crate::harmless::written_out;
use crate::markdown::Dialect;
use crate::text::thousands;

/// What stands for a text that is empty.
const NOTHING: &str = "–";

/// The first `longest` characters of a text, with what is missing counted.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => {
            let kept = text.get(..end).unwrap_or_default();
            format!("{kept}… (+{} B)", thousands((text.len() - end) as u64))
        }
    }
}

impl Dialect {
    /// A text of anybody's, as text.
    pub(super) fn text(self, text: &str) -> String {
        let shown = written_out(text, |_| false);
        let shown = shown.trim();
        if shown.is_empty() {
            return NOTHING.to_owned();
        }
        let places = Place::all(shown);
        places.map(|place| self.write(place)).collect()
    }

    /// A text of anybody's, as code where the dialect has that.
    pub(super) fn code(self, text: &str) -> String {
        let shown = written_out(text, |_| false);
        let shown = shown.trim();
        match self {
            _ if shown.is_empty() => NOTHING.to_owned(),
            Self::Full => code_span(shown),
            Self::WeCom | Self::Slack => format!("`{}`", self.text(shown)),
            Self::DingTalk | Self::Feishu => self.text(shown),
        }
    }

    /// A text of anybody's in a cell of a table: as code where every parser reads that alike.
    pub(super) fn cell(self, text: &str) -> String {
        if text.contains(['|', '\\', '`']) {
            self.text(text)
        } else {
            self.code(text)
        }
    }

    /// Words of ours, set apart.
    pub(super) fn bold(self, words: &str) -> String {
        match self {
            Self::Slack => format!("*{words}*"),
            _ => format!("**{words}**"),
        }
    }

    /// A link of ours; `text` is neutral already. `url` is an address of visible ASCII characters.
    pub(super) fn link(self, text: &str, url: &str) -> String {
        match self {
            Self::Slack => format!("<{}|{text}>", url.replace('&', "&amp;").replace('|', "%7C")),
            Self::Full => format!("[{text}]({})", destination(url).replace('&', "&amp;")),
            _ => format!("[{text}]({})", destination(url)),
        }
    }

    fn write(self, place: Place) -> String {
        let c = place.c;
        match self {
            Self::Full if c == '|' => "&#124;".to_owned(),
            Self::Full if place.is_markup() || c == '&' => format!("\\{c}"),
            Self::Feishu if place.is_markup() || "&()".contains(c) => format!("&#{};", u32::from(c)),
            Self::Slack if c == '&' => "&amp;".to_owned(),
            Self::Slack if c == '<' => "&lt;".to_owned(),
            // At the start of a line its entity is a quote all the same.
            Self::Slack if c == '>' && !place.is_first => "&gt;".to_owned(),
            Self::Slack if "[]|\\#".contains(c) => c.to_string(),
            Self::Slack | Self::DingTalk | Self::WeCom if place.is_harmless_domain() => c.to_string(),
            Self::Slack | Self::DingTalk | Self::WeCom if place.is_markup() || c == '&' => {
                full_width(c).to_string()
            }
            _ => c.to_string(),
        }
    }
}

/// The destination of a link: what could end it is percent-encoded.
fn destination(url: &str) -> String {
    url.replace('(', "%28").replace(')', "%29")
}

/// A code span whose fence is longer than any run of backticks inside.
fn code_span(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default() + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The full-width form of a visible ASCII character: it looks alike and means nothing.
fn full_width(c: char) -> char {
    match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A character with what decides about its meaning.
#[derive(Clone, Copy)]
struct Place {
    c: char,
    before: Option<char>,
    after: [Option<char>; 2],
    /// Whether it begins the text.
    is_first: bool,
    /// Whether only digits stand before it, and there are some.
    after_number: bool,
    /// Whether `www` stands before it.
    after_www: bool,
}

impl Place {
    fn all(text: &str) -> impl Iterator<Item = Self> + '_ {
        text.char_indices().map(|(at, c)| {
            let (before, from) = text.split_at(at);
            let mut after = from.chars().skip(1);
            // Nine digits are the most that begin an ordered list.
            let number = before.len() <= 9 && !before.is_empty();
            Self {
                c,
                before: before.chars().next_back(),
                after: [after.next(), after.next()],
                is_first: at == 0,
                after_number: number && before.bytes().all(|byte| byte.is_ascii_digit()),
                after_www: before
                    .get(before.len().saturating_sub(3)..)
                    .is_some_and(|end| end.eq_ignore_ascii_case("www")),
            }
        })
    }

    /// Whether it means something in Markdown here.
    fn is_markup(self) -> bool {
        match self.c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '$' | '@' => true,
            '_' => !self.is_inside_word(),
            '-' | '+' | '=' => self.is_first,
            ')' => self.is_number_of_item(),
            '.' => self.is_number_of_item() || self.may_be_domain(),
            ':' => self.after == [Some('/'), Some('/')],
            _ => false,
        }
    }

    /// Whether it would begin an ordered list.
    fn is_number_of_item(self) -> bool {
        let [next, _] = self.after;
        self.after_number && next.is_none_or(char::is_whitespace)
    }

    fn is_inside_word(self) -> bool {
        let [next, _] = self.after;
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        word(self.before) && word(next)
    }

    /// Whether this full stop may be part of a name that becomes a link by itself.
    fn may_be_domain(self) -> bool {
        let [next, _] = self.after;
        self.is_inside_word() && next.is_some_and(char::is_alphabetic)
    }

    /// Chats make links of addresses and of `www`, and half of what AWS writes is named like a domain.
    fn is_harmless_domain(self) -> bool {
        self.c == '.' && !self.after_www && !self.is_number_of_item()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> [String; 5] {
        Dialect::ALL.map(|dialect| dialect.text(text))
    }

    #[test]
    fn names_stay_readable() {
        for name in [
            "AWSReservedSSO_ReadOnly_0123",
            "iam:CreateUser",
            "1.5 times, a - b + c",
            "203.0.113.0/24",
        ] {
            assert_eq!(all(name), [name; 5], "{name}");
        }
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            all("![x](http://a.example) *b* @all"),
            [
                r"!\[x\](http\://a\.example) \*b\* \@all",
                "!［x］(http：//a.example) ＊b＊ ＠all",
                "!&#91;x&#93;&#40;http&#58;//a&#46;example&#41; &#42;b&#42; &#64;all",
                "!［x］(http：//a.example) ＊b＊ ＠all",
                "![x](http：//a.example) ＊b＊ ＠all",
            ]
        );
        assert_eq!(
            all("<!channel> & <font>"),
            [
                r"\<!channel\> \& \<font\>",
                "＜!channel＞ ＆ ＜font＞",
                "&#60;!channel&#62; &#38; &#60;font&#62;",
                "＜!channel＞ ＆ ＜font＞",
                "&lt;!channel&gt; &amp; &lt;font&gt;",
            ]
        );
    }

    #[test]
    fn the_start_of_a_text_begins_no_block() {
        let start = |text: &str| Dialect::Full.text(text);
        assert_eq!(start("# a"), r"\# a");
        assert_eq!(start("- a - b"), r"\- a - b");
        assert_eq!(start("12. a"), r"12\. a");
        assert_eq!(start("1) a 2) b"), r"1\) a 2) b");
        assert_eq!(start("    a\t"), r"a\\t");
        assert_eq!(Dialect::Slack.text("> a > b"), "＞ a &gt; b");
        assert_eq!(start(" \u{20}"), NOTHING);
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(Dialect::Full.code("a"), "`a`");
        assert_eq!(Dialect::Full.code("`` a `"), "``` `` a ` ```");
        assert_eq!(Dialect::Full.code("a|b"), "`a|b`");
        assert_eq!(Dialect::Full.cell("a|b"), "a&#124;b");
        assert_eq!(Dialect::Slack.code("a`b"), "`a｀b`");
        assert_eq!(Dialect::Feishu.code("a`b"), "a&#96;b");
        assert_eq!(Dialect::WeCom.code(""), NOTHING);
    }

    #[test]
    fn links_hold_their_address() {
        let url = "https://example.com/a(b)?c=d&e=f|g";
        let linked = Dialect::ALL.map(|dialect| dialect.link("x", url));
        assert_eq!(
            linked,
            [
                "[x](https://example.com/a%28b%29?c=d&amp;e=f|g)",
                "[x](https://example.com/a%28b%29?c=d&e=f|g)",
                "[x](https://example.com/a%28b%29?c=d&e=f|g)",
                "[x](https://example.com/a%28b%29?c=d&e=f|g)",
                "<https://example.com/a(b)?c=d&amp;e=f%7Cg|x>",
            ]
        );
    }

    #[test]
    fn what_is_cut_is_counted() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened(&"é".repeat(700), 2), "éé… (+1,396 B)");
    }
}
