//! Compressed input that is damaged, cut off, padded or a bomb.

#![cfg_attr(
    not(all(feature = "gzip", feature = "zstd")),
    allow(dead_code, unused_imports, reason = "each feature's tests use their part")
)]

use crate::common::{options, scan, scan_in};
use firstsight_cloudtrail::{Encoding, Limits, RejectReason, ScanOptions};

fn records(count: usize) -> String {
    let record =
        |i| format!("{{\"eventTime\":\"2026-03-01T11:00:00Z\",\"eventID\":\"{i}\",\"errorCode\":\"X\"}}\n");
    (0..count).map(record).collect()
}

fn check(bytes: &[u8], count: u64, reasons: &[RejectReason]) {
    for size in [1, 7, 4096, usize::MAX] {
        let (keeper, counters) = scan_in(options(), bytes, &[size]);
        assert_eq!(
            (counters.records, &keeper.reasons()[..]),
            (count, reasons),
            "chunks of {size}"
        );
        assert_eq!(counters.bytes_in, bytes.len() as u64);
    }
}

fn scan_with(limits: Limits, bytes: &[u8]) -> Vec<RejectReason> {
    let options = ScanOptions { limits, ..options() };
    scan_in(options, bytes, &[4096]).0.reasons()
}

#[cfg(feature = "gzip")]
mod gzip {
    use super::*;
    use std::io::Write as _;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_padding_and_garbage() {
        let member = pack(records(3).as_bytes());
        check(&[&member[..], &member].concat(), 6, &[]);
        check(&[&member[..], &[0; 600]].concat(), 3, &[]);
        check(
            &[&member[..], b"garbage"].concat(),
            3,
            &[RejectReason::CorruptCompression],
        );
        check(
            &[&member[..], b"\0\0garbage"].concat(),
            3,
            &[RejectReason::CorruptCompression],
        );
    }

    #[test]
    fn a_wrong_checksum_or_size_is_one_reject() {
        let member = pack(records(3).as_bytes());
        for back in [1, 8] {
            let mut damaged = member.clone();
            let at = damaged.len() - back;
            damaged[at] ^= 1;
            check(&damaged, 3, &[RejectReason::CorruptCompression]);
        }
    }

    #[test]
    fn a_changed_bit_is_a_reject_or_changes_nothing() {
        let member = pack(records(200).as_bytes());
        let (whole, _) = scan(&member);
        for at in 0..member.len() {
            let mut damaged = member.clone();
            damaged[at] ^= 0x10;
            let (keeper, _) = scan(&damaged);
            assert!(
                !keeper.rejects.is_empty() || keeper.told == whole.told,
                "byte {at}"
            );
        }
    }

    #[test]
    fn a_cut_off_stream_gives_what_came_before() {
        let member = pack(records(200).as_bytes());
        for end in 2..member.len() {
            let (keeper, counters) = scan(&member[..end]);
            assert_eq!(keeper.reasons(), [RejectReason::Truncated], "cut at {end}");
            assert!(counters.records <= 200);
        }
        let (_, counters) = scan(&member[..member.len() - 1]);
        assert_eq!(counters.records, 200, "only the trailer is missing");
    }

    #[test]
    fn a_bomb_is_one_reject() {
        let bomb = pack(&vec![b' '; 40 << 20]);
        let ratio = Limits {
            max_ratio: 500,
            ..Limits::default()
        };
        assert_eq!(scan_with(ratio, &bomb), [RejectReason::DecompressionCap]);
        let output = Limits {
            max_output: 1 << 20,
            ..Limits::default()
        };
        assert_eq!(scan_with(output, &bomb), [RejectReason::DecompressionCap]);
        let exact = Limits {
            max_output: 40 << 20,
            max_ratio: 2000,
            ..Limits::default()
        };
        assert_eq!(scan_with(exact, &bomb), []);
    }

    #[test]
    fn a_stated_encoding_is_believed() {
        let text = records(1);
        let options = ScanOptions {
            encoding: Encoding::Gzip,
            ..options()
        };
        let (keeper, _) = scan_in(options.clone(), text.as_bytes(), &[1]);
        assert_eq!(keeper.reasons(), [RejectReason::CorruptCompression]);
        assert_eq!(scan_in(options, b"", &[1]).0.reasons(), []);
        let plain = ScanOptions {
            encoding: Encoding::Plain,
            ..crate::common::options()
        };
        let (keeper, _) = scan_in(plain, &pack(text.as_bytes()), &[1]);
        assert_eq!(keeper.reasons(), [RejectReason::InvalidJson]);
    }
}

#[cfg(feature = "zstd")]
mod zstandard {
    use super::*;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        zstd::bulk::compress(bytes, 3).unwrap()
    }

    #[test]
    fn frames_padding_and_garbage() {
        let frame = pack(records(3).as_bytes());
        let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
        check(&[&skippable[..], &frame, &frame].concat(), 6, &[]);
        check(&[&frame[..], &[0; 600]].concat(), 3, &[]);
        check(
            &[&frame[..], b"garbage"].concat(),
            3,
            &[RejectReason::CorruptCompression],
        );
    }

    #[test]
    fn a_cut_off_stream_gives_what_came_before() {
        let text = records(20_000);
        let frame = pack(text.as_bytes());
        for end in [4, 5, 9, 100, frame.len() / 2, frame.len() - 1] {
            let (keeper, counters) = scan(&frame[..end]);
            assert_eq!(keeper.reasons(), [RejectReason::Truncated], "cut at {end}");
            check(&frame[..end], counters.records, &[RejectReason::Truncated]);
        }
    }

    #[test]
    fn damage_is_one_reject_after_what_came_before() {
        let mut frame = pack(records(20_000).as_bytes());
        let at = frame.len() / 2;
        frame[at..at + 64].fill(0xff);
        let (_, counters) = scan(&frame);
        assert!(counters.records > 0);
        check(&frame, counters.records, &[RejectReason::CorruptCompression]);
    }

    #[test]
    fn a_bomb_is_one_reject() {
        let bomb = pack(&vec![b' '; 40 << 20]);
        assert_eq!(
            scan_with(Limits::default(), &bomb),
            [RejectReason::DecompressionCap]
        );
    }
}

#[cfg(not(feature = "gzip"))]
#[test]
fn gzip_that_cannot_be_read_is_one_reject() {
    check(b"\x1f\x8b\x08\0rest", 0, &[RejectReason::UnsupportedEncoding]);
}

#[cfg(not(feature = "zstd"))]
#[test]
fn zstd_that_cannot_be_read_is_one_reject() {
    check(b"\x28\xb5\x2f\xfdrest", 0, &[RejectReason::UnsupportedEncoding]);
}
