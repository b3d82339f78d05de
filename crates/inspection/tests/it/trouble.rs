//! An inspection that falls silent, cannot be read and fails, from its runs to what a webhook is sent.

use std::sync::Arc;

use firstsight_engine::{Locale, Severity, Time};
use firstsight_inspection::alert::{AlertPolicy, Alerting, Filter, Mute, MuteTime, Pattern};
use firstsight_inspection::{
    Cancel, CatchUp, Ingest, InspectionError, Outcome, Patience, Progress, RetryPolicy, RunPlan, RunRecord,
    Settings, Silent, Trigger, View, deliver_all, fault_records, run, tell_troubles, troubles,
};
use firstsight_sink::http::recorder::{HttpRecorder, Reply};
use firstsight_sink::http::{Http, HttpSettings};
use firstsight_sink::webhook::{Preset, Template, WebhookSettings, WebhookSink};
use firstsight_sink::{Event, EventKind, Records, Sink, TroubleKind};
use firstsight_source::memory::MemorySource;
use firstsight_source::{LogSource, MockLogSource, Partition, SourceError};
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{RunQuery, Store};

const HOUR: i64 = 3_600_000;

fn hour(number: i64) -> Time {
    Time::from_secs(1_767_225_600).plus_millis(number * HOUR)
}

/// Records until the source falls silent: of an account, and of nobody's.
fn readable(until: i64) -> Arc<dyn LogSource> {
    let record = |number: i64, account: &str| {
        let time = hour(number).plus_millis(10 * 60_000);
        format!(
            r#"{{"eventID":"{number}{account}","eventTime":"{time}","eventSource":"iam.amazonaws.com","eventName":"GetUser"{account},
            "awsRegion":"us-east-1","userIdentity":{{"type":"IAMUser","userName":"alice"}}}}"#
        )
    };
    let unit = |number| {
        let records = [
            record(number, r#","recipientAccountId":"111122223333""#),
            record(number, ""),
        ];
        (format!("unit {number:04}"), records.join("\n"))
    };
    Arc::new(MemorySource::new((0..until).map(unit)))
}

/// A source that cannot be listed.
fn broken() -> Arc<dyn LogSource> {
    let mut source = MockLogSource::new();
    source.expect_describe().return_const("group trail".to_owned());
    source.expect_partitions().returning(|_| {
        Err(SourceError::Denied {
            name: "group trail".to_owned(),
            source: "<script>alert(1)</script> is not authorized".into(),
        })
    });
    source.expect_page().returning(|_: &Partition, _| unreachable!());
    Arc::new(source)
}

fn settings(alerting: Alerting) -> Settings {
    Settings {
        inspection: "main".to_owned(),
        min_history_hours: 0,
        alerting,
        ..Settings::default()
    }
}

/// One run, as a daemon makes and keeps it, and what is told behind it.
async fn hourly(
    store: &Arc<dyn Store>,
    settings: &Settings,
    source: &Arc<dyn LogSource>,
    number: i64,
) -> Vec<Event> {
    let now = hour(number).plus_millis(10 * 60_000);
    let (id, name) = (format!("run {number:04}"), settings.inspection.clone());
    let mut record = RunRecord::begin(id, name, hour(number), Trigger::Schedule, String::new(), now);
    let plan = RunPlan {
        settings,
        source,
        ingest: Ingest::new("main", now),
        end: Some(hour(number).hour()),
        newest: None,
        is_service: true,
        catch_up: CatchUp::ALL,
    };
    let silent: Arc<dyn Progress> = Arc::new(Silent);
    match run(store, &plan, &silent).await {
        Ok(ran) => record.complete(&ran, now),
        Err(error) => record.end(Outcome::Failed, firstsight_inspection::chain(&error), now),
    }
    store.note_run(&record.stored()).await.unwrap();
    told(store, settings, now).await.unwrap()
}

async fn told(store: &Arc<dyn Store>, settings: &Settings, now: Time) -> Result<Vec<Event>, InspectionError> {
    let patience = Patience::default();
    let query = RunQuery {
        inspection: Some(settings.inspection.clone()),
        limit: patience.runs_looked_at(),
        ..RunQuery::default()
    };
    let runs = store.runs(&query).await?;
    let runs: Result<Vec<RunRecord>, _> = runs.iter().map(RunRecord::of).collect();
    tell_troubles(store, settings, &troubles(&runs?, &patience, now), now).await
}

