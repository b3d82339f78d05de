//! From a page of rows to a unit.

use bytes::Bytes;
use firstsight_cloudtrail::Encoding;
use firstsight_source::{Origin, Payload, UnitId, slices};
use serde_json::Value as Json;

use super::pieces::{self, Row};
use super::record;

/// The rows as one unit of a lane's partition, a log a line; none when there are no rows. `after` is what was asked for.
pub(super) fn payload((lane, partition): (&str, &str), after: &[Json], rows: Vec<Row>) -> Option<Payload> {
    if rows.is_empty() {
        return None;
    }
    let unit = UnitId(format!("{partition}#{}", digest(after, &rows)));
    let mut text = String::new();
    for log in pieces::joined(rows) {
        text.push_str(&record::line(&log));
        text.push('\n');
    }
    Some(Payload {
        unit,
        offset: 0,
        chunk: Bytes::from(text),
        last: true,
        encoding: Encoding::Plain,
        origin: Origin {
            name: lane.to_owned(),
            ..Origin::default()
        },
    })
}

/// Of the rows, each with its id. Where Guance tells none, equal pages are told apart by what they come after.
fn digest(after: &[Json], rows: &[Row]) -> String {
    let text = |row: &Row| Json::from(row.clone()).to_string();
    let mut parts: Vec<String> = rows.iter().map(text).collect();
    if rows.iter().any(|row| !row.contains_key("__docid")) {
        parts.push(Json::from(after).to_string());
    }
    slices::digest(parts.iter().map(String::as_bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unit<const N: usize>(after: &[Json], rows: [&Json; N]) -> String {
        let rows = rows.map(|row| row.as_object().unwrap().clone());
        payload(("l", "p"), after, rows.into()).unwrap().unit.0
    }

    /// What must not change: units are known by it for as long as a state is kept.
    #[test]
    fn a_units_id_follows_from_its_rows() {
        let row = json!({"__docid": "L_1", "time": 7, "message": "{}"});
        assert_eq!(unit(&[], [&row]), "p#7730c711c4a2fd89d09c6820c32d8a8e");
        assert_eq!(unit(&[1.into()], [&row]), unit(&[], [&row]));
        assert_ne!(unit(&[], [&row, &row]), unit(&[], [&row]));
        let nameless = json!({"time": 7, "message": "{}"});
        assert_ne!(unit(&[1.into()], [&nameless]), unit(&[], [&nameless]));
        assert_eq!(payload(("l", "p"), &[], Vec::new()), None);
    }
}
