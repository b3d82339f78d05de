//! Lists of values, which are one token however many they are.
//!
//! `Users alice, bob-ci not found` and `Users carol not found` are one error. The pass over a message joins the variables
//! of a list; this joins the items that no mask has recognised, where a family is compared.

use super::tokens::{Role, Span};

/// How much an item of a list looks like somebody's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A variable, or a name or word from outside AWS's language.
    Own,
    /// A word of the language in small letters, which is a name where it stands among names.
    Common,
    /// A word that belongs to the sentence.
    Other,
}

/// Makes lists of several items one token each. Between brackets or quotes, or from a colon to the end, anything that is
/// one item is; in prose, where commas also join the parts of a sentence, most items have to be somebody's.
pub(super) fn join_lists(template: &str, spans: &[Span], kind: impl Fn(&Span) -> Item) -> Vec<Span> {
    let reader = Reader { template, spans };
    let mut joined = Vec::with_capacity(spans.len());
    let mut at = 0;
    while let Some(span) = spans.get(at) {
        let last = reader.list_at(at, &kind);
        joined.push(last.map_or(*span, |last| Span {
            start: span.start,
            end: spans[last].end,
            role: Role::List,
        }));
        at = last.unwrap_or(at) + 1;
    }
    joined
}

struct Reader<'t> {
    template: &'t str,
    spans: &'t [Span],
}

impl Reader<'_> {
    /// The last token of the list of several items whose first one stands here.
    fn list_at(&self, first: usize, kind: &impl Fn(&Span) -> Item) -> Option<usize> {
        let comma = self.text(first + 1) == "," || self.text(first + 2) == ",";
        if !comma || !self.is_item(first) {
            return None;
        }
        let before = first.checked_sub(1).map_or("", |at| self.text(at));
        let quoted = is_quote(before).then(|| self.list(first, before)).flatten();
        let (items, outside) = match quoted {
            Some(items) => (items, 2),
            None => (self.list(first, "")?, 1),
        };
        let last = *items.last()?;
        let kinds: Vec<_> = items.iter().map(|item| kind(&self.spans[*item])).collect();
        (self.is_enclosed(first, last, outside) || are_names(&kinds) && !self.is_key(last)).then_some(last)
    }

    /// Several items with `, ` between them, or `', '` where they are quoted.
    fn list(&self, first: usize, quote: &str) -> Option<Vec<usize>> {
        let (comma, step) = if quote.is_empty() { (1, 2) } else { (2, 4) };
        let mut items = vec![first];
        while let Some(last) = items.last() {
            let fits = self.text(last + comma) == ","
                && self.is_item(last + step)
                && (quote.is_empty()
                    || [1, 3, 5]
                        .iter()
                        .all(|distance| self.text(last + distance) == quote));
            if !fits {
                break;
            }
            items.push(last + step);
        }
        (items.len() > 1).then_some(items)
    }

    fn is_item(&self, at: usize) -> bool {
        self.spans
            .get(at)
            .is_some_and(|span| span.role != Role::Punctuation)
    }

    fn is_enclosed(&self, first: usize, last: usize, outside: usize) -> bool {
        let before = first.checked_sub(outside).map_or("", |at| self.text(at));
        let after = self.text(last + outside);
        matches!(
            (before, after),
            ("[", "]") | ("(", ")") | ("{", "}") | (":", "" | ".")
        ) || is_quote(before) && before == after
    }

    /// `name: value, other: value` is no list of values.
    fn is_key(&self, last: usize) -> bool {
        matches!(self.text(last + 1), ":" | "=")
    }

    fn text(&self, at: usize) -> &str {
        self.spans
            .get(at)
            .map_or("", |span| &self.template[span.start..span.end])
    }
}

fn are_names(items: &[Item]) -> bool {
    let count = |kind| items.iter().filter(|item| **item == kind).count();
    count(Item::Other) == 0 && 2 * count(Item::Own) > items.len()
}

fn is_quote(text: &str) -> bool {
    matches!(text, "'" | "\"" | "`")
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    /// The tokens of a template with `|` between them; words with an `x` are somebody's, capitalised ones the sentence's.
    fn joined(template: &str) -> String {
        let kind = |span: &Span| match &template[span.start..span.end] {
            text if text.contains(['x', '*']) => Item::Own,
            text if text.starts_with(char::is_uppercase) => Item::Other,
            _ => Item::Common,
        };
        let (spans, _) = tokens(template);
        let texts = join_lists(template, &spans, kind);
        let texts = texts.iter().map(|span| &template[span.start..span.end]);
        texts.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn between_brackets_and_quotes_and_behind_a_colon_anything_is_an_item() {
        assert_eq!(joined("of [a, B, <*>] or {a,b}"), "of|[|a, B, <*>|]|or|{|a,b|}");
        assert_eq!(joined("is 'a, <*>' or"), "is|'|a, <*>|'|or");
        assert_eq!(joined("of ['a', \"b\"] and"), "of|[|'|a|'|,|\"|b|\"|]|and");
        assert_eq!(joined("of ['a', 'b', 'c'] and"), "of|[|'|a', 'b', 'c|'|]|and");
        assert_eq!(joined("gone: a, b, C."), "gone|:|a, b, C|.");
        assert_eq!(joined("gone: a, b, c"), "gone|:|a, b, c");
    }

    #[test]
    fn in_prose_most_items_are_somebodys() {
        assert_eq!(joined("users x, a, <*> gone"), "users|x, a, <*>|gone");
        assert_eq!(joined("users x, y gone"), "users|x|,|y|gone");
        assert_eq!(joined("users x, x gone"), "users|x, x|gone");
        assert_eq!(joined("gone, x, Then more"), "gone|,|x|,|Then|more");
        assert_eq!(joined("of xy: <*>, xz: <*> here"), "of|xy|:|<*>|,|xz|:|<*>|here");
    }

    #[test]
    fn what_ends_in_the_middle_of_a_list_is_none() {
        assert_eq!(joined("x,"), "x|,");
        assert_eq!(joined("[a, "), "[|a|,");
        assert_eq!(joined("'x', '"), "'|x|'|,|'");
    }
}
