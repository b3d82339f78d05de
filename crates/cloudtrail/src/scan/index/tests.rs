use proptest::prelude::*;

use super::*;

/// What the index has to tell, a byte at a time.
#[derive(Debug, Default, PartialEq)]
struct Told {
    quotes: Vec<usize>,
    brackets: Vec<usize>,
    escapes: Vec<usize>,
    fault: Option<usize>,
}

fn byte_by_byte(text: &[u8]) -> Told {
    let mut told = Told::default();
    let (mut inside, mut escaped, mut closed) = (false, false, false);
    for (at, byte) in text.iter().enumerate() {
        let behind = b" \t\r\n,:]}".contains(byte);
        if closed && !behind || *byte == b'\\' && !inside {
            told.fault = Some(at);
            return told;
        }
        closed = false;
        if *byte == b'\\' {
            told.escapes.push(at);
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                told.quotes.push(at);
                closed = inside;
                inside = !inside;
            }
            b'{' | b'}' | b'[' | b']' if !inside => told.brackets.push(at),
            _ => {}
        }
    }
    told
}

/// The same from an outline, up to its first fault.
fn told(outline: &Outline) -> Told {
    let places = |marks: &[u64]| {
        let all = marks.iter().enumerate().flat_map(|(block, bits)| {
            (0..BLOCK)
                .filter(move |bit| bits >> bit & 1 == 1)
                .map(move |bit| block * BLOCK + bit)
        });
        all.take_while(|place| *place < outline.fault).collect()
    };
    Told {
        quotes: places(&outline.quotes),
        brackets: places(&outline.brackets),
        escapes: places(&outline.escapes),
        fault: (outline.fault != usize::MAX).then_some(outline.fault),
    }
}

fn outlines(text: &[u8]) -> Vec<Outline> {
    let mut each = vec![Outline::default(), Outline::default()];
    portable::fill(text, &mut each[0]);
    fill(text, &mut each[1]);
    each
}

/// Bytes as they stand in JSON and as they stand in nothing, long enough for edges between blocks.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => prop::sample::select(b"{}[]\",:\\ a\n\t\r".to_vec()),
        1 => any::<u8>(),
    ];
    let plain = prop::collection::vec(byte, 0..400);
    let strings = prop::collection::vec(r#""([a-z{}\[\],: ]|\\["\\n]){0,90}"[,:\]} ]"#, 0..12);
    prop_oneof![plain, strings.prop_map(|all| all.concat().into_bytes())]
}

proptest! {
    #[test]
    fn blocks_tell_what_bytes_tell(text in text()) {
        for outline in outlines(&text) {
            prop_assert_eq!(told(&outline), byte_by_byte(&text));
        }
    }

    #[test]
    fn escapes_are_found_in_ranges(text in text(), from: prop::sample::Index, to: prop::sample::Index) {
        let (a, b) = (from.index(text.len() + 1), to.index(text.len() + 1));
        let (from, to) = (a.min(b), a.max(b));
        let mut index = Index::default();
        index.build(&text);
        prop_assert_eq!(index.has_escape(from, to), text[from..to].contains(&b'\\'));
    }

    #[test]
    fn a_cursor_steps_from_mark_to_mark(text in text(), from: prop::sample::Index) {
        let from = from.index(text.len() + 1);
        let mut index = Index::default();
        index.build(&text);
        let all = told(&index.outline);
        let end = index.fault().min(text.len());
        let mut both: Vec<usize> = all.quotes.iter().chain(&all.brackets).copied().filter(|at| *at >= from).collect();
        both.sort_unstable();
        let mut cursor = index.cursor(from);
        let stepped: Vec<usize> = std::iter::from_fn(|| cursor.next()).take_while(|at| *at < end).collect();
        prop_assert_eq!(stepped, both);
        let mut cursor = index.cursor(from);
        let stepped: Vec<usize> = std::iter::from_fn(|| cursor.next_bracket()).take_while(|at| *at < end).collect();
        let brackets: Vec<usize> = all.brackets.iter().copied().filter(|at| *at >= from).collect();
        prop_assert_eq!(stepped, brackets);
    }
}

#[test]
fn every_byte_is_of_the_same_kind_everywhere() {
    // A quote before each, so that what may stand behind a string shows too.
    for byte in 0..=u8::MAX {
        let text = [b'"', b'"', byte, b' ', byte];
        for outline in outlines(&text) {
            assert_eq!(told(&outline), byte_by_byte(&text), "byte {byte}");
        }
    }
}

#[test]
fn only_what_is_within_reach_is_indexed() {
    let mut index = Index::default();
    index.build(&vec![b'['; REACH + 10]);
    assert_eq!(index.len(), REACH);
    index.build(b"{}");
    assert_eq!((index.len(), index.cursor(0).next_bracket()), (2, Some(0)));
}
