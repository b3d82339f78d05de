//! zstd (RFC 8878): frames behind each other.

use std::fmt;

use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};

use super::{Flow, Stop, WINDOW};
use crate::reject::RejectReason;
use crate::scan::Limits;

/// What the decoder needs to see of a frame first.
const FIRST: usize = 5;

/// The decoder asks for a block together with the next block's header. A fault there must not cost the block.
const BLOCK_HEADER: usize = 3;

/// Unpacks frames with a fixed window of output. The decoder itself holds a frame's window: at most 128 MiB, the
/// bound of the `zstd` command.
pub(in crate::scan) struct Zstandard {
    decoder: Decoder<'static>,
    /// How many bytes the decoder waits for; 0 between frames.
    hint: usize,
    any_frame: bool,
    padding: bool,
    window: Vec<u8>,
    flow: Flow,
}

impl fmt::Debug for Zstandard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstandard")
            .field("flow", &self.flow)
            .finish_non_exhaustive()
    }
}

impl Zstandard {
    pub(in crate::scan) fn new(limits: Limits) -> Result<Self, Stop> {
        let unavailable = Stop::new(RejectReason::UnsupportedEncoding, "zstd cannot be set up");
        Ok(Self {
            decoder: Decoder::new().map_err(|_| unavailable)?,
            hint: 0,
            any_frame: false,
            padding: false,
            window: vec![0; WINDOW],
            flow: Flow::new(limits),
        })
    }

    pub(in crate::scan) fn is_cut_off(&self) -> bool {
        self.hint != 0
    }

    pub(in crate::scan) fn feed(&mut self, mut chunk: &[u8], out: &mut dyn FnMut(&[u8])) -> Result<(), Stop> {
        let mut pending = false;
        while !chunk.is_empty() || pending && self.hint != 0 {
            if self.hint == 0 && self.is_padding(chunk)? {
                return Ok(());
            }
            let (read, written) = self.step(chunk)?;
            pending = written == self.window.len();
            chunk = chunk.get(read..).unwrap_or_default();
            self.flow
                .pass(read, self.window.get(..written).unwrap_or_default(), out)?;
            if read == 0 && written == 0 && !chunk.is_empty() {
                return Err(Stop::corrupt("damaged zstd data"));
            }
        }
        Ok(())
    }

    /// Whether only zeros are left, as tape and block devices leave them behind the last frame.
    fn is_padding(&mut self, chunk: &[u8]) -> Result<bool, Stop> {
        self.padding |= self.any_frame && chunk.first() == Some(&0);
        if self.padding && chunk.iter().any(|&byte| byte != 0) {
            return Err(Stop::garbage());
        }
        Ok(self.padding)
    }

    /// One block at a time, so that all before a damaged one comes out, however the chunks are cut.
    fn step(&mut self, chunk: &[u8]) -> Result<(usize, usize), Stop> {
        let wanted = match self.hint {
            0 => FIRST,
            hint if hint > BLOCK_HEADER => hint - BLOCK_HEADER,
            hint => hint,
        };
        let mut input = InBuffer::around(chunk.get(..wanted).unwrap_or(chunk));
        let mut output = OutBuffer::around(self.window.as_mut_slice());
        let ran = self.decoder.run(&mut input, &mut output);
        self.hint = ran.map_err(|_| Stop::corrupt("damaged zstd data"))?;
        self.any_frame |= self.hint == 0;
        Ok((input.pos(), output.pos()))
    }
}
