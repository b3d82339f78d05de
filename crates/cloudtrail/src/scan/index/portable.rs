//! For any machine: eight bytes at a time in a word.

use super::BLOCK;
use super::blocks::{Block, Outline, fill_with};

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

pub(super) fn fill(text: &[u8], outline: &mut Outline) {
    fill_with(text, outline, block_of);
}

#[inline(always)]
pub(super) fn block_of(bytes: &[u8; BLOCK]) -> Block {
    let mut block = Block {
        quotes: 0,
        backslashes: 0,
        brackets: 0,
        behind: 0,
    };
    let (words, _) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // `[` and `{`, `]` and `}` differ in this bit alone.
        let folded = word | (LOW * 0x20);
        let close = equal(folded, b'}');
        let place = i * 8;
        block.quotes |= bits(equal(word, b'"')) << place;
        block.backslashes |= bits(equal(word, b'\\')) << place;
        block.brackets |= bits(equal(folded, b'{') | close) << place;
        let space = equal(word, b' ') | equal(word, b'\t') | equal(word, b'\r') | equal(word, b'\n');
        block.behind |= bits(space | close | equal(word, b',') | equal(word, b':')) << place;
    }
    block
}

/// The high bit of each byte that equals this one.
#[inline(always)]
const fn equal(word: u64, byte: u8) -> u64 {
    let differs = word ^ (LOW * byte as u64);
    // A byte is 0 exactly where neither its low seven bits carry into its high bit nor that is set.
    !(((differs & !HIGH) + !HIGH) | differs) & HIGH
}

/// The high bits of eight bytes, gathered. The factor moves bit 8k+7 to bit 56+k; no two sums meet below.
#[inline(always)]
const fn bits(highs: u64) -> u64 {
    (highs >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}
