//! What the grouping makes of the real recordings, as golden fingerprints: whoever changes it sees it here.
//!
//! The *result* is which event is in which cluster; the *structure* is what each cluster is: its key, the template that
//! covers its members, how many fine templates and how many events. Neither depends on how the records are split into
//! files, in which order they come or how often. Refresh the file of fingerprints with `INSTA_UPDATE=always`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Visitor};
use firstsight_engine::{FineTemplate, Signature, family};
use firstsight_tests::{gzip, real_data, run};
use sha2::{Digest as _, Sha256};

/// An error event as the scanner yields it.
struct Seen {
    raw: String,
    id: String,
    signature: Signature,
}

#[derive(Default)]
struct Collect(Vec<Seen>);

impl Visitor for Collect {
    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        let named = event.event_id.as_deref().filter(|id| !id.is_empty());
        self.0.push(Seen {
            raw: event.raw.to_owned(),
            id: named.map_or_else(|| event.id().to_string(), str::to_owned),
            signature: Signature::new(event, FineTemplate::of(event).identity),
        });
    }

    fn reject(&mut self, _: &Reject) {}
}

/// All error events under a folder, in the order of paths.
fn events(folder: &Path) -> Vec<Seen> {
    let mut seen = Collect::default();
    let mut paths = vec![folder.to_owned()];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            #[allow(
                clippy::disallowed_methods,
                reason = "the list is sorted by pushing it in order"
            )]
            let inside = std::fs::read_dir(&path)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            let sorted: BTreeSet<_> = inside.collect();
            paths.extend(sorted.into_iter().rev());
        } else if path.extension().is_some_and(|kind| kind != "tsv" && kind != "md") {
            let mut scanner = Scanner::new(ScanOptions::new("2030-01-01T00:00:00Z".parse().unwrap()));
            scanner.feed(&std::fs::read(&path).unwrap(), &mut seen);
            let _ = scanner.finish(&mut seen);
        }
    }
    seen.0
}

/// Writes the same events as other files: in the other order, dealt out to several, and in halves that overlap.
fn arrange(events: &[Seen], folder: &Path) -> [std::path::PathBuf; 3] {
    let write = |name: &str, part: &mut dyn Iterator<Item = &Seen>| {
        let lines: Vec<&str> = part.map(|event| event.raw.as_str()).collect();
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, gzip(lines.join("\n").as_bytes())).unwrap();
    };
    write("reversed/all.json.gz", &mut events.iter().rev());
    for hand in 0..7 {
        write(
            &format!("dealt/{hand}.json.gz"),
            &mut events.iter().skip(hand).step_by(7),
        );
    }
    let (third, rest) = (events.len() / 3, events.len() * 2 / 3);
    write("overlapping/b.json.gz", &mut events[..rest].iter());
    write("overlapping/a.json.gz", &mut events[third..].iter());
    ["reversed", "dealt", "overlapping"].map(|name| folder.join(name))
}

/// The cluster of each event, as `label` tells it.
fn labelled(source: &Path, options: &[&str]) -> BTreeMap<String, String> {
    let source = source.display().to_string();
    let ran = run(["--quiet", "label"]
        .iter()
        .chain(options)
        .chain([&source.as_str()]));
    let table = ran.expect(0).out;
    let pair = |line: &str| {
        line.split_once('\t')
            .map(|(id, cluster)| (id.to_owned(), cluster.to_owned()))
    };
    table.lines().map(|line| pair(line).unwrap()).collect()
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// One line a cluster: key, covering template, members, events.
fn structure(events: &[Seen], clusters: &BTreeMap<String, String>) -> Vec<String> {
    let mut of: BTreeMap<&str, (BTreeSet<&Signature>, BTreeSet<&str>)> = BTreeMap::new();
    for event in events {
        let (members, ids) = of.entry(&clusters[&event.id]).or_default();
        members.insert(&event.signature);
        ids.insert(&event.id);
    }
    let line = |(members, ids): &(BTreeSet<&Signature>, BTreeSet<&str>)| {
        let templates: Vec<&str> = members
            .iter()
            .map(|signature| signature.template.as_str())
            .collect();
        let first = members.first().unwrap();
        let key = [
            &first.account,
            &first.event_source,
            &first.event_name,
            &first.error_code,
        ]
        .map(String::as_str);
        let general = family::generalise(&templates);
        format!("{}\t{general}\t{}\t{}", key.join("\t"), members.len(), ids.len())
    };
    let mut lines: Vec<String> = of.values().map(line).collect();
    lines.sort();
    lines
}

/// The counts, which people can compare, and the fingerprints.
fn fingerprint(events: &[Seen], clusters: &BTreeMap<String, String>) -> String {
    let result: String = clusters
        .iter()
        .map(|(id, cluster)| format!("{id}\t{cluster}\n"))
        .collect();
    let structure = structure(events, clusters);
    let templates: BTreeSet<&Signature> = events.iter().map(|event| &event.signature).collect();
    format!(
        "{} events, {} templates, {} clusters\n  result    {}\n  structure {}\n",
        clusters.len(),
        templates.len(),
        structure.len(),
        sha256(&result),
        sha256(&structure.join("\n")),
    )
}

/// The fingerprints of one recording, judged at once and hour by hour, held against other arrangements of it.
fn fingerprints(name: &str) -> Option<String> {
    let folder = real_data()?.join(name);
    let events = events(&folder);
    let temporary = tempfile::tempdir().unwrap();
    let arrangements = arrange(&events, temporary.path());
    let mut shown = String::new();
    // Weeks of hours take an unoptimised build long: of a large recording the hardest arrangement is judged by hours.
    let by_hours = if events.len() > 1000 {
        &arrangements[2..]
    } else {
        &arrangements
    };
    for (way, options, others) in [
        ("at once", &[][..], &arrangements[..]),
        ("hour by hour", &["--online"], by_hours),
    ] {
        let told = fingerprint(&events, &labelled(&folder, options));
        for arranged in others {
            let other = fingerprint(&events, &labelled(arranged, options));
            assert_eq!(other, told, "{name} {way}, {}", arranged.display());
        }
        let _ = write!(shown, "{way}: {told}");
    }
    Some(shown)
}

macro_rules! golden {
    ($($test:ident: $folder:literal,)*) => {$(
        #[test]
        fn $test() {
            if let Some(shown) = fingerprints($folder) {
                insta::assert_snapshot!(shown);
            }
        }
    )*};
}

golden! {
    an_attacked_account: "invictus-ir",
    detonation_logs: "stratus-red-team",
    weird_shapes: "weird-shapes",
    made_errors_of_many_services: "grouping",
}
