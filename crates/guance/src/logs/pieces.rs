//! Logs that Guance has split: one of more than 1 MB is stored as several, which tell of each other by three columns
//! (<https://docs.guance.com/en/logs/explorer-details/>).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

/// A row as it came.
pub(super) type Row = Map<String, Json>;

/// What a row of a page, or some together, stand for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Log {
    /// A whole log.
    Whole(Row),
    /// What is there of a split log that lacks pieces: the first of them, without its cut text.
    Broken(Row),
}

/// A piece of a split log.
struct Piece<'a> {
    log: &'a str,
    number: u64,
    count: u64,
}

impl<'a> Piece<'a> {
    fn of(row: &'a Row) -> Option<Self> {
        let number = |key: &str| match row.get(key)? {
            Json::String(text) => text.parse().ok(),
            other => other.as_u64(),
        };
        let piece = Self {
            log: row.get("__truncated_id")?.as_str()?,
            number: number("__truncated_number")?,
            count: number("__truncated_count")?,
        };
        (piece.number < piece.count && piece.count > 1).then_some(piece)
    }
}

/// The split logs of some rows that lack pieces.
pub(super) fn open(rows: &[Row]) -> BTreeSet<&str> {
    let mut seen: BTreeMap<&str, (BTreeSet<u64>, u64)> = BTreeMap::new();
    for piece in rows.iter().filter_map(Piece::of) {
        let (numbers, count) = seen.entry(piece.log).or_default();
        numbers.insert(piece.number);
        *count = piece.count;
    }
    let lacks = |(numbers, count): &(BTreeSet<u64>, u64)| (numbers.len() as u64) < *count;
    let lacking = seen.into_iter().filter(|(_, pieces)| lacks(pieces));
    lacking.map(|(log, _)| log).collect()
}

/// Whether some rows hold pieces of these logs.
pub(super) fn hold_some_of(rows: &[Row], logs: &BTreeSet<String>) -> bool {
    let mut pieces = rows.iter().filter_map(Piece::of);
    pieces.any(|piece| logs.contains(piece.log))
}

/// Each log once, where its first piece stands.
pub(super) fn joined(rows: Vec<Row>) -> Vec<Log> {
    let broken: BTreeSet<String> = open(&rows).into_iter().map(str::to_owned).collect();
    let mut logs: Vec<Pieces> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        let piece = Piece::of(&row).map(|piece| (piece.log.to_owned(), piece.number));
        let Some((log, number)) = piece else {
            logs.push(Pieces::from([(0, row)]));
            continue;
        };
        let place = *places.entry(log).or_insert(logs.len());
        if place == logs.len() {
            logs.push(Pieces::new());
        }
        logs[place].entry(number).or_insert(row);
    }
    logs.into_iter()
        .filter_map(|pieces| put_together(pieces, &broken))
        .collect()
}

/// By number; a log that was not split is its only piece.
type Pieces = BTreeMap<u64, Row>;

fn put_together(mut pieces: Pieces, broken: &BTreeSet<String>) -> Option<Log> {
    let is_alone = pieces.len() == 1;
    let (_, mut first) = pieces.pop_first()?;
    if Piece::of(&first).is_some_and(|piece| broken.contains(piece.log)) {
        first.remove("message");
        return Some(Log::Broken(first));
    }
    if is_alone {
        return Some(Log::Whole(first));
    }
    let mut message = text_of(&first).to_owned();
    pieces.values().for_each(|piece| message.push_str(text_of(piece)));
    first.insert("message".to_owned(), message.into());
    Some(Log::Whole(first))
}

fn text_of(row: &Row) -> &str {
    row.get("message").and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: &Json) -> Row {
        value.as_object().unwrap().clone()
    }

    fn piece(log: &str, number: u64, count: u64, text: &str) -> Row {
        row(&json!({
            "__truncated_id": log, "__truncated_number": number, "__truncated_count": count, "message": text,
        }))
    }

    fn message(log: &Log) -> &str {
        match log {
            Log::Whole(row) => text_of(row),
            Log::Broken(row) => {
                assert!(!row.contains_key("message"));
                "broken"
            }
        }
    }

    #[test]
    fn pieces_come_together_in_any_order_and_between_others() {
        let rows = vec![
            piece("LT_1", 2, 3, "c"),
            row(&json!({"message": "other"})),
            piece("LT_2", 1, 2, "y"),
            piece("LT_1", 0, 3, "a"),
            piece("LT_1", 1, 3, "b"),
            piece("LT_1", 1, 3, "again"),
            piece("LT_2", 0, 2, "x"),
        ];
        assert!(open(&rows).is_empty());
        let logs = joined(rows);
        let messages: Vec<&str> = logs.iter().map(message).collect();
        assert_eq!(messages, ["abc", "other", "xy"]);
    }

    #[test]
    fn a_log_that_lacks_a_piece_is_one_broken_log() {
        let rows = vec![
            piece("LT_1", 0, 3, "a"),
            piece("LT_1", 2, 3, "c"),
            piece("LT_2", 1, 2, "y"),
        ];
        assert_eq!(open(&rows), BTreeSet::from(["LT_1", "LT_2"]));
        let lacking: BTreeSet<String> = ["LT_2".to_owned()].into();
        assert!(hold_some_of(&rows, &lacking) && !hold_some_of(&rows[..2], &lacking));
        let logs = joined(rows);
        let messages: Vec<&str> = logs.iter().map(message).collect();
        assert_eq!(messages, ["broken", "broken"]);
    }

    #[test]
    fn numbers_may_be_texts_and_what_makes_no_sense_is_a_row_like_any_other() {
        let mut text = piece("LT_1", 1, 2, "b");
        text.insert("__truncated_number".into(), "1".into());
        text.insert("__truncated_count".into(), "2".into());
        let logs = joined(vec![text, piece("LT_1", 0, 2, "a")]);
        assert_eq!(logs.iter().map(message).collect::<Vec<_>>(), ["ab"]);
        for odd in [
            piece("LT_1", 2, 2, "x"),
            piece("LT_1", 0, 1, "x"),
            piece("LT_1", 0, 0, "x"),
        ] {
            assert!(open(std::slice::from_ref(&odd)).is_empty());
            assert_eq!(joined(vec![odd.clone()]), [Log::Whole(odd)]);
        }
    }
}
