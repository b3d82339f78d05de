//! Points to a DataKit or straight to an OpenWay: `POST /v1/write/{category}`, line protocol, always compressed (OpenWay's
//! documentation takes plain bodies, DataKit's source says that the store takes gzip alone).

use firstsight_sink::http::Http;
use secrecy::SecretString;

use crate::error::GuanceError;
use crate::point::Point;

/// Where points go.
#[derive(Clone, Debug)]
pub enum Destination {
    /// An agent of one's own, as `http://localhost:9529`.
    DataKit {
        /// Its address.
        url: String,
    },
    /// The node itself.
    OpenWay {
        /// Its address.
        url: String,
        /// The workspace's token, `tkn_…`.
        token: SecretString,
    },
}

/// What points are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Events: `keyevent`.
    KeyEvent,
    /// Logs: `logging`.
    Logging,
}

impl Category {
    /// The word in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyEvent => "keyevent",
            Self::Logging => "logging",
        }
    }
}

/// Writes points.
#[derive(Clone, Debug)]
pub struct Writer {
    #[allow(dead_code)]
    http: Http,
    #[allow(dead_code)]
    destination: Destination,
}

impl Writer {
    /// A writer.
    #[must_use]
    pub const fn new(http: Http, destination: Destination) -> Self {
        Self { http, destination }
    }

    /// Writes points, batch by batch; `package` names them in `X-Pkg-Id` (later batches get `-1`, `-2`, … behind it), and for
    /// events in the tag `df_pkg_id` too. How many texts had to be cut.
    ///
    /// # Errors
    /// At the first batch that is not taken; those before it were. A point that cannot be written is
    /// [`GuanceError::Refused`] before anything is sent.
    pub async fn write(
        &self,
        category: Category,
        points: &[Point],
        package: &str,
    ) -> Result<u64, GuanceError> {
        let _ = (category, points, package);
        todo!()
    }

    /// Whether the far side takes our token: OpenWay's `GET /v1/check/token/{token}`; of a DataKit, that it answers
    /// (`GET /v1/ping`).
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> Result<(), GuanceError> {
        todo!()
    }
}
