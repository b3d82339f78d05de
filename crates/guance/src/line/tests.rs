use std::collections::BTreeMap;

use influxdb_line_protocol::{FieldValue, parse_lines};
use proptest::prelude::*;

use super::*;

const TIME: i64 = 1_700_003_600_000_000_000;

fn point(tags: &[(&str, &str)], fields: &[(&str, Value)]) -> Point {
    Point {
        measurement: "custom".to_owned(),
        tags: tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        fields: fields
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()))
            .collect(),
        time: TIME,
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The one line of one point.
fn line(point: &Point) -> String {
    let encoded = encode(std::slice::from_ref(point));
    let [batch] = &encoded.batches[..] else {
        panic!("one batch: {encoded:?}")
    };
    assert_eq!(batch.places.len(), 1);
    batch.body.clone()
}

/// What another parser reads.
fn read_back(body: &str) -> Vec<Point> {
    parse_lines(body).map(|line| point_of(&line.unwrap())).collect()
}

fn point_of(line: &influxdb_line_protocol::ParsedLine<'_>) -> Point {
    let tags = line.series.tag_set.iter().flatten();
    let fields = line.field_set.iter().map(|(key, value)| {
        let value = match value {
            FieldValue::I64(number) => Value::Integer(*number),
            FieldValue::F64(number) => Value::Float(*number),
            FieldValue::String(text) => Value::Text(text.to_string()),
            FieldValue::Boolean(is) => Value::Boolean(*is),
            FieldValue::U64(number) => panic!("{number}u"),
        };
        (key.to_string(), value)
    });
    Point {
        measurement: line.series.measurement.to_string(),
        tags: tags
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect(),
        fields: fields.collect(),
        time: line.timestamp.unwrap(),
    }
}

