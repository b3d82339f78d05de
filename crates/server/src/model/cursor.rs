//! Pages of lists: places in them, and lists of several inspections merged into one.

use std::cmp::Ordering;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use firstsight_store::Found;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;
use crate::refusal::Refusal;

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one. Opaque: give it back as `cursor`.
    pub next: Option<String>,
}

/// A place in a list, as a client is given it: opaque text (base64url of JSON). A cursor that was made for another order is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The order that it is a place of.
    pub order: String,
    /// The number of the last row there.
    pub number: i64,
    /// The name of the last row there.
    pub name: String,
    /// The inspection of the last row, and its id: ties.
    pub inspection: String,
    /// See [`inspection`](Self::inspection).
    pub id: String,
}

/// The longest text of a cursor: names in it are short.
const LONGEST: usize = 8 << 10;

impl Cursor {
    /// As a client is given it.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// The place that a client gives back; `None` for the list's beginning (an empty text).
    ///
    /// # Errors
    /// When the text is no cursor, or is one of a list in another order: the client has to begin again.
    pub fn decode(text: &str, order: &str) -> Result<Option<Self>, Problem> {
        if text.is_empty() {
            return Ok(None);
        }
        let bytes = (text.len() <= LONGEST)
            .then(|| URL_SAFE_NO_PAD.decode(text).ok())
            .flatten();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        match cursor {
            Some(cursor) if cursor.order == order => Ok(Some(cursor)),
            Some(_) => Err(Refusal::OtherOrder.into()),
            None => Err(Refusal::NoCursor.into()),
        }
    }
}

/// Which way a list goes: by number, name, inspection (always upwards) and id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// The greatest number first.
    pub(super) numbers_descend: bool,
    /// The last name first.
    pub(super) names_descend: bool,
    /// The greatest id first.
    pub(super) ids_descend: bool,
}

/// Where a list of one inspection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From<'a> {
    /// With everything that shares the cursor's number and name.
    Before,
    /// Behind this id there.
    Behind(&'a str),
    /// Behind everything that shares them.
    After,
}

impl Way {
    fn compare(self, a: &Cursor, b: &Cursor) -> Ordering {
        let turned = |descend: bool, order: Ordering| if descend { order.reverse() } else { order };
        turned(self.numbers_descend, a.number.cmp(&b.number))
            .then_with(|| turned(self.names_descend, a.name.cmp(&b.name)))
            .then_with(|| a.inspection.cmp(&b.inspection))
            .then_with(|| turned(self.ids_descend, a.id.cmp(&b.id)))
    }
}

/// Where the list of an inspection goes on behind a place of the merged list.
pub(super) fn start<'a>(cursor: &'a Cursor, inspection: &str) -> From<'a> {
    match inspection.cmp(&cursor.inspection) {
        Ordering::Less => From::After,
        Ordering::Equal => From::Behind(&cursor.id),
        Ordering::Greater => From::Before,
    }
}

impl From<'_> {
    /// The text that a list in the order of its texts begins behind.
    pub(super) fn text(self) -> String {
        match self {
            Self::Before => String::new(),
            Self::Behind(id) => id.to_owned(),
            // No id begins with the last character of Unicode.
            Self::After => char::MAX.to_string(),
        }
    }
}

/// Merges pages of several inspections, each of which asked for `limit` rows, into one. Each row comes with its place.
pub(super) fn merge<T>(pages: Vec<Found<(Cursor, T)>>, way: Way, limit: usize) -> Listed<T> {
    let mut has_more = pages.iter().any(|page| page.more);
    let mut rows: Vec<_> = pages.into_iter().flat_map(|page| page.rows).collect();
    rows.sort_by(|(a, _), (b, _)| way.compare(a, b));
    has_more |= rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().map(|(place, _)| place.encode());
    Listed {
        items: rows.into_iter().map(|(_, row)| row).collect(),
        next: last.filter(|_| has_more),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(number: i64, inspection: &str, id: u8) -> Cursor {
        Cursor {
            order: "test".to_owned(),
            number,
            name: String::new(),
            inspection: inspection.to_owned(),
            id: format!("{id:02}"),
        }
    }

    /// A page of one inspection's list, as a store gives it.
    fn page(
        rows: &[(i64, u8)],
        inspection: &str,
        way: Way,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Found<(Cursor, Cursor)> {
        let mut places: Vec<_> = rows
            .iter()
            .map(|(number, id)| place(*number, inspection, *id))
            .collect();
        places.sort_by(|a, b| way.compare(a, b));
        let behind = |row: &Cursor| {
            cursor.is_none_or(|cursor| {
                let numbers = way.compare(&place(row.number, "", 0), &place(cursor.number, "", 0));
                numbers.then(match start(cursor, inspection) {
                    From::Before => Ordering::Greater,
                    From::After => Ordering::Less,
                    From::Behind(id) if way.ids_descend => id.cmp(&row.id),
                    From::Behind(id) => row.id.as_str().cmp(id),
                }) == Ordering::Greater
            })
        };
        places.retain(behind);
        let more = places.len() > limit;
        places.truncate(limit);
        Found {
            rows: places.into_iter().map(|place| (place.clone(), place)).collect(),
            more,
        }
    }

    proptest! {
        #[test]
        fn walking_all_pages_gives_each_row_once_in_order(
            lists in prop::collection::vec(prop::collection::btree_set((0_i64..4, 0_u8..20), 0..12), 1..4),
            limit in 1_usize..7,
            numbers_descend: bool,
            ids_descend: bool,
        ) {
            let way = Way { numbers_descend, names_descend: false, ids_descend };
            let lists: Vec<Vec<(i64, u8)>> = lists.into_iter().map(Vec::from_iter).collect();
            let names = ["a", "b", "c"];
            let pages = |cursor: Option<&Cursor>, limit| {
                lists.iter().zip(names).map(|(rows, name)| page(rows, name, way, cursor, limit)).collect::<Vec<_>>()
            };
            let whole = merge(pages(None, usize::MAX), way, usize::MAX);
            prop_assert_eq!(&whole.next, &None);
            let (mut walked, mut cursor) = (Vec::new(), None);
            loop {
                let listed = merge(pages(cursor.as_ref(), limit), way, limit);
                walked.extend(listed.items);
                let Some(next) = listed.next else { break };
                cursor = Cursor::decode(&next, "test").unwrap();
            }
            prop_assert_eq!(walked, whole.items);
        }

        #[test]
        fn a_cursor_comes_back(number: i64, name: String, inspection: String, id: String) {
            let cursor = Cursor { order: "test".to_owned(), number, name, inspection, id };
            prop_assert_eq!(Cursor::decode(&cursor.encode(), "test"), Ok(Some(cursor)));
        }

        #[test]
        fn garbage_is_refused(text in ".{1,40}") {
            let refused = Cursor::decode(&text, "test").unwrap_err();
            prop_assert_eq!(refused.status, 400);
        }
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        assert_eq!(Cursor::decode("", "test"), Ok(None));
        let refused = Cursor::decode(&place(1, "a", 1).encode(), "other").unwrap_err();
        assert_eq!(
            (refused.status, refused.detail.as_str()),
            (
                400,
                "cursor: it is of a list in another order: begin again without it"
            )
        );
        assert_eq!(
            Cursor::decode(&"A".repeat(LONGEST + 1), "test")
                .unwrap_err()
                .status,
            400
        );
    }
}
