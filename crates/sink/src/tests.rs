//! The suite over every sink of this crate, and what their writers' failures mean.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use crate::conformance::{self, Medium, Recorder, Subject, fixture};
use crate::html::HtmlSink;
use crate::json::JsonSink;
use crate::terminal::{TerminalOptions, TerminalSink};
use crate::{Delivery, Records, Sink, SinkError};

fn subject(medium: Medium, idempotent: bool, sink: impl FnOnce(Recorder) -> Box<dyn Sink>) -> Subject {
    let recorder = Recorder::default();
    Subject {
        sink: sink(recorder.clone()),
        received: Box::new(move || recorder.text()),
        medium,
        idempotent,
    }
}

fn json(recorder: Recorder) -> JsonSink<Recorder> {
    JsonSink::new("events", recorder)
}

#[tokio::test]
async fn terminal_sink_conforms() {
    let options = TerminalOptions {
        width: 200,
        ..TerminalOptions::default()
    };
    conformance::all(|| {
        subject(Medium::Terminal, false, |recorder| {
            Box::new(TerminalSink::new("terminal", options, recorder))
        })
    })
    .await;
}

#[tokio::test]
async fn json_sink_conforms() {
    conformance::all(|| subject(Medium::Json, false, |recorder| Box::new(json(recorder)))).await;
}

#[tokio::test]
async fn json_sink_with_records_conforms() {
    conformance::all(|| {
        subject(Medium::Json, false, |recorder| {
            Box::new(json(recorder).rendering(Records::Shown.into()))
        })
    })
    .await;
}

#[tokio::test]
async fn a_sink_writes_records_only_when_told_to() {
    let event = conformance::fixture::event(1);
    let record = &event.findings[0].samples[0].raw;
    let record = serde_json::to_string(record).unwrap();
    let recorder = Recorder::default();
    let events = [event];
    json(recorder.clone()).deliver(&events).await.unwrap();
    assert!(!recorder.text().contains(&record));
    let shown = json(recorder.clone()).rendering(Records::Shown.into());
    shown.deliver(&events).await.unwrap();
    assert!(recorder.text().contains(&record));
}

#[tokio::test]
async fn html_sink_conforms() {
    for records in [Records::Withheld, Records::Shown] {
        conformance::all(|| {
            subject(Medium::Html, true, |recorder| {
                let page = HtmlSink::new("page", move |page| {
                    recorder.replace(page);
                    Ok(())
                });
                Box::new(page.rendering(records.into()))
            })
        })
        .await;
    }
}

#[tokio::test]
async fn boxed_sink_conforms() {
    conformance::all(|| {
        subject(Medium::Json, false, |recorder| {
            let inner: Box<dyn Sink> = Box::new(json(recorder));
            Box::new(inner)
        })
    })
    .await;
}

#[tokio::test]
async fn shared_sink_conforms() {
    conformance::all(|| {
        subject(Medium::Json, false, |recorder| {
            let inner: Arc<dyn Sink> = Arc::new(json(recorder));
            Box::new(inner)
        })
    })
    .await;
}

#[cfg(feature = "mock")]
#[tokio::test]
async fn mock_conforms_when_told_what_to_do() {
    conformance::all(|| {
        subject(Medium::Json, false, |mut recorder| {
            let mut mock = crate::MockSink::new();
            mock.expect_describe().return_const("mock".to_owned());
            mock.expect_idempotent().return_const(false);
            let mut deliver = move |events: &[crate::Event]| {
                for event in events {
                    recorder
                        .write_all(crate::json::render_event(event).as_bytes())
                        .unwrap();
                }
                Ok(vec![Delivery::Delivered; events.len()])
            };
            let mut together = deliver.clone();
            mock.expect_deliver().returning(move |events| deliver(events));
            mock.expect_deliver_together()
                .returning(move |digest| together(&digest.events));
            Box::new(mock)
        })
    })
    .await;
}

/// The suite notices a sink that loses events, one that lets a hostile text through, and one that lies about ids.
#[cfg(feature = "mock")]
#[tokio::test]
async fn suite_fails_for_sinks_that_break_the_contract() {
    fn subject_of(deliver: fn(&mut Recorder, &crate::Event), idempotent: bool) -> Subject {
        subject(Medium::Terminal, idempotent, |mut recorder| {
            let mut mock = crate::MockSink::new();
            mock.expect_describe().return_const("mock".to_owned());
            mock.expect_idempotent().return_const(idempotent);
            let mut all = move |events: &[crate::Event]| {
                events.iter().for_each(|event| deliver(&mut recorder, event));
                Ok(vec![Delivery::Delivered; events.len()])
            };
            let mut together = all.clone();
            mock.expect_deliver().returning(move |events| all(events));
            mock.expect_deliver_together()
                .returning(move |digest| together(&digest.events));
            Box::new(mock)
        })
    }
    async fn fails(make: impl Fn() -> Subject + Send + 'static) -> bool {
        tokio::task::LocalSet::new()
            .run_until(async { tokio::task::spawn_local(async move { conformance::all(make).await }).await })
            .await
            .is_err()
    }
    let write = |recorder: &mut Recorder, event: &crate::Event| {
        recorder.write_all(event.title.as_bytes()).unwrap();
    };
    let lose = |_: &mut Recorder, _: &crate::Event| {};
    assert!(fails(move || subject_of(write, false)).await, "raw text");
    assert!(fails(move || subject_of(lose, false)).await, "lost events");
    assert!(fails(move || subject_of(write, true)).await, "no ids");
}

