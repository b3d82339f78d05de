//! For x86-64 with AVX2: 32 bytes at a time.
#![allow(
    unsafe_code,
    reason = "vector instructions, and reading vectors from memory; each use says why it is sound"
)]

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setr_epi8, _mm256_shuffle_epi8,
};

use super::blocks::{Block, Outline, fill_with};

/// Whether this machine could do it.
pub(super) fn fill(text: &[u8], outline: &mut Outline) -> bool {
    if !std::arch::is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the machine has AVX2, it was asked just now.
    unsafe { fill_avx2(text, outline) };
    true
}

#[target_feature(enable = "avx2")]
fn fill_avx2(text: &[u8], outline: &mut Outline) {
    // A closure takes over the features of the function it stands in.
    fill_with(text, outline, |bytes| {
        let (halves, _) = bytes.as_chunks::<32>();
        let [low, high] = [Half::of(load(&halves[0])), Half::of(load(&halves[1]))];
        let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        Block {
            quotes: join(low.quotes, high.quotes),
            backslashes: join(low.backslashes, high.backslashes),
            brackets: join(low.brackets, high.brackets),
            behind: join(low.behind, high.behind),
        }
    });
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the reference is to 32 bytes that can be read, and the instruction asks for no alignment.
    unsafe { _mm256_loadu_si256(std::ptr::from_ref(bytes).cast()) }
}

struct Half {
    quotes: u32,
    backslashes: u32,
    brackets: u32,
    behind: u32,
}

impl Half {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn of(bytes: __m256i) -> Self {
        let equal = |bytes, byte: u8| _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(byte.cast_signed()));
        // `[` and `{`, `]` and `}` differ in this bit alone.
        let folded = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        let close = equal(folded, b'}');
        // Looks up by the low four bits, in each half: the one whitespace byte that ends in them (0 for bytes above 127,
        // which equal nothing here; 1 where there is none, which ends in other bits).
        let spaces = _mm256_setr_epi8(
            0x20, 0, 1, 1, 1, 1, 1, 1, 1, 0x09, 0x0a, 1, 1, 0x0d, 1, 1, //
            0x20, 0, 1, 1, 1, 1, 1, 1, 1, 0x09, 0x0a, 1, 1, 0x0d, 1, 1,
        );
        let space = _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(spaces, bytes));
        let part = _mm256_or_si256(equal(bytes, b','), equal(bytes, b':'));
        let mask = |found| _mm256_movemask_epi8(found).cast_unsigned();
        Self {
            quotes: mask(equal(bytes, b'"')),
            backslashes: mask(equal(bytes, b'\\')),
            brackets: mask(_mm256_or_si256(equal(folded, b'{'), close)),
            behind: mask(_mm256_or_si256(_mm256_or_si256(space, part), close)),
        }
    }
}
