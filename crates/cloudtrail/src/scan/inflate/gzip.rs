//! gzip (RFC 1952): members behind each other, each with its checksum.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Flow, Stop, WINDOW};
use crate::scan::Limits;

const HAS_CRC: u8 = 0b0000_0010;
const HAS_EXTRA: u8 = 0b0000_0100;
const HAS_NAME: u8 = 0b0000_1000;
const HAS_COMMENT: u8 = 0b0001_0000;
const RESERVED: u8 = 0b1110_0000;

/// What the next byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// The ten fixed bytes of a header; how many were read.
    Fixed(usize),
    /// The two bytes of the extra field's length.
    ExtraLength(usize),
    /// The extra field; how much is left.
    Extra(u16),
    Name,
    Comment,
    HeaderCrc(usize),
    Body,
    /// The eight bytes of checksum and size.
    Trailer(usize),
    /// Behind a member: another one, padding or the end.
    Between,
    /// Zeros up to the end.
    Padding,
}

/// Unpacks members with a fixed window.
#[derive(Debug)]
pub(in crate::scan) struct Gzip {
    part: Part,
    started: bool,
    flags: u8,
    extra: u16,
    trailer: [u8; 8],
    body: Decompress,
    checksum: crc32fast::Hasher,
    window: Vec<u8>,
    flow: Flow,
}

impl Gzip {
    pub(in crate::scan) fn new(limits: Limits) -> Self {
        Self {
            part: Part::Fixed(0),
            started: false,
            flags: 0,
            extra: 0,
            trailer: [0; 8],
            body: Decompress::new(false),
            checksum: crc32fast::Hasher::new(),
            window: vec![0; WINDOW],
            flow: Flow::new(limits),
        }
    }

    pub(in crate::scan) fn is_cut_off(&self) -> bool {
        self.started && !matches!(self.part, Part::Between | Part::Padding)
    }

    pub(in crate::scan) fn feed(&mut self, mut chunk: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), Stop> {
        self.started |= !chunk.is_empty();
        while let Some((&byte, rest)) = chunk.split_first() {
            if self.part == Part::Body {
                chunk = self.inflate(chunk, out)?;
            } else {
                self.part = self.frame(byte)?;
                self.flow.read += 1;
                chunk = rest;
            }
        }
        Ok(())
    }

    /// One byte outside the bodies.
    fn frame(&mut self, byte: u8) -> Result<Part, Stop> {
        let next = match self.part {
            Part::Fixed(read) => return self.fixed(read, byte),
            Part::ExtraLength(0) => {
                self.extra = u16::from(byte);
                return Ok(Part::ExtraLength(1));
            }
            Part::ExtraLength(_) => match self.extra | u16::from(byte) << 8 {
                0 => self.behind(HAS_EXTRA),
                length => Part::Extra(length),
            },
            Part::Extra(1) => self.behind(HAS_EXTRA),
            Part::Extra(left) => Part::Extra(left - 1),
            Part::Name if byte == 0 => self.behind(HAS_NAME),
            Part::Comment if byte == 0 => self.behind(HAS_COMMENT),
            Part::HeaderCrc(0) => Part::HeaderCrc(1),
            Part::HeaderCrc(_) => Part::Body,
            Part::Trailer(read) => return self.trailer(read, byte),
            Part::Between if byte == 0x1f => Part::Fixed(1),
            Part::Between | Part::Padding if byte == 0 => Part::Padding,
            Part::Between | Part::Padding => return Err(Stop::garbage()),
            Part::Name | Part::Comment | Part::Body => self.part,
        };
        Ok(next)
    }

    fn fixed(&mut self, read: usize, byte: u8) -> Result<Part, Stop> {
        match (read, byte) {
            (0, 0x1f) | (1, 0x8b) | (2, 8) | (4..=8, _) => Ok(Part::Fixed(read + 1)),
            (0 | 1, _) => Err(Stop::corrupt("not gzip")),
            (2, _) => Err(Stop::corrupt("a compression method other than deflate")),
            (3, flags) if flags & RESERVED == 0 => {
                self.flags = flags;
                Ok(Part::Fixed(4))
            }
            (3, _) => Err(Stop::corrupt("unknown flags in a gzip header")),
            _ => Ok(self.behind(0)),
        }
    }

    /// The next part of the header behind the one of this flag (0: behind the fixed bytes).
    fn behind(&self, flag: u8) -> Part {
        let follows = |next: u8| flag < next && self.flags & next != 0;
        if follows(HAS_EXTRA) && flag == 0 {
            return Part::ExtraLength(0);
        }
        if follows(HAS_NAME) {
            return Part::Name;
        }
        if follows(HAS_COMMENT) {
            return Part::Comment;
        }
        if self.flags & HAS_CRC != 0 {
            Part::HeaderCrc(0)
        } else {
            Part::Body
        }
    }

    /// Unpacks until the chunk or the member ends; what is left of the chunk.
    fn inflate<'a>(&mut self, mut chunk: &'a [u8], out: &mut dyn FnMut(&[u8])) -> Result<&'a [u8], Stop> {
        loop {
            let (read, written) = (self.body.total_in(), self.body.total_out());
            let status = self
                .body
                .decompress(chunk, &mut self.window, FlushDecompress::None);
            let read = (self.body.total_in() - read) as usize;
            let written = (self.body.total_out() - written) as usize;
            let text = self.window.get(..written).unwrap_or_default();
            self.checksum.update(text);
            self.flow.pass(read, text, out)?;
            let status = status.map_err(|_| Stop::corrupt("damaged deflate data"))?;
            chunk = chunk.get(read..).unwrap_or_default();
            if status == Status::StreamEnd {
                self.part = Part::Trailer(0);
                return Ok(chunk);
            }
            let pending = written == self.window.len();
            if chunk.is_empty() && !pending {
                return Ok(chunk);
            }
            if read == 0 && written == 0 {
                return Err(Stop::corrupt("damaged deflate data"));
            }
        }
    }

    fn trailer(&mut self, read: usize, byte: u8) -> Result<Part, Stop> {
        if let Some(place) = self.trailer.get_mut(read) {
            *place = byte;
        }
        if read < 7 {
            return Ok(Part::Trailer(read + 1));
        }
        let [a, b, c, d, size @ ..] = self.trailer;
        let checksum = std::mem::take(&mut self.checksum).finalize();
        let written = self.body.total_out() as u32;
        self.body.reset(false);
        if checksum != u32::from_le_bytes([a, b, c, d]) {
            return Err(Stop::corrupt("the checksum does not match"));
        }
        if written != u32::from_le_bytes(size) {
            return Err(Stop::corrupt("the size does not match"));
        }
        Ok(Part::Between)
    }
}
