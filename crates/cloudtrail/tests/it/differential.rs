//! Any document, in any container, encoding and chunking, against a reading through `serde_json::Value`.

use crate::common::{Reference, Told, items, options, scan, scan_in};
use firstsight_cloudtrail::{Limits, RejectReason, ScanOptions};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// JSON with an order, duplicates and a spelling of its own.
#[derive(Clone, Debug)]
enum Json {
    Raw(&'static str),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How a document is spelled: whitespace and escapes, drawn from a seed.
struct Speller {
    seed: u64,
    pretty: bool,
    out: String,
}

impl Speller {
    fn spell(value: &Json, seed: u64, pretty: bool) -> String {
        let mut speller = Self {
            seed,
            pretty,
            out: String::new(),
        };
        speller.value(value);
        speller.out
    }

    fn draw(&mut self, n: u64) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) % n
    }

    fn space(&mut self) {
        if self.pretty {
            let space = ["", " ", "\n  ", "\r\n\t"][self.draw(4) as usize];
            self.out.push_str(space);
        }
    }

    fn text(&mut self, text: &str) {
        if self.draw(8) > 0 {
            self.out.push_str(&serde_json::to_string(text).unwrap());
            return;
        }
        self.out.push('"');
        for unit in text.encode_utf16() {
            self.out.push_str(&format!("\\u{unit:04X}"));
        }
        self.out.push('"');
    }

    fn value(&mut self, value: &Json) {
        match value {
            Json::Raw(raw) => self.out.push_str(raw),
            Json::Text(text) => self.text(text),
            Json::Array(elements) => self.list('[', ']', elements, Self::value),
            Json::Object(members) => self.list('{', '}', members, |speller, (key, value)| {
                speller.text(key);
                speller.space();
                speller.out.push(':');
                speller.space();
                speller.value(value);
            }),
        }
    }

    fn list<T>(&mut self, open: char, close: char, parts: &[T], each: impl Fn(&mut Self, &T)) {
        self.out.push(open);
        self.space();
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
                self.space();
            }
            each(self, part);
            self.space();
        }
        self.out.push(close);
    }
}

fn scalar() -> impl Strategy<Value = Json> {
    prop_oneof![
        select(vec![
            "null",
            "true",
            "false",
            "0",
            "-1.5e3",
            "123456789012",
            "18446744073709551616"
        ])
        .prop_map(Json::Raw),
        "[a-zA-Z0-9 {}\\[\\]\",:\\\\\n\té😀/-]{0,24}".prop_map(Json::Text),
        Just(Json::Text(String::new())),
    ]
}

fn any_value() -> impl Strategy<Value = Json> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::vec(("[a-zA-Z\"\\\\]{0,6}", inner), 0..4).prop_map(Json::Object),
        ]
    })
}

