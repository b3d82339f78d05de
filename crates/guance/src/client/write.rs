//! Points to a DataKit or straight to an OpenWay: `POST /v1/write/{category}`, line protocol, always compressed (OpenWay's
//! documentation takes plain bodies, DataKit's source says that the store takes gzip alone).

use std::fmt;
use std::io::Write as _;

use firstsight_sink::http::{Http, Request};
use flate2::Compression;
use flate2::write::GzEncoder;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::answer::{Call, encoded};
use crate::error::GuanceError;
use crate::line::{self, Batch};
use crate::point::Point;

const TOKEN_ADVICE: &str = "use this workspace's token (tkn_…) at this node (Management > Settings)";
const DATAKIT_ADVICE: &str = "let the DataKit take writes from here: `public_apis` in its datakit.conf";

/// Where points go.
#[derive(Clone)]
pub enum Destination {
    /// A DataKit of one's own, as `http://localhost:9529`.
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

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::DataKit { .. } => "DataKit",
            Self::OpenWay { .. } => "OpenWay",
        };
        f.debug_struct(name)
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl Destination {
    /// Its address, without a token: what stands behind `?` in an address that was copied from a DataKit's `dataway` setting
    /// is not part of it.
    #[must_use]
    pub fn url(&self) -> &str {
        let (Self::DataKit { url } | Self::OpenWay { url, .. }) = self;
        url.split('?').next().unwrap_or_default().trim_end_matches('/')
    }

    fn call(&self, name: impl Into<String>) -> Call {
        match self {
            Self::DataKit { .. } => Call::new(name, DATAKIT_ADVICE),
            Self::OpenWay { token, .. } => Call::new(name, TOKEN_ADVICE).hiding(Some(token)),
        }
    }

    fn write_url(&self, category: Category) -> SecretString {
        let path = format!("{}/v1/write/{}", self.url(), category.as_str());
        SecretString::from(match self {
            // Without it DataKit guesses the unit from the number of digits. Nothing says that OpenWay knows the word.
            Self::DataKit { .. } => format!("{path}?precision=n"),
            Self::OpenWay { token, .. } => format!("{path}?token={}", encoded(token.expose_secret(), "")),
        })
    }
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

    /// The point as this category takes it, and how many of its tags and fields were left out.
    ///
    /// Source: cliutils, `point/specs.go` (logs have no `source`, which is their measurement, no `date`, and always a `status`);
    /// DataFlux Func, `datakit.py` (events are tagged with their package).
    fn fitted(self, point: &Point, package: &str) -> (Point, u64) {
        let mut point = point.clone();
        let mut left_out = 0;
        match self {
            Self::KeyEvent => {
                point.tags.insert("df_pkg_id".to_owned(), package.to_owned());
            }
            Self::Logging => {
                for key in ["source", "date"] {
                    left_out += u64::from(point.tags.remove(key).is_some());
                    left_out += u64::from(point.fields.remove(key).is_some());
                }
                let tag = point.tags.get("status").is_some_and(|status| !status.is_empty());
                if !tag && !point.fields.contains_key("status") {
                    point.tags.insert("status".to_owned(), "info".to_owned());
                }
            }
        }
        (point, left_out)
    }
}

/// So many times a batch is halved to find what is refused: two points of a hundred are found.
const MAX_SPLITS: u32 = 16;

/// What became of points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many texts had to be cut, and tags and fields left out.
    pub changed: u64,
    /// The points that were not taken, by their place in the given order, and why.
    pub refused: Vec<(usize, String)>,
}

impl Written {
    fn refuse(&mut self, places: &[usize], reason: &str) {
        let refused = places.iter().map(|place| (*place, reason.to_owned()));
        self.refused.extend(refused);
        self.refused.sort_by_key(|(place, _)| *place);
    }

    /// An error where every one of so many points was refused.
    fn unless_none_of(self, points: usize, call: String) -> Result<Self, GuanceError> {
        match self.refused.first() {
            Some((_, reason)) if self.refused.len() == points => Err(GuanceError::Refused {
                call,
                reason: reason.clone(),
            }),
            _ => Ok(self),
        }
    }
}

/// Writes points.
#[derive(Clone, Debug)]
pub struct Writer {
    http: Http,
    destination: Destination,
}

impl Writer {
    /// A writer.
    #[must_use]
    pub const fn new(http: Http, destination: Destination) -> Self {
        Self { http, destination }
    }

    /// Where it writes to.
    #[must_use]
    pub const fn destination(&self) -> &Destination {
        &self.destination
    }