#[test]
fn a_point_is_written_as_documented() {
    let event = point(
        &[
            ("df_event_id", "event-0123"),
            ("df_status", "error"),
            ("empty", ""),
        ],
        &[
            ("df_title", text("2 new \"AccessDenied\"")),
            (
                "df_dimension_tags",
                text(r#"{"account":"111122223333","path":"a\\b"}"#),
            ),
            ("df_date_range", Value::Integer(3600)),
            ("score", Value::Float(3.0)),
            ("share", Value::Float(-0.25)),
            ("late", Value::Boolean(false)),
        ],
    );
    let expected = concat!(
        r#"custom,df_event_id=event-0123,df_status=error df_date_range=3600i,"#,
        r#"df_dimension_tags="{\"account\":\"111122223333\",\"path\":\"a\\\\b\"}","#,
        r#"df_title="2 new \"AccessDenied\"",late=false,score=3,share=-0.25 1700003600000000000"#,
        "\n"
    );
    assert_eq!(line(&event), expected);
    assert_eq!(encode(&[event]).changed, 0);
}

#[test]
fn separators_are_escaped_and_what_parsers_read_in_two_ways_goes() {
    let hostile = Point {
        measurement: "# a,b=c d".to_owned(),
        ..point(
            &[
                ("k,e=y .x", "v,a=l ue"),
                ("line", "one\ntwo\tthree\0"),
                ("path", r"C:\Program Files\"),
                ("slashes", r"a\\b\,c\ d\=e"),
                ("中文", "没有权限"),
            ],
            &[("m,e=s s.age", text("one\ntwo \\ \"three\" \t"))],
        )
    };
    let expected = concat!(
        r"_\ a\,b=c\ d,k\,e\=y\ _x=v\,a\=l\ ue,line=one\ two\ three\ ,path=C:\Program\ Files,",
        r"slashes=a\b\,c\ d\=e,中文=没有权限 m\,e\=s\ s_age=",
        "\"one\ntwo \\\\ \\\"three\\\" \t\" 1700003600000000000\n"
    );
    assert_eq!(line(&hostile), expected);
    let back = read_back(&line(&hostile));
    assert_eq!(back.len(), 1);
    assert_eq!(back[0].measurement, "_ a,b=c d");
    assert_eq!(back[0].tags["slashes"], r"a\b,c d=e");
    assert_eq!(back[0].tags["path"], r"C:\Program Files");
}

#[test]
fn an_empty_measurement_has_a_name() {
    for empty in ["", " ", "\\", "\n"] {
        let nameless = Point {
            measurement: empty.to_owned(),
            ..point(&[], &[("a", Value::Integer(1))])
        };
        assert_eq!(line(&nameless), format!("__default a=1i {TIME}\n"), "{empty:?}");
    }
}

#[test]
fn a_field_wins_over_a_tag_and_the_first_over_the_second() {
    let twice = point(
        &[
            ("a", "tag"),
            ("b.c", "first"),
            ("b_c", "second"),
            ("", "nameless"),
        ],
        &[
            ("a", Value::Integer(1)),
            ("d.e", Value::Integer(2)),
            ("d_e", Value::Integer(3)),
        ],
    );
    let encoded = encode(std::slice::from_ref(&twice));
    assert_eq!(
        encoded.batches[0].body,
        format!("custom,b_c=first a=1i,d_e=2i {TIME}\n")
    );
    assert_eq!(encoded.changed, 4);
}

#[test]
fn a_point_without_fields_is_named_and_poisons_nothing() {
    let good = point(&[], &[("a", Value::Integer(1)), ("not", Value::Float(f64::NAN))]);
    let bad = point(&[("a", "b")], &[("x", Value::Float(f64::INFINITY))]);
    let encoded = encode(&[bad.clone(), good.clone(), bad, good]);
    assert_eq!(encoded.dropped, [0, 2]);
    assert_eq!(encoded.batches[0].places, [1, 3]);
    assert_eq!(encoded.batches[0].body, format!("custom a=1i {TIME}\n").repeat(2));
    assert_eq!(
        encoded.changed, 2,
        "a field of each good one; what is dropped is told apart"
    );
}

#[test]
fn what_is_past_a_limit_is_cut_on_a_character_boundary() {
    let long = "字".repeat(1000);
    let cut = Point {
        measurement: long.clone(),
        ..point(
            &[(&long, &long)],
            &[(&long, Value::Integer(1)), ("b", Value::Integer(2))],
        )
    };
    let encoded = encode(&[cut]);
    let back = read_back(&encoded.batches[0].body);
    assert_eq!(back[0].measurement, "字".repeat(341));
    // Both keys are cut to the same 85 characters, and the field wins.
    assert!(back[0].tags.is_empty());
    assert_eq!(back[0].fields["字".repeat(85).as_str()], Value::Integer(1));
    assert_eq!(
        encoded.changed, 5,
        "measurement, both keys, the value of the tag, the tag"
    );
    let tag = point(
        &[("a", &format!("{}\\b", "x".repeat(1023)))],
        &[("b", Value::Integer(2))],
    );
    assert_eq!(
        read_back(&line(&tag))[0].tags["a"],
        "x".repeat(1023),
        "no backslash at the end"
    );
}

#[test]
fn so_many_tags_and_fields_and_no_more() {
    let names: Vec<String> = (0..1100).map(|at| format!("n{at:04}")).collect();
    let many = Point {
        tags: names
            .iter()
            .take(300)
            .map(|name| (format!("t{name}"), "x".to_owned()))
            .collect(),
        fields: names
            .iter()
            .map(|name| (name.clone(), Value::Integer(1)))
            .collect(),
        ..point(&[], &[])
    };
    let encoded = encode(&[many]);
    let back = read_back(&encoded.batches[0].body);
    assert_eq!((back[0].tags.len(), back[0].fields.len()), (256, 1024));
    assert_eq!(encoded.changed, 44 + 76);
}

/// Found by reading the parser: it counts the key of each field to the series, and refuses the whole body.
#[test]
fn measurement_tags_and_a_field_stay_within_what_a_parser_takes_as_a_key() {
    let spaces = "a ".repeat(512);
    let mut tags: BTreeMap<String, String> =
        (0..100).map(|at| (format!("{at:03}"), spaces.clone())).collect();
    tags.insert("zz".to_owned(), "short".to_owned());
    let fields = BTreeMap::from([(" ".repeat(256), Value::Integer(1))]);
    let encoded = encode(&[Point {
        tags,
        fields,
        ..point(&[], &[])
    }]);
    let body = &encoded.batches[0].body;
    go_takes(body);
    let back = &read_back(body)[0];
    assert_eq!(back.tags["zz"], "short", "what still fits stays");
    assert_eq!(back.tags.len(), 43);
    assert_eq!(encoded.changed, 58);
}

/// Found by reading the parser: it refuses the ends of the range, and with them the whole body.
#[test]
fn a_time_that_no_parser_takes_is_the_nearest_that_one_does() {
    for (time, written) in [
        (i64::MIN, i64::MIN + 2),
        (i64::MAX, i64::MAX - 1),
        (0, 0),
        (TIME, TIME),
    ] {
        let timed = Point {
            time,
            ..point(&[], &[("a", Value::Integer(1))])
        };
        assert_eq!(line(&timed), format!("custom a=1i {written}\n"));
    }
}

#[test]
fn the_longest_texts_of_a_point_give_way() {
    let quotes = "\"".repeat(700_000);
    let large = point(
        &[],
        &[
            ("a", text(&quotes)),
            ("b", text("short")),
            ("c", text(&"字".repeat(200_000))),
        ],
    );
    let encoded = encode(&[large]);
    let [batch] = &encoded.batches[..] else {
        panic!("one batch")
    };
    assert!(
        (MAX_BYTES - 16..=MAX_BYTES).contains(&batch.body.len()),
        "{}",
        batch.body.len()
    );
    assert_eq!(encoded.changed, 2);
    let back = read_back(&batch.body);
    assert_eq!(back[0].fields["b"], text("short"));
    for (key, begins) in [("a", "\"\"\""), ("c", "字字字")] {
        let Value::Text(cut) = &back[0].fields[key] else {
            panic!("a text")
        };
        assert!(cut.starts_with(begins) && cut.ends_with('…'), "{key}");
    }
    let one = point(&[], &[("message", text(&"x".repeat(2_000_000)))]);
    let body = line(&one);
    assert!(body.contains(&format!("{}…\"", "x".repeat(MAX_TEXT - 3))));
}

#[test]
fn batches_hold_so_many_points_and_bytes() {
    let small = point(&[], &[("a", Value::Integer(1))]);
    let large = point(&[], &[("a", text(&"x".repeat(600_000)))]);
    let mut points = vec![small; 205];
    points.extend([large.clone(), large]);
    let encoded = encode(&points);
    let sizes: Vec<usize> = encoded.batches.iter().map(|batch| batch.places.len()).collect();
    assert_eq!(sizes, [100, 100, 6, 1]);
    for batch in &encoded.batches {
        assert!(batch.body.len() <= MAX_BYTES);
        assert_eq!(read_back(&batch.body).len(), batch.places.len());
    }
}

/// What is meant to arrive: written anew, in other words than the encoder's.
fn meant(point: &Point) -> Point {
    let outside_quotes = |text: &str, bytes: usize| {
        let mut text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        // Where one backslash went, the one before it stands before a separator.
        for separator in ["\\", ",", "=", " "] {
            while text.contains(&format!("\\{separator}")) {
                text = text.replace(&format!("\\{separator}"), separator);
            }
        }
        let mut cut: String = text.trim_end_matches('\\').to_owned();
        while cut.len() > bytes {
            cut.pop();
        }
        cut.trim_end_matches('\\').to_owned()
    };
    let key = |key: &str| outside_quotes(key, 256).replace('.', "_");
    let mut fields = BTreeMap::new();
    for (name, value) in &point.fields {
        let finite = !matches!(value, Value::Float(number) if !number.is_finite());
        if finite && !key(name).is_empty() {
            fields.entry(key(name)).or_insert_with(|| value.clone());
        }
    }
    let mut tags = BTreeMap::new();
    for (name, value) in &point.tags {
        let value = outside_quotes(value, 1024);
        if !value.is_empty() && !key(name).is_empty() && !fields.contains_key(&key(name)) {
            tags.entry(key(name)).or_insert(value);
        }
    }
    let measurement = outside_quotes(outside_quotes(&point.measurement, usize::MAX).trim(), 1024);
    let measurement = match measurement.strip_prefix('#') {
        Some(rest) => format!("_{rest}"),
        None if measurement.is_empty() => "__default".to_owned(),
        None => measurement,
    };
    Point {
        measurement,
        tags,
        fields,
        time: point.time.clamp(i64::MIN + 2, i64::MAX - 1),
    }
}

/// Texts of what means something in line protocol, among others.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => Just(' '), 4 => Just(','), 4 => Just('='), 6 => Just('\\'), 4 => Just('"'), 2 => Just('\n'),
        2 => Just('#'), 1 => Just('\t'), 1 => Just('\0'), 1 => Just('\r'), 1 => Just('.'), 2 => Just('字'), 6 => any::<char>(),
    ];
    let short = prop::collection::vec(piece.clone(), 0..12);
    let long = prop::collection::vec(piece, 0..500);
    prop_oneof![9 => short, 1 => long].prop_map(|chars| chars.into_iter().collect())
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => any_text().prop_map(Value::Text),
        1 => any::<i64>().prop_map(Value::Integer),
        1 => any::<f64>().prop_map(Value::Float),
        1 => any::<bool>().prop_map(Value::Boolean),
    ]
}