fn pattern(text: &str) -> Vec<Pattern> {
    vec![Pattern::try_from(text.to_owned()).unwrap()]
}

fn policy(name: &str, filter: Filter) -> AlertPolicy {
    AlertPolicy {
        name: name.to_owned(),
        to: vec![name.to_owned()],
        filter,
        silence: 0,
        ..AlertPolicy::default()
    }
}

/// Who asks for the inspection is told; who asks for an account, a service or an actor is not.
fn policies() -> Alerting {
    let of = |set: fn(&mut Filter)| {
        let mut filter = Filter::default();
        set(&mut filter);
        filter
    };
    Alerting {
        policies: vec![
            policy("hook", of(|filter| filter.inspections = pattern("ma*"))),
            policy("other", of(|filter| filter.inspections = pattern("test"))),
            policy("account", of(|filter| filter.accounts = pattern("1111*"))),
            policy("service", of(|filter| filter.services = pattern("*"))),
            policy("actor", of(|filter| filter.actors = pattern("*"))),
            AlertPolicy {
                severities: vec![Severity::Critical],
                ..policy("critical", Filter::default())
            },
        ],
        ..Alerting::default()
    }
}

async fn webhook(url: &str) -> Arc<dyn Sink> {
    let settings = WebhookSettings {
        name: "hook".to_owned(),
        url: url.to_owned().into(),
        template: Template::Ready(Preset::Json),
        secret: None,
        headers: Vec::new(),
        mentions: Vec::new(),
        locale: Locale::English,
        records: Records::Withheld,
        evidence: None,
    };
    let http = HttpSettings {
        proxies: false,
        ..HttpSettings::default()
    };
    let clock = Arc::new(|| hour(0));
    Arc::new(WebhookSink::new(settings, Http::new(&http).unwrap(), clock).unwrap())
}

#[tokio::test]
async fn a_webhook_is_told_of_an_inspection_in_trouble() {
    let far = HttpRecorder::start(|_, _| Reply::status(200)).await.unwrap();
    let sinks = [("hook".to_owned(), webhook(&far.url()).await)];
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().await.unwrap());
    let settings = settings(policies());
    let bad = broken();
    for number in 1..=20 {
        // Well until 4, silent from then on, failing from 10 to 14, and records again from 16 on.
        let source = match number {
            10..=14 => Arc::clone(&bad),
            16.. => readable(number),
            _ => readable(number.min(4)),
        };
        hourly(&store, &settings, &source, number).await;
        let now = hour(number).plus_millis(15 * 60_000);
        for done in deliver_all(&*store, &sinks, now, RetryPolicy::default(), &Cancel::default()).await {
            assert!(done.error.is_none(), "{done:?}");
        }
    }
    let requests = far.requests();
    let told: Vec<Event> = requests
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    let steps = told.iter().map(|event| {
        let at = (event.window.end.as_millis() - hour(0).as_millis()) / HOUR;
        (at, event.trouble.as_ref().unwrap().kind, event.kind)
    });
    assert_eq!(
        steps.collect::<Vec<_>>(),
        [
            (7, TroubleKind::Silent, EventKind::Opened),
            (12, TroubleKind::Failing, EventKind::Opened),
            (15, TroubleKind::Failing, EventKind::Recovered),
            (16, TroubleKind::Silent, EventKind::Recovered),
        ]
    );
    assert!(
        told.iter()
            .all(|event| event.account.is_empty() && event.inspection == "main")
    );
    let reason = &told[1].trouble.as_ref().unwrap().reason;
    assert!(reason.contains("is not authorized"), "{reason}");
    let records = fault_records(&*store, "main", false).await.unwrap();
    let own: Vec<_> = records
        .iter()
        .filter_map(|fault| Some((fault.trouble?, fault.recovered.is_some())))
        .collect();
    assert_eq!(own.len(), 2);
    assert!(own.iter().all(|(_, over)| *over));
    for row in store
        .events(&firstsight_store::EventQuery::default())
        .await
        .unwrap()
    {
        let sinks: Vec<&str> = row
            .deliveries
            .iter()
            .map(|delivery| delivery.sink.as_str())
            .collect();
        assert_eq!(sinks, ["hook"], "{}", row.event.status);
    }
}

fn everything() -> Mute {
    Mute {
        id: "maintenance".to_owned(),
        filter: Filter::default(),
        when: MuteTime::Once {
            from: None,
            until: None,
        },
        reason: String::new(),
        expires: None,
    }
}

