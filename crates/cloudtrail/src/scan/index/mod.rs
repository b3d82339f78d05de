//! A structural index: where the quotes and brackets stand that count, a bit a byte.
//!
//! One pass over a stretch of text, 64 bytes at a time, tells quotes from escaped quotes and brackets from brackets
//! inside strings, so that whoever reads the text after it steps from one to the next and never looks at what lies
//! between. The method is stage 1 of Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (VLDB Journal, 2019).

mod blocks;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(any(test, not(target_arch = "aarch64")))]
mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use blocks::Outline;

/// How much text is indexed at a time.
pub(super) const REACH: usize = 64 << 10;

/// Bytes a block.
const BLOCK: usize = 64;

/// The index of a stretch of text that begins outside of any string. Places are counted from its start.
#[derive(Debug, Default)]
pub(super) struct Index {
    length: usize,
    outline: Outline,
}

impl Index {
    /// Indexes as much of the text as is within reach.
    pub(super) fn build(&mut self, text: &[u8]) {
        let text = text.get(..REACH).unwrap_or(text);
        self.length = text.len();
        self.outline.begin();
        fill(text, &mut self.outline);
    }

    /// Forgets the text.
    pub(super) fn clear(&mut self) {
        self.length = 0;
        self.outline.begin();
    }

    /// How many bytes of text are indexed.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The first place from which on the text cannot be JSON: a string that ends where its text goes on, or a backslash
    /// outside of strings. All before it is told rightly.
    pub(super) fn fault(&self) -> usize {
        self.outline.fault
    }

    /// Whether a bracket that counts stands here, before any fault.
    pub(super) fn opens(&self, at: usize) -> bool {
        let block = self.outline.brackets.get(at / BLOCK);
        at < self.length.min(self.fault()) && block.is_some_and(|block| block >> (at % BLOCK) & 1 == 1)
    }

    /// Whether a backslash stands in this range.
    pub(super) fn has_escape(&self, from: usize, to: usize) -> bool {
        let Some(last) = to.checked_sub(1).filter(|last| *last >= from) else {
            return false;
        };
        let (first, end) = (from / BLOCK, last / BLOCK);
        let low = u64::MAX << (from % BLOCK);
        let high = u64::MAX >> (BLOCK - 1 - last % BLOCK);
        let Some(blocks) = self.outline.escapes.get(first..=end) else {
            return true;
        };
        match blocks {
            [one] => one & low & high != 0,
            [head, middle @ .., tail] => {
                head & low != 0 || tail & high != 0 || middle.iter().any(|block| *block != 0)
            }
            [] => false,
        }
    }

    /// A cursor over quotes and brackets, at this place.
    pub(super) fn cursor(&self, at: usize) -> Cursor<'_> {
        let mut cursor = Cursor {
            outline: &self.outline,
            block: 0,
            quotes: 0,
            brackets: 0,
        };
        cursor.seek(at);
        cursor
    }
}

/// Steps from one quote or bracket to the next.
pub(super) struct Cursor<'i> {
    outline: &'i Outline,
    block: usize,
    /// What is left of the block.
    quotes: u64,
    brackets: u64,
}

impl Cursor<'_> {
    fn seek(&mut self, at: usize) {
        self.load(at / BLOCK);
        let rest = u64::MAX << (at % BLOCK);
        self.quotes &= rest;
        self.brackets &= rest;
    }

    /// Whether there is such a block.
    fn load(&mut self, block: usize) -> bool {
        self.block = block;
        let marks = self
            .outline
            .quotes
            .get(block)
            .zip(self.outline.brackets.get(block));
        (self.quotes, self.brackets) = marks.map_or((0, 0), |(quotes, brackets)| (*quotes, *brackets));
        marks.is_some()
    }

    /// The place of the next quote or bracket, `None` behind the last one.
    #[inline]
    pub(super) fn next(&mut self) -> Option<usize> {
        while self.quotes | self.brackets == 0 {
            if !self.load(self.block + 1) {
                return None;
            }
        }
        let bit = (self.quotes | self.brackets).trailing_zeros();
        let rest = u64::MAX.wrapping_shl(bit) << 1;
        self.quotes &= rest;
        self.brackets &= rest;
        Some(self.block * BLOCK + bit as usize)
    }

    /// The place of the next bracket, past all quotes.
    #[inline]
    pub(super) fn next_bracket(&mut self) -> Option<usize> {
        while self.brackets == 0 {
            if !self.load(self.block + 1) {
                return None;
            }
        }
        let bit = self.brackets.trailing_zeros();
        let rest = u64::MAX.wrapping_shl(bit) << 1;
        self.quotes &= rest;
        self.brackets &= rest;
        Some(self.block * BLOCK + bit as usize)
    }
}

/// The fastest way that this machine has.
fn fill(text: &[u8], outline: &mut Outline) {
    #[cfg(target_arch = "x86_64")]
    if x86::fill(text, outline) {
        return;
    }
    #[cfg(target_arch = "aarch64")]
    return neon::fill(text, outline);
    #[cfg(not(target_arch = "aarch64"))]
    portable::fill(text, outline);
}

#[cfg(test)]
mod tests;
