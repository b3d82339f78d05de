//! From what kinds of bytes a block holds to what counts of them. The same for every kind of machine.

use super::BLOCK;

/// Where bytes of a kind stand in a block of text, its first byte in the lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// `"`
    pub(super) quotes: u64,
    /// `\`
    pub(super) backslashes: u64,
    /// `{`, `}`, `[`, `]`
    pub(super) brackets: u64,
    /// What may stand behind a string: whitespace, `,`, `:`, `]`, `}`
    pub(super) behind: u64,
}

/// What counts, block by block, and what has to be known at the edge of the next one.
#[derive(Debug)]
pub(super) struct Outline {
    /// Quotes that are not escaped.
    pub(super) quotes: Vec<u64>,
    /// Brackets outside of strings.
    pub(super) brackets: Vec<u64>,
    /// Backslashes.
    pub(super) escapes: Vec<u64>,
    /// The first place where a string does not end as strings do, or a backslash stands outside of strings.
    pub(super) fault: usize,
    /// All ones inside a string.
    inside: u64,
    /// 1 where the next byte is escaped.
    escaped: u64,
    /// 1 where the last byte closed a string.
    closed: u64,
}

impl Default for Outline {
    fn default() -> Self {
        Self {
            quotes: Vec::new(),
            brackets: Vec::new(),
            escapes: Vec::new(),
            fault: usize::MAX,
            inside: 0,
            escaped: 0,
            closed: 0,
        }
    }
}

impl Outline {
    /// For a text that begins outside of any string; the memory is used again.
    pub(super) fn begin(&mut self) {
        let [mut quotes, mut brackets, mut escapes] =
            [&mut self.quotes, &mut self.brackets, &mut self.escapes].map(std::mem::take);
        quotes.clear();
        brackets.clear();
        escapes.clear();
        *self = Self {
            quotes,
            brackets,
            escapes,
            ..Self::default()
        };
    }

    /// Takes the next block.
    #[inline(always)]
    pub(super) fn take(&mut self, block: Block) {
        let quotes = block.quotes & !self.escaped(block.backslashes);
        // Ones from an opening quote to the byte before its closing one.
        let inside = prefix_xor(quotes) ^ self.inside;
        let closing = quotes & !inside;
        let after = closing << 1 | self.closed;
        let fault = after & !block.behind | block.backslashes & !inside;
        if fault != 0 {
            let place = self.quotes.len() * BLOCK + fault.trailing_zeros() as usize;
            self.fault = self.fault.min(place);
        }
        self.inside = 0_u64.wrapping_sub(inside >> (BLOCK - 1));
        self.closed = closing >> (BLOCK - 1);
        self.quotes.push(quotes);
        self.brackets.push(block.brackets & !inside);
        self.escapes.push(block.backslashes);
    }

    /// The bytes of the block that a backslash before them escapes. Every second of a run of backslashes is escaped
    /// itself; runs begin at even or odd places, and adding carries each to its end.
    #[inline(always)]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        if backslashes == 0 {
            return std::mem::take(&mut self.escaped);
        }
        let backslashes = backslashes & !self.escaped;
        let follows = backslashes << 1 | self.escaped;
        let odd_starts = backslashes & !EVEN & !follows;
        let (even_ends, carry) = odd_starts.overflowing_add(backslashes);
        self.escaped = u64::from(carry);
        (EVEN ^ even_ends << 1) & follows
    }
}

/// Each bit: the parity of itself and all below it.
#[inline(always)]
const fn prefix_xor(mut bits: u64) -> u64 {
    bits ^= bits << 1;
    bits ^= bits << 2;
    bits ^= bits << 4;
    bits ^= bits << 8;
    bits ^= bits << 16;
    bits ^ bits << 32
}

/// Takes a text block by block; what is missing to a whole block at its end counts as spaces.
#[inline(always)]
pub(super) fn fill_with(text: &[u8], outline: &mut Outline, block_of: impl Fn(&[u8; BLOCK]) -> Block) {
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    for block in blocks {
        outline.take(block_of(block));
    }
    if let Some(end) = (!rest.is_empty()).then_some(rest) {
        let mut block = [b' '; BLOCK];
        for (place, byte) in block.iter_mut().zip(end) {
            *place = *byte;
        }
        outline.take(block_of(&block));
    }
}