#[tokio::test]
async fn a_mute_of_the_inspection_mutes_it_and_one_of_an_account_does_not() {
    for (set, muted) in [
        (
            Filter {
                inspections: pattern("main"),
                ..Filter::default()
            },
            true,
        ),
        (Filter::default(), true),
        (
            Filter {
                accounts: pattern("1111*"),
                ..Filter::default()
            },
            false,
        ),
        (
            Filter {
                services: pattern("*"),
                ..Filter::default()
            },
            false,
        ),
    ] {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().await.unwrap());
        let mute = Mute {
            filter: set.clone(),
            ..everything()
        };
        let alerting = Alerting {
            policies: vec![policy("hook", Filter::default())],
            mutes: vec![mute],
            ..Alerting::default()
        };
        let settings = settings(alerting);
        for number in 1..=3 {
            hourly(&store, &settings, &broken(), number).await;
        }
        let rows = store
            .events(&firstsight_store::EventQuery::default())
            .await
            .unwrap();
        assert_eq!(rows.len(), 1);
        let withheld = rows[0].deliveries[0].state == firstsight_store::DeliveryState::Withheld;
        assert_eq!(withheld, muted, "{set:?}");
    }
}

/// An account's fault opens and recovers beside one of the inspection's, though neither names an account.
#[tokio::test]
async fn records_without_an_account_have_a_fault_of_their_own() {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().await.unwrap());
    let alerting = Alerting {
        sinks: vec!["sink".to_owned()],
        ..Alerting::default()
    };
    let settings = settings(alerting);
    for number in 1..=3 {
        hourly(&store, &settings, &broken(), number).await;
    }
    let time = hour(3).plus_millis(10 * 60_000);
    let error = format!(
        r#"{{"eventID":"e","eventTime":"{time}","eventSource":"iam.amazonaws.com","eventName":"CreateUser","errorCode":"AccessDenied"}}"#
    );
    let later = format!(
        r#"{{"eventID":"l","eventTime":"{}","eventSource":"iam.amazonaws.com","eventName":"GetUser"}}"#,
        hour(6).plus_millis(60_000)
    );
    let open = fault_records(&*store, "main", true).await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    for number in 4..=6 {
        let units = [("one", error.clone()), ("two", later.clone())];
        let there = if number < 6 { 1 } else { 2 };
        let source: Arc<dyn LogSource> = Arc::new(MemorySource::new(units.into_iter().take(there)));
        hourly(&store, &settings, &source, number).await;
    }
    let all = fault_records(&*store, "main", false).await.unwrap();
    let of_accounts: Vec<_> = all.iter().filter(|fault| fault.trouble.is_none()).collect();
    assert_eq!((all.len(), of_accounts.len()), (2, 1), "{all:?}");
    assert_eq!(of_accounts[0].account, "unknown");
    assert!(
        of_accounts[0].findings == 1 && of_accounts[0].recovered.is_some(),
        "{of_accounts:?}"
    );
    assert!(all.iter().all(|fault| fault.recovered.is_some()), "{all:?}");
}

/// A report of a window lists what was found in it, even where trouble is told at its very end for as long.
#[tokio::test]
async fn the_report_of_a_window_does_not_list_it() {
    use firstsight_engine::{Hour, Range};
    use firstsight_inspection::{Ingested, Run, Windows, judge_window, report};
    use firstsight_sink::Trouble;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_in_memory().await.unwrap());
    let alerting = Alerting {
        policies: vec![policy("hook", Filter::default())],
        mutes: vec![everything()],
        ..Alerting::default()
    };
    let settings = settings(alerting);
    let trouble = Trouble {
        kind: TroubleKind::Silent,
        since: hour(3),
        runs: 1,
        reason: String::new(),
    };
    let told = tell_troubles(&store, &settings, &[trouble], hour(4))
        .await
        .unwrap();
    let window: Hour = hour(4).hour();
    assert_eq!(told[0].window, Range::new(hour(3), hour(4)));
    let asked = judge_window(&*store, &settings, window, true, hour(4))
        .await
        .unwrap();
    let windows = Windows {
        asked,
        earlier: Vec::new(),
        passed_over: 0,
    };
    let read = Ingested::default();
    let run = Run {
        inspection: "main",
        windows: &windows,
        read: &read,
        sources: Vec::new(),
        notes: Vec::new(),
        sink: None,
    };
    let report = report(&*store, &View::default(), run).await.unwrap();
    assert_eq!((report.events, report.notes), (Vec::new(), Vec::new()));
}
