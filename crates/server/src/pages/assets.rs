//! What pages load: style, scripts, the icon. They are part of the program, and named by what they hold, so that a browser keeps
//! them for as long as they are the same.

use std::sync::LazyLock;

use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use sha2::{Digest as _, Sha256};

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Name, type, content.
const ASSETS: [(&str, &str, &str); 7] = [
    (
        "page.css",
        "text/css; charset=utf-8",
        concat!(
            include_str!("../assets/page.css"),
            include_str!("../assets/lists.css")
        ),
    ),
    ("page.js", SCRIPT, include_str!("../assets/page.js")),
    ("keys.js", SCRIPT, include_str!("../assets/keys.js")),
    ("live.js", SCRIPT, include_str!("../assets/live.js")),
    ("chart.js", SCRIPT, include_str!("../assets/chart.js")),
    ("times.js", SCRIPT, include_str!("../assets/times.js")),
    ("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
];

/// The scripts that every page loads.
pub(super) const SCRIPTS: [&str; 5] = ["page.js", "keys.js", "live.js", "chart.js", "times.js"];

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, _, content) in ASSETS {
        hash.update(name);
        hash.update(content);
    }
    hex::encode(hash.finalize().get(..8).unwrap_or_default())
});

/// Names what all assets hold.
pub(super) fn version() -> &'static str {
    &VERSION
}

/// The address of an asset.
pub(super) fn address(name: &str) -> String {
    format!("/assets/{name}?v={}", version())
}

/// Serves an asset. Under another version's address it is not to be kept: the page that names it is of another program.
pub(super) async fn asset(Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    let Some((_, kind, content)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let named = query.as_deref().and_then(|query| query.strip_prefix("v=")) == Some(version());
    let keep = if named {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    ([(CONTENT_TYPE, *kind), (CACHE_CONTROL, keep)], *content).into_response()
}