    /// Writes points, batch by batch; `package` names them in `X-Pkg-Id` (later requests get `-1`, `-2`, … behind it), and for
    /// events in the tag `df_pkg_id` too.
    ///
    /// One bad point rejects a whole body (cliutils, `point/lp.go`, `parseLPPoints`), and nothing of it is stored. So a batch that
    /// is refused is sent again in halves, until what is refused stands alone; the others are taken. Where that takes more
    /// than a few requests, the reason is in no single point, and what is left of the batch counts as refused.
    ///
    /// What a DataKit has taken it has put into a queue: it sends it on later, and what the node then refuses it drops.
    ///
    /// # Errors
    /// At the first batch that is not answered, for another reason than its points; those before it were taken.
    /// [`GuanceError::Refused`] where no point was taken.
    pub async fn write(
        &self,
        category: Category,
        points: &[Point],
        package: &str,
    ) -> Result<Written, GuanceError> {
        let fitted = points.iter().map(|point| category.fitted(point, package));
        let (points, left_out): (Vec<Point>, Vec<u64>) = fitted.unzip();
        let call = self
            .destination
            .call(format!("POST /v1/write/{}", category.as_str()));
        let encoded = line::encode(&points);
        let mut written = Written {
            changed: encoded.changed + left_out.iter().sum::<u64>(),
            refused: Vec::new(),
        };
        written.refuse(&encoded.dropped, "it has no field that can be written");
        let mut sent = 0;
        for batch in encoded.batches {
            self.write_batch(&call, category, batch, (package, &mut sent), &mut written)
                .await?;
        }
        written.unless_none_of(points.len(), call.name)
    }

    /// Writes a batch, and where it is refused its halves, the first before the second.
    async fn write_batch(
        &self,
        call: &Call,
        category: Category,
        batch: Batch,
        (package, sent): (&str, &mut u32),
        written: &mut Written,
    ) -> Result<(), GuanceError> {
        let mut splits = 0;
        let mut left = vec![batch];
        while let Some(batch) = left.pop() {
            let package = match *sent {
                0 => package.to_owned(),
                before => format!("{package}-{before}"),
            };
            *sent += 1;
            let request = self.request(category, &batch.body, package);
            let reason = match call.send(&self.http, request).await {
                Ok(_) => continue,
                Err(GuanceError::Refused { reason, .. }) => reason,
                Err(error) => return Err(error),
            };
            match batch.halves().filter(|_| splits < MAX_SPLITS) {
                Some([first, second]) => left.extend([second, first]),
                None => written.refuse(&batch.places, &reason),
            }
            splits += 1;
        }
        Ok(())
    }

    /// `text/plain` is what DataFlux Func sends to OpenWay; DataKit reads every type that it does not know as line protocol.
    fn request(&self, category: Category, body: &str, package: String) -> Request {
        Request::post(self.destination.write_url(category), compressed(body))
            .header("Content-Type", "text/plain")
            .header("Content-Encoding", "gzip")
            .header("X-Pkg-Id", package)
    }

    /// Whether the far side takes our token: OpenWay's `GET /v1/check/token/{token}`; of a DataKit, that it answers
    /// (`GET /v1/ping`).
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> Result<(), GuanceError> {
        let url = self.destination.url();
        let (url, call) = match &self.destination {
            Destination::DataKit { .. } => (format!("{url}/v1/ping"), "GET /v1/ping"),
            Destination::OpenWay { token, .. } => {
                let token = encoded(token.expose_secret(), "");
                (format!("{url}/v1/check/token/{token}"), "GET /v1/check/token")
            }
        };
        let call = self.destination.call(call);
        let answer = call
            .send(&self.http, Request::get(SecretString::from(url)))
            .await?;
        // Older nodes answer with success and say what is wrong in the body.
        match serde_json::from_slice::<Checked>(&answer.body) {
            Ok(checked) if checked.is_wrong() => Err(GuanceError::Unauthorized {
                code: call.fit(&checked.error_code),
                call: call.name,
                advice: call.advice,
            }),
            _ => Ok(()),
        }
    }
}

/// Source: DataKit, `internal/io/dataway`, `checkTokenResult`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Checked {
    code: i64,
    error_code: String,
}

impl Checked {
    fn is_wrong(&self) -> bool {
        self.code != 200 && !self.error_code.is_empty()
    }
}

/// The same text gives the same bytes: no time and no name is in them.
fn compressed(body: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(body.as_bytes())
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
}
