//! What a scrape is answered, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use firstsight_daemon::Control as _;
use tower::ServiceExt as _;

use crate::fixture::Fixture;
use crate::testing::{app, gate, request, text};
use crate::{Limits, router};

/// A metric with its samples: their names, labels and values.
#[derive(Debug, Default)]
struct Metric {
    kind: String,
    help: String,
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

/// Reads a scrape by the rules of OpenMetrics 1.0: each metric in one piece, described first, samples named by its type, no
/// sample twice, `# EOF` at the end.
fn parsed(text: &str) -> BTreeMap<String, Metric> {
    let body = text.strip_suffix("# EOF\n").expect("an end");
    assert!(
        body.is_empty() || body.ends_with('\n'),
        "the last line does not end"
    );
    let (mut metrics, mut present, mut seen) =
        (BTreeMap::<String, Metric>::new(), String::new(), BTreeSet::new());
    for line in body.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').expect("a text");
            assert!(!metrics.contains_key(name), "{name} comes twice");
            present = name.to_owned();
            metrics.entry(present.clone()).or_default().help = help.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a type");
            assert_eq!(name, present);
            metrics.get_mut(name).expect("its help").kind = kind.to_owned();
        } else {
            assert!(
                seen.insert(line.rsplit_once(' ').expect("a value").0),
                "{line} comes twice"
            );
            let sample = sample(line);
            let metric = metrics.get_mut(&present).expect("a metric");
            assert!(
                belongs(&sample.0, &present, &metric.kind),
                "{line} stands under {present}"
            );
            metric.samples.push(sample);
        }
    }
    metrics
}

fn belongs(name: &str, metric: &str, kind: &str) -> bool {
    let ending = name.strip_prefix(metric);
    match kind {
        "gauge" => ending == Some(""),
        "counter" => ending == Some("_total"),
        "histogram" => ["_bucket", "_sum", "_count"].map(Some).contains(&ending),
        other => panic!("{other} is not used here"),
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && name
            .bytes()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
}

fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (head, value) = line.rsplit_once(' ').expect("a value");
    let value = value.parse().unwrap_or_else(|_| panic!("{line}: no number"));
    let (name, labels) = head.split_once('{').map_or((head, ""), |(name, labels)| {
        (name, labels.strip_suffix('}').expect("a closing brace"))
    });
    assert!(is_name(name), "{line}");
    (name.to_owned(), pairs(labels), value)
}

/// Labels: names, and values in quotes with `\\`, `\"` and `\n` written out.
fn pairs(labels: &str) -> BTreeMap<String, String> {
    let (mut pairs, mut rest) = (BTreeMap::new(), labels);
    while !rest.is_empty() {
        let (name, quoted) = rest.split_once("=\"").expect("a value in quotes");
        assert!(is_name(name), "{labels}");
        let (mut value, mut letters) = (String::new(), quoted.char_indices());
        let end = loop {
            match letters.next().expect("a closing quote") {
                (end, '"') => break end,
                (_, '\\') => value.push(match letters.next().expect("an escaped letter").1 {
                    'n' => '\n',
                    letter @ ('\\' | '"') => letter,
                    other => panic!("\\{other} is no escape"),
                }),
                (_, letter) => value.push(letter),
            }
        };
        assert!(
            pairs.insert(name.to_owned(), value).is_none(),
            "{name} comes twice"
        );
        rest = quoted.get(end + 1..).unwrap_or_default();
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    pairs
}

async fn scraped(router: &axum::Router, path: &str) -> String {
    let request = request("GET", path).body(Body::empty()).unwrap();
    text(router.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn what_is_scraped_can_be_read_and_is_named_as_it_was() {
    let fixture = Fixture::new().await;
    let router = router(&app(fixture.control.clone(), gate(false)), &Limits::default());
    for path in ["/healthz", "/api/v1/events/some-id", "/nothing/at/all"] {
        scraped(&router, path).await;
    }
    let metrics = parsed(&scraped(&router, "/metrics").await);
    let lines = metrics.iter().map(|(name, metric)| {
        let labels: BTreeSet<&str> = metric
            .samples
            .iter()
            .flat_map(|(_, labels, _)| labels.keys().map(String::as_str))
            .collect();
        format!(
            "{name} ({}; {}): {}",
            metric.kind,
            Vec::from_iter(labels).join(", "),
            metric.help
        )
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));

    let value = |name: &str, wanted: &[(&str, &str)]| {
        let fits = |labels: &BTreeMap<String, String>| {
            wanted
                .iter()
                .all(|(name, value)| labels.get(*name).is_some_and(|known| known == value))
        };
        let metric = &metrics[name];
        metric
            .samples
            .iter()
            .filter(|(_, labels, _)| fits(labels))
            .map(|(.., value)| value)
            .sum::<f64>()
    };
    let states = fixture.control.store("main").unwrap().totals().await.unwrap();
    assert!((value("firstsight_clusters", &[("inspection", "main")]) - states.clusters as f64).abs() < 0.5);
    assert!(value("firstsight_outbox_deliveries", &[("state", "parked")]) > 0.0);
    assert!(
        (value(
            "firstsight_inspection_consecutive_failures",
            &[("inspection", "legacy")]
        ) - 4.0)
            .abs()
            < 0.5
    );
    let requests = |route, status| {
        value(
            "firstsight_http_requests",
            &[("route", route), ("status", status)],
        )
    };
    assert!(
        (requests("/api/v1/events/{id}", "404") - 1.0).abs() < 0.5,
        "by its template, never by its address"
    );
    assert!((requests("unmatched", "404") - 1.0).abs() < 0.5);
}

/// The reader itself refuses what Prometheus refuses.
#[test]
fn what_is_not_openmetrics_is_refused() {
    let gauge = |samples: &str| format!("# HELP a A.\n# TYPE a gauge\n{samples}# EOF\n");
    assert_eq!(
        parsed(&gauge("a{b=\"c\\\"\\\\\\n,d\"} 1\n"))["a"].samples[0].1["b"],
        "c\"\\\n,d"
    );
    for wrong in [
        gauge("a 1"),
        gauge("b 1\n"),
        gauge("a 1\na 2\n"),
        gauge("a{b=c} 1\n"),
        gauge("a{b=\"c} 1\n"),
        gauge("a{b=\"\\t\"} 1\n"),
        gauge("a one\n"),
        "a 1\n# EOF\n".to_owned(),
        gauge("").replace("# EOF\n", ""),
    ] {
        let read = std::panic::catch_unwind(|| parsed(&wrong));
        assert!(read.is_err(), "{wrong}");
    }
}