fn any_point() -> impl Strategy<Value = Point> {
    let tags = prop::collection::btree_map(any_text(), any_text(), 0..6);
    let fields = prop::collection::btree_map(any_text(), any_value(), 0..6);
    (any_text(), tags, fields, any::<i64>()).prop_map(|(measurement, tags, fields, time)| Point {
        measurement,
        tags,
        fields,
        time,
    })
}

/// Goes through a body as DataKit's parser splits it into lines and parts: the rules of `scanLine`, `scanKey` and
/// `scanFields` that another parser is laxer on.
fn go_takes(line: &str) {
    let bytes = line.as_bytes();
    let unescaped = |byte: u8, at: usize| bytes[at] == byte && (at == 0 || bytes[at - 1] != b'\\');
    let series = (0..bytes.len()).find(|at| unescaped(b' ', *at)).expect("fields");
    let parsed = parse_lines(line).next().unwrap().unwrap();
    for (key, _) in &parsed.field_set {
        let written = key
            .chars()
            .map(|c| c.len_utf8() + usize::from(" ,=".contains(c)))
            .sum::<usize>();
        assert!(series + 4 + written <= 65_535, "series {series}, field {written}");
    }
    assert_ne!(bytes[0], b'#');
    let key = &line[..series];
    let mut parts = vec![String::new()];
    for (at, c) in key.char_indices() {
        match c {
            ',' if unescaped(b',', at) => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    assert!(!parts[0].is_empty());
    for tag in &parts[1..] {
        let equals = |(at, c): &(usize, char)| *c == '=' && (*at == 0 || tag.as_bytes()[at - 1] != b'\\');
        let places: Vec<usize> = tag.char_indices().filter(equals).map(|(at, _)| at).collect();
        assert_eq!(places.len(), 1, "{tag:?}");
        assert!(places[0] > 0 && places[0] + 1 < tag.len(), "{tag:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_the_texts_another_parser_reads_what_was_meant(points in prop::collection::vec(any_point(), 1..5)) {
        let encoded = encode(&points);
        let mut expected: Vec<Point> = points.iter().map(meant).collect();
        let dropped: Vec<usize> = (0..expected.len()).filter(|at| expected[*at].fields.is_empty()).collect();
        prop_assert_eq!(&encoded.dropped, &dropped);
        expected.retain(|point| !point.fields.is_empty());
        let bodies = encoded.batches.iter().map(|batch| batch.body.as_str());
        let back: Vec<Point> = bodies.flat_map(read_back).collect();
        prop_assert_eq!(back, expected);
    }

    #[test]
    fn whatever_the_texts_the_parser_of_datakit_finds_its_parts(point in any_point()) {
        for batch in encode(std::slice::from_ref(&point)).batches {
            go_takes(&batch.body);
        }
    }
}
