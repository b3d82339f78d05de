//! Decompression as a push: packed bytes in, pieces of text out, with a fixed window between.

use super::{Encoding, Limits};
use crate::reject::RejectReason;

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "zstd")]
mod zstandard;

/// The piece of text that is unpacked at a time.
#[cfg(any(feature = "gzip", feature = "zstd"))]
const WINDOW: usize = 128 << 10;

/// Below this much output no ratio is judged: short inputs may well be one repeated record.
#[cfg(any(feature = "gzip", feature = "zstd"))]
const RATIO_FREE: u64 = 16 << 20;

const GZIP_MAGIC: &[u8] = b"\x1f\x8b";
const ZSTD_MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";
/// The last three bytes of the magic number of a skippable zstd frame; the first is 0x50 to 0x5f (RFC 8878, 3.1.2).
const SKIPPABLE: &[u8] = b"\x2a\x4d\x18";

/// Why unpacking cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) reason: RejectReason,
    pub(super) detail: &'static str,
    /// Whether all of the text came out before: then its end is judged as usual.
    pub(super) complete: bool,
}

impl Stop {
    pub(super) const fn new(reason: RejectReason, detail: &'static str) -> Self {
        Self {
            reason,
            detail,
            complete: false,
        }
    }

    #[cfg(any(feature = "gzip", feature = "zstd"))]
    const fn corrupt(detail: &'static str) -> Self {
        Self::new(RejectReason::CorruptCompression, detail)
    }

    #[cfg(any(feature = "gzip", feature = "zstd"))]
    const fn garbage() -> Self {
        Self {
            complete: true,
            ..Self::corrupt("other bytes behind the compressed data")
        }
    }
}

/// What the first bytes say: an encoding, or `None` while they are too few.
pub(super) fn detect(start: &[u8]) -> Option<Encoding> {
    if start.starts_with(GZIP_MAGIC) {
        return Some(Encoding::Gzip);
    }
    if start.starts_with(ZSTD_MAGIC) {
        return Some(Encoding::Zstd);
    }
    let skippable = matches!(start.first(), Some(0x50..=0x5f));
    let rest = start.get(1..).unwrap_or_default();
    if skippable && rest.starts_with(SKIPPABLE) {
        return Some(Encoding::Zstd);
    }
    let open = GZIP_MAGIC.starts_with(start)
        || ZSTD_MAGIC.starts_with(start)
        || skippable && SKIPPABLE.starts_with(rest);
    (!open).then_some(Encoding::Plain)
}

/// What came in and went out, against the caps.
#[derive(Debug)]
#[cfg(any(feature = "gzip", feature = "zstd"))]
struct Flow {
    limits: Limits,
    read: u64,
    written: u64,
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
impl Flow {
    fn new(limits: Limits) -> Self {
        Self {
            limits,
            read: 0,
            written: 0,
        }
    }

    /// Hands on what was unpacked, up to the caps.
    fn pass(&mut self, read: usize, text: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), Stop> {
        self.read += read as u64;
        let room = self.limits.max_output - self.written;
        let allowed = usize::try_from(room).unwrap_or(usize::MAX).min(text.len());
        self.written += allowed as u64;
        out(text.get(..allowed).unwrap_or_default());
        if allowed < text.len() {
            return Err(Stop::new(
                RejectReason::DecompressionCap,
                "more bytes than allowed for one input",
            ));
        }
        if self.written > RATIO_FREE && self.written / self.limits.max_ratio.max(1) > self.read {
            return Err(Stop::new(
                RejectReason::DecompressionCap,
                "more bytes out for each byte in than allowed",
            ));
        }
        Ok(())
    }
}

/// The unpacking of one encoding.
#[derive(Debug)]
pub(super) enum Inflate {
    #[cfg(feature = "gzip")]
    Gzip(Box<gzip::Gzip>),
    #[cfg(feature = "zstd")]
    Zstd(Box<zstandard::Zstandard>),
}

impl Inflate {
    /// For an encoding; `None` for plain text.
    #[allow(unused_variables, reason = "limits bound only what can be unpacked")]
    pub(super) fn new(encoding: Encoding, limits: Limits) -> Result<Option<Self>, Stop> {
        match encoding {
            Encoding::Auto | Encoding::Plain => Ok(None),
            #[cfg(feature = "gzip")]
            Encoding::Gzip => Ok(Some(Self::Gzip(Box::new(gzip::Gzip::new(limits))))),
            #[cfg(not(feature = "gzip"))]
            Encoding::Gzip => Err(Stop::new(RejectReason::UnsupportedEncoding, "gzip")),
            #[cfg(feature = "zstd")]
            Encoding::Zstd => Ok(Some(Self::Zstd(Box::new(zstandard::Zstandard::new(limits)?)))),
            #[cfg(not(feature = "zstd"))]
            Encoding::Zstd => Err(Stop::new(RejectReason::UnsupportedEncoding, "zstd")),
        }
    }

    /// Unpacks a chunk, piece by piece.
    #[allow(unused_variables, reason = "without features there is nothing to unpack")]
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), Stop> {
        match *self {
            #[cfg(feature = "gzip")]
            Self::Gzip(ref mut gzip) => gzip.feed(chunk, out),
            #[cfg(feature = "zstd")]
            Self::Zstd(ref mut zstd) => zstd.feed(chunk, out),
        }
    }

    /// Whether more must come: the stream ends inside a member or frame.
    pub(super) fn is_cut_off(&self) -> bool {
        match *self {
            #[cfg(feature = "gzip")]
            Self::Gzip(ref gzip) => gzip.is_cut_off(),
            #[cfg(feature = "zstd")]
            Self::Zstd(ref zstd) => zstd.is_cut_off(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_encoding() {
        assert_eq!(detect(b"{"), Some(Encoding::Plain));
        assert_eq!(detect(b"\xef\xbb\xbf"), Some(Encoding::Plain));
        assert_eq!(detect(b""), None);
        assert_eq!(detect(b"\x1f"), None);
        assert_eq!(detect(b"\x1f\x8b"), Some(Encoding::Gzip));
        assert_eq!(detect(b"\x28\xb5\x2f"), None);
        assert_eq!(detect(b"\x28\xb5\x2f\xfd"), Some(Encoding::Zstd));
        assert_eq!(detect(b"\x5a\x2a\x4d\x18"), Some(Encoding::Zstd));
        assert_eq!(detect(b"Z*"), None);
        assert_eq!(detect(b"(nothing"), Some(Encoding::Plain));
    }
}
