//! What makes two errors the same, and the ids made from it.

use std::fmt;
use std::str::FromStr;

use firstsight_cloudtrail::ErrorEvent;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// 128 bits of SHA-256, shown and serialised as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    /// The digest of some parts. Each part's length is hashed with it, so that moving text from one part to the next
    /// changes the digest.
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut hash = sha2::Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut start = [0; 16];
        start.copy_from_slice(&hash.finalize()[..16]);
        Self(start)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text was not 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of 32 hexadecimal digits")]
pub struct InvalidDigest;

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidDigest);
        }
        let mut bytes = [0; 16];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| InvalidDigest)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The id of a [`Signature`] with its fine template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignatureId(pub Digest);

/// The id of a cluster: the id of the fine signature that founded it (the least one, where several did at once).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClusterId(pub Digest);

impl fmt::Display for SignatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ClusterId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ClusterId {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What makes two errors the same: recipient account, call, error code and fine template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Signature {
    /// The account the error counts for.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`, empty where the record has none.
    pub error_code: String,
    /// The fine template of the message; its variables are `<*>`.
    pub template: String,
}

impl Signature {
    /// The signature of an event whose fine template is known.
    #[must_use]
    pub fn new(event: &ErrorEvent<'_>, template: String) -> Self {
        Self {
            account: event.account.clone().into_owned(),
            event_source: event.event_source.clone().into_owned(),
            event_name: event.event_name.clone().into_owned(),
            error_code: event.error_code.clone().into_owned(),
            template,
        }
    }

    /// Its id. The same text has the same id in every process and version.
    #[must_use]
    pub fn id(&self) -> SignatureId {
        SignatureId(Digest::of(&[
            &self.account,
            &self.event_source,
            &self.event_name,
            &self.error_code,
            &self.template,
        ]))
    }
}

/// What of an event is compared with history, besides its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Dimension {
    /// The actor's name.
    Actor,
    /// The access key, where one was used.
    AccessKey,
    /// The source address's network.
    SourceNetwork,
    /// The region.
    Region,
    /// The user agent's family.
    UserAgent,
    /// A mark of known noise (not compared: it describes).
    Noise,
    /// A resource that the call was about, as `kind:name` (shown with its familiarity, not part of a score).
    Target,
    /// What stood for a variable of the message, `name=value` (not compared: it describes). Of those only a few examples
    /// are kept, see [`kept_variables`](crate::kept_variables), and judgements look at none.
    Variable,
}

impl Dimension {
    /// Every dimension that a judgement looks at, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Actor,
        Self::AccessKey,
        Self::SourceNetwork,
        Self::Region,
        Self::UserAgent,
        Self::Noise,
        Self::Target,
    ];

    /// A stable small number for stores.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Actor => 0,
            Self::AccessKey => 1,
            Self::SourceNetwork => 2,
            Self::Region => 3,
            Self::UserAgent => 4,
            Self::Noise => 5,
            Self::Target => 6,
            Self::Variable => 7,
        }
    }

    /// The dimension with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let mut all = Self::ALL.into_iter().chain([Self::Variable]);
        all.find(|dimension| dimension.code() == code)
    }
}
