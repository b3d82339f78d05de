//! For 64-bit ARM, whose machines all have NEON: 16 bytes at a time.
#![allow(
    unsafe_code,
    reason = "reading vectors from memory; the one use says why it is sound"
)]

use std::arch::aarch64::{
    uint8x16_t, vaddv_u8, vandq_u8, vceqq_u8, vdupq_n_u8, vget_high_u8, vget_low_u8, vld1q_u8, vorrq_u8,
};

use super::blocks::{Block, Outline, fill_with};

/// The bit that each byte of a half stands for.
const PLACES: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

pub(super) fn fill(text: &[u8], outline: &mut Outline) {
    // SAFETY: every machine of this architecture has NEON (Arm, "Architecture Reference Manual for A-profile"), and so has each
    // target of Rust's that runs an operating system.
    unsafe { fill_neon(text, outline) };
}

#[target_feature(enable = "neon")]
fn fill_neon(text: &[u8], outline: &mut Outline) {
    // A closure takes over the features of the function it stands in.
    fill_with(text, outline, |bytes| {
        let mut block = Block {
            quotes: 0,
            backslashes: 0,
            brackets: 0,
            behind: 0,
        };
        let (quarters, _) = bytes.as_chunks::<16>();
        for (i, quarter) in quarters.iter().enumerate() {
            add(&mut block, load(quarter), i * 16);
        }
        block
    });
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: the reference is to 16 bytes that can be read, and the instruction asks for no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn add(block: &mut Block, bytes: uint8x16_t, place: usize) {
    let equal = |bytes, byte| vceqq_u8(bytes, vdupq_n_u8(byte));
    // `[` and `{`, `]` and `}` differ in this bit alone.
    let folded = vorrq_u8(bytes, vdupq_n_u8(0x20));
    let close = equal(folded, b'}');
    let space = vorrq_u8(
        vorrq_u8(equal(bytes, b' '), equal(bytes, b'\t')),
        vorrq_u8(equal(bytes, b'\r'), equal(bytes, b'\n')),
    );
    let part = vorrq_u8(equal(bytes, b','), equal(bytes, b':'));
    block.quotes |= mask(equal(bytes, b'"')) << place;
    block.backslashes |= mask(equal(bytes, b'\\')) << place;
    block.brackets |= mask(vorrq_u8(equal(folded, b'{'), close)) << place;
    block.behind |= mask(vorrq_u8(vorrq_u8(space, part), close)) << place;
}

/// A bit for each byte that is all ones; the others are zero.
#[inline]
#[target_feature(enable = "neon")]
fn mask(found: uint8x16_t) -> u64 {
    let places = vandq_u8(found, load(&PLACES));
    u64::from(vaddv_u8(vget_low_u8(places))) | u64::from(vaddv_u8(vget_high_u8(places))) << 8
}
