//! Pages of lists.

use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one. Opaque: give it back as `cursor`.
    pub next: Option<String>,
}

/// A place in a list, as a client is given it: opaque text (base64url of JSON). A cursor that was made for another order is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