/// Fails as often as told, each time after half of the text; then writes.
#[derive(Clone)]
struct Flaky {
    failures: Arc<Mutex<Vec<io::ErrorKind>>>,
    recorder: Recorder,
}

impl Flaky {
    fn new(failures: &[io::ErrorKind]) -> Self {
        Self {
            failures: Arc::new(Mutex::new(failures.to_vec())),
            recorder: Recorder::default(),
        }
    }
}

impl Write for Flaky {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.failures.lock().unwrap().pop() {
            None => self.recorder.write(bytes),
            Some(kind) => {
                self.recorder.write_all(&bytes[..bytes.len() / 2])?;
                Err(kind.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn closed_pipe_is_told_apart_from_failure() {
    let events = [fixture::event(1)];
    let sink = JsonSink::new("pipe", Flaky::new(&[io::ErrorKind::BrokenPipe]));
    let error = sink.deliver(&events).await.unwrap_err();
    assert!(matches!(error, SinkError::Closed { .. }), "{error}");
    assert_eq!(error.to_string(), "pipe: nobody reads on");

    let sink = JsonSink::new("disk", Flaky::new(&[io::ErrorKind::StorageFull]));
    let error = sink.deliver(&events).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[tokio::test]
async fn line_torn_by_a_failure_stands_alone() {
    let writer = Flaky::new(&[io::ErrorKind::StorageFull, io::ErrorKind::StorageFull]);
    let sink = JsonSink::new("disk", writer.clone());
    let events = [fixture::event(1)];
    assert!(sink.deliver(&events).await.is_err());
    assert!(sink.deliver(&events).await.is_err());
    assert_eq!(sink.deliver(&events).await.unwrap(), [Delivery::Delivered]);
    let text = writer.recorder.text();
    let whole: Vec<&str> = text
        .lines()
        .filter(|line| serde_json::from_str::<crate::Event>(line).is_ok())
        .collect();
    assert_eq!(whole.len(), 1, "the event stands once, on its own line");
    assert!(text.ends_with(&format!("{}\n", whole[0])));
}

#[tokio::test]
async fn page_that_could_not_be_written_keeps_no_event() {
    let recorder = Recorder::default();
    let writer = recorder.clone();
    let failures = Mutex::new(1);
    let sink = HtmlSink::new("page", move |page| {
        let mut left = failures.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return Err(io::ErrorKind::StorageFull.into());
        }
        writer.replace(page);
        Ok(())
    });
    assert!(sink.deliver(&[fixture::event(1)]).await.is_err());
    sink.deliver(&[fixture::event(2)]).await.unwrap();
    assert!(!recorder.text().contains("event number 1:"));
    assert!(recorder.text().contains("event number 2:"));
}

#[tokio::test]
async fn page_keeps_the_latest_events() {
    let recorder = Recorder::default();
    let writer = recorder.clone();
    let sink = HtmlSink::new("page", move |page| {
        writer.replace(page);
        Ok(())
    });
    let mut events: Vec<_> = (1..=203).map(fixture::event).collect();
    for event in &mut events {
        event.findings.clear();
    }
    sink.deliver(&events).await.unwrap();
    let text = recorder.text();
    assert!(!text.contains("event number 3:") && text.contains("event number 4:"));
    assert!(text.contains("event number 203:"));
}

#[tokio::test]
async fn page_in_a_file_is_replaced_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.html");
    std::fs::write(folder.path().join(".events.html.new"), "left by a crash").unwrap();
    let sink = HtmlSink::file(&path);
    sink.deliver(&[fixture::event(1)]).await.unwrap();
    sink.deliver(&[fixture::event(2)]).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("<!DOCTYPE html>") && text.contains("event number 2:"));
    let names: Vec<_> = walk(folder.path());
    assert_eq!(names, ["events.html"], "nothing else is left");
}

#[tokio::test]
async fn page_that_cannot_be_replaced_is_an_error_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("taken");
    std::fs::create_dir(&path).unwrap();
    let error = HtmlSink::file(&path)
        .deliver(&[fixture::event(1)])
        .await
        .unwrap_err();
    assert!(error.is_retryable());
    assert_eq!(walk(folder.path()), ["taken"]);
    assert!(crate::html::replace_file(std::path::Path::new(".."), "").is_err());
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    walkdir::WalkDir::new(folder)
        .min_depth(1)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}