fn one_of(texts: &[&'static str]) -> impl Strategy<Value = Json> + use<> {
    select(texts.to_vec()).prop_map(|text| Json::Text(text.to_owned()))
}

fn object(members: impl Strategy<Value = Vec<(&'static str, Json)>>) -> impl Strategy<Value = Json> {
    members.prop_map(|members| {
        Json::Object(
            members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    })
}

fn identity() -> impl Strategy<Value = Json> {
    let issuer = object(prop::collection::vec(
        (select(vec!["type", "arn", "userName", "principalId"]), scalar()),
        0..4,
    ));
    let session = object(prop::collection::vec(
        (select(vec!["sessionIssuer", "attributes"]), issuer),
        0..3,
    ));
    let texts = (
        select(vec![
            "type",
            "principalId",
            "arn",
            "accountId",
            "accessKeyId",
            "userName",
            "invokedBy",
            "identityProvider",
        ]),
        scalar(),
    );
    object(prop_oneof![
        4 => prop::collection::vec(texts, 0..6),
        1 => session.prop_map(|session| vec![("sessionContext", session)]),
        1 => Just(vec![
            ("type", Json::Text("IAMUser".to_owned())),
            ("accountId", Json::Text("111122223333".to_owned())),
            ("accessKeyId", Json::Text("AKIAIOSFODNN7EXAMPLE".to_owned())),
        ]),
    ])
}

fn member() -> impl Strategy<Value = (&'static str, Json)> {
    let texts = select(vec![
        "eventID",
        "eventSource",
        "eventName",
        "eventType",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "errorCode",
        "errorMessage",
        "recipientAccountId",
        "readOnly",
    ]);
    let results = select(vec!["ConsoleLogin", "CheckMfa", "SwitchRole", "error"]);
    let response = object(prop::collection::vec(
        (results, one_of(&["Failure", "Success"])),
        0..3,
    ));
    prop_oneof![
        4 => (texts, scalar()),
        1 => any_value().prop_map(|value| ("requestParameters", value)),
        1 => any_value().prop_map(|value| ("responseElements", value)),
        1 => response.prop_map(|value| ("responseElements", value)),
        1 => any_value().prop_map(|value| ("resources", value)),
        1 => any_value().prop_map(|value| ("userIdentity", value)),
        2 => identity().prop_map(|value| ("userIdentity", value)),
        1 => one_of(&["AccessDenied", "200", ""]).prop_map(|value| ("errorCode", value)),
        1 => one_of(&["AwsApiCall", "AwsCloudTrailInsight"]).prop_map(|value| ("eventType", value)),
        1 => scalar().prop_map(|value| ("eventTime", value)),
        1 => any_value().prop_map(|value| ("Records", value)),
    ]
}

const TIMES: [&str; 4] = [
    "2026-03-01T11:00:00Z",
    "2026-02-28T23:59:59.999Z",
    "2026-03-01T12:14:59+00:00",
    "2099-01-01T00:00:00Z",
];

fn record() -> impl Strategy<Value = Json> {
    let time = prop_oneof![9 => one_of(&TIMES[..3]), 1 => one_of(&TIMES)];
    let members = (time, prop::collection::vec(member(), 0..12)).prop_map(|(time, mut members)| {
        // A container is told by what stands before its array, so a record with such a member tells what it is first.
        let odd = members.iter().position(|(key, _)| *key == "Records");
        members.insert(odd.unwrap_or(members.len() / 2), ("eventTime", time));
        members
    });
    object(members)
}

/// What stands where records should, now and then.
fn item() -> impl Strategy<Value = Json> {
    prop_oneof![
        12 => record(),
        1 => any_value(),
        1 => Just(Json::Object(vec![("digestStartTime".to_owned(), Json::Raw("null"))])),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Container {
    Records,
    Array,
    Lines,
    Messages,
    Strings,
    Filtered,
    Subscription,
    EventBridge,
    Lookup,
    LookupLines,
}

const ALL: [Container; 10] = [
    Container::Records,
    Container::Array,
    Container::Lines,
    Container::Messages,
    Container::Strings,
    Container::Filtered,
    Container::Subscription,
    Container::EventBridge,
    Container::Lookup,
    Container::LookupLines,
];

fn wrap(key: &str, value: Json) -> Json {
    Json::Object(vec![
        ("id".to_owned(), Json::Text("36854".to_owned())),
        (key.to_owned(), value),
        ("timestamp".to_owned(), Json::Raw("1440442987000")),
    ])
}

fn held(item: &Json, seed: u64) -> Json {
    Json::Text(Speller::spell(item, seed, seed.is_multiple_of(2)))
}

impl Container {
    /// The text of a document that holds the items.
    fn document(self, items: &[Json], seed: u64, pretty: bool) -> String {
        let held = |key: &'static str| items.iter().map(move |item| wrap(key, held(item, seed)));
        let envelope = |key: &str, elements: Vec<Json>| {
            let members = [
                ("messageType", Json::Text("DATA_MESSAGE".to_owned())),
                (key, Json::Array(elements)),
            ];
            let end = ("next", Json::Object(vec![("a".to_owned(), Json::Raw("[[1]]"))]));
            Json::Object(
                members
                    .into_iter()
                    .chain([end])
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect(),
            )
        };
        let values = match self {
            Self::Records => vec![Json::Object(vec![(
                "Records".to_owned(),
                Json::Array(items.to_vec()),
            )])],
            Self::Array => vec![Json::Array(items.to_vec())],
            Self::Lines => items.to_vec(),
            Self::Messages => held("message").collect(),
            Self::Strings => vec![Json::Array(
                items.iter().map(|item| self::held(item, seed)).collect(),
            )],
            Self::Filtered => vec![envelope("events", held("message").collect())],
            Self::Subscription => vec![envelope("logEvents", held("message").collect())],
            Self::EventBridge => items.iter().map(|item| wrap("detail", item.clone())).collect(),
            Self::Lookup => vec![envelope("Events", held("CloudTrailEvent").collect())],
            Self::LookupLines => held("CloudTrailEvent").collect(),
        };
        let spelled = values.iter().map(|value| Speller::spell(value, seed, pretty));
        spelled
            .collect::<Vec<_>>()
            .join(["\n", "\r\n", " ", "\n\n"][seed as usize % 4])
    }
}

fn document() -> impl Strategy<Value = String> {
    let parts = (
        prop::collection::vec(item(), 0..6),
        select(ALL.to_vec()),
        any::<u64>(),
        any::<bool>(),
    );
    parts.prop_map(|(items, container, seed, pretty)| container.document(&items, seed, pretty))
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        select(vec![1, 2, 3, 7, 64, 4095, 4096, 4097, usize::MAX]).prop_map(|size| vec![size]),
        prop::collection::vec(1..600_usize, 1..8),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Packing {
    Plain,
    Bom,
    #[cfg(feature = "gzip")]
    Gzip,
    #[cfg(feature = "gzip")]
    GzipMembers,
    #[cfg(feature = "zstd")]
    Zstd,
    #[cfg(feature = "zstd")]
    ZstdFrames,
}

const PACKINGS: &[Packing] = &[
    Packing::Plain,
    Packing::Bom,
    #[cfg(feature = "gzip")]
    Packing::Gzip,
    #[cfg(feature = "gzip")]
    Packing::GzipMembers,
    #[cfg(feature = "zstd")]
    Packing::Zstd,
    #[cfg(feature = "zstd")]
    Packing::ZstdFrames,
];

#[cfg(feature = "gzip")]
fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::GzBuilder::new()
        .filename("a.json")
        .comment("c")
        .extra(vec![0; 5]);
    if bytes.len().is_multiple_of(2) {
        encoder = flate2::GzBuilder::new();
    }
    let mut encoder = encoder.write(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[cfg(feature = "zstd")]
fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).unwrap()
}

impl Packing {
    fn pack(self, text: &str) -> Vec<u8> {
        let bytes = text.as_bytes();
        #[cfg(any(feature = "gzip", feature = "zstd"))]
        let (first, second) = bytes.split_at(bytes.len() / 2);
        match self {
            Self::Plain => bytes.to_vec(),
            Self::Bom => [b"\xef\xbb\xbf", bytes].concat(),
            #[cfg(feature = "gzip")]
            Self::Gzip => [gzip(bytes), vec![0; 3]].concat(),
            #[cfg(feature = "gzip")]
            Self::GzipMembers => [gzip(first), gzip(b""), gzip(second)].concat(),
            #[cfg(feature = "zstd")]
            Self::Zstd => zstd(bytes),
            #[cfg(feature = "zstd")]
            Self::ZstdFrames => [zstd(first), zstd(second), vec![0; 3]].concat(),
        }
    }
}

/// Bytes that fail readably.
#[derive(Clone)]
struct Bytes(Vec<u8>);

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        String::from_utf8_lossy(&self.0).fmt(f)
    }
}

/// A document with a byte changed, left out or put in: rarely well-formed.
fn damaged() -> impl Strategy<Value = Bytes> {
    let byte = prop_oneof![select(b"{}[]\",:\\\n1a".to_vec()), any::<u8>()];
    (document(), any::<prop::sample::Index>(), 0..3, byte).prop_map(|(text, place, change, byte)| {
        let mut bytes = text.into_bytes();
        if !bytes.is_empty() {
            let at = place.index(bytes.len());
            match change {
                0 => bytes[at] = byte,
                1 => _ = bytes.remove(at),
                _ => bytes.insert(at, byte),
            }
        }
        Bytes(bytes)
    })
}

/// A string that is cut off *and* bad before its end may be called either.
fn one_fault(told: &[Told]) -> Vec<Told> {
    let called = |told: &Told| match told {
        Told::Reject(RejectReason::Truncated) => Told::Reject(RejectReason::InvalidJson),
        told => told.clone(),
    };
    told.iter().map(called).collect()
}

fn small(max_record: usize) -> ScanOptions {
    let limits = Limits {
        max_record,
        ..Limits::default()
    };
    ScanOptions { limits, ..options() }
}

/// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
fn cases(usual: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = u64::from(usual) * u64::from(asked.cases) / 256;
    ProptestConfig {
        cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..asked
    }
}

proptest! {
    #![proptest_config(cases(1200))]

    #[test]
    fn a_scan_tells_what_serde_json_reads(text in document(), packing in select(PACKINGS), sizes in sizes()) {
        let reference = Reference::of_text(&text);
        let (keeper, counters) = scan_in(options(), &packing.pack(&text), &sizes);
        prop_assert_eq!(one_fault(&keeper.told), one_fault(&reference.told));
        prop_assert_eq!(counters.insights, reference.insights);
        prop_assert_eq!(counters.digests, reference.digests);
        prop_assert_eq!(counters.control_messages, reference.control_messages);
        prop_assert_eq!(items(&counters), reference.items());
        let count = |wanted: fn(&Told) -> bool| reference.told.iter().filter(|told| wanted(told)).count() as u64;
        prop_assert_eq!(counters.records, count(|told| matches!(told, Told::Record { .. })));
        prop_assert_eq!(counters.error_events, count(|told| matches!(told, Told::Error(_))));
        prop_assert_eq!(counters.key_uses, count(|told| matches!(told, Told::Key { .. })));
    }

    #[test]
    fn cuts_change_nothing_not_even_for_damaged_input(
        bytes in damaged(),
        sizes in sizes(),
        max_record in select(vec![16, 100, 1000, 1 << 20]),
    ) {
        let (whole, counted) = scan_in(small(max_record), &bytes.0, &[usize::MAX]);
        let (cut, counted_cut) = scan_in(small(max_record), &bytes.0, &sizes);
        prop_assert_eq!(whole.told, cut.told);
        prop_assert_eq!(whole.rejects, cut.rejects);
        prop_assert_eq!(counted, counted_cut);
    }

    #[test]
    fn a_cut_off_document_gives_its_complete_records_and_a_reject(text in document(), place: prop::sample::Index) {
        let cut = (0..=place.index(text.len() + 1)).rev().find(|&cut| text.is_char_boundary(cut)).unwrap();
        let (head, _) = text.split_at(cut);
        let (whole, _) = scan(text.as_bytes());
        let (part, counters) = scan(head.as_bytes());
        prop_assert!(whole.read().starts_with(&part.read()), "nothing else is read");
        let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(head).into_iter().collect();
        let expected = match values {
            Ok(_) => 0,
            Err(_) => 1,
        };
        let bare = head.ends_with(|last: char| last.is_ascii_alphanumeric());
        let truncated = counters.rejects.get(&RejectReason::Truncated).copied().unwrap_or_default()
            + counters.rejects.get(&RejectReason::InvalidJson).copied().unwrap_or_default();
        let before = scan(text.as_bytes()).0.reasons();
        let before = before.iter().filter(|reason| matches!(reason, RejectReason::Truncated | RejectReason::InvalidJson));
        prop_assert!(truncated <= expected + before.count() as u64, "{:?}", part.rejects);
        prop_assert!(truncated >= expected || bare, "{:?}", part.rejects);
    }

    #[test]
    fn any_bytes_end_in_counters(bytes in prop::collection::vec(any::<u8>(), 0..400), start in select(vec![
        &b""[..], b"{", b"[", b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"\x28\xb5\x2f\xfd", b"{\"Records\":[", b"[{", b"\xef\xbb",
    ])) {
        let bytes = [start, &bytes].concat();
        let (keeper, counters) = scan(&bytes);
        prop_assert_eq!(keeper.rejects.len() as u64, counters.rejected());
        prop_assert_eq!(counters.bytes_in, bytes.len() as u64);
        let (cut, _) = scan_in(options(), &bytes, &[1]);
        prop_assert_eq!(keeper.rejects, cut.rejects);
    }
}
