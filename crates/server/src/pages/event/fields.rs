//! Where an attribute of an event leads: to the events that share it.

use firstsight_sink::Event;

use crate::pages::link::link;

/// Events around a window: so long before its end and behind it.
const AROUND_MILLIS: i64 = 3_600_000;
/// The list searches for what it knows of an event, which has beginnings of long texts only.
const MOST_SEARCHED: usize = 200;

/// The list of events with this value in this field; `None` where a field tells of this event alone.
pub(super) fn related(event: &Event, key: &str, value: &str) -> Option<String> {
    let of = |field: &str, value: &str| Some(link("/events", &[(field, value)]));
    match key {
        _ if value.is_empty() || value.len() > MOST_SEARCHED => None,
        "account" | "inspection" | "service" | "actor" => of(key, value),
        "cluster_id" => of("cluster", value),
        "fault_id" => of("fault", value),
        "error_code" | "access_key" | "source_network" | "region" => of("text", value),
        // The list knows a call by its name alone.
        "call" => of("text", value.split_once(':').map_or(value, |(_, name)| name)),
        "window_start" | "window_end" => Some(around(event)),
        _ => None,
    }
}

/// Events of about the same time, of whatever account.
fn around(event: &Event) -> String {
    let end = event.window.end;
    let from = end.plus_millis(-AROUND_MILLIS).to_string();
    // What a list is asked for ends before this moment.
    let until = end.plus_millis(AROUND_MILLIS + 1).to_string();
    link("/events", &[("from", &from), ("until", &until)])
}

#[cfg(test)]
mod tests {
    use firstsight_sink::conformance::fixture;

    use super::*;
    use crate::fixture::Fixture;
    use crate::model::{self, EventFilter};

    #[test]
    fn counts_and_long_texts_lead_nowhere() {
        let event = fixture::event(1);
        assert_eq!(related(&event, "errors", "12"), None);
        assert_eq!(related(&event, "actor", &"a".repeat(201)), None);
        assert_eq!(related(&event, "region", ""), None);
        let hostile = related(&event, "actor", "\"><script>&x=");
        assert_eq!(
            hostile.as_deref(),
            Some("/events?actor=%22%3E%3Cscript%3E%26x%3D")
        );
        assert_eq!(
            related(&event, "call", "iam:GetRole").as_deref(),
            Some("/events?text=GetRole")
        );
    }

    /// The query of an address, decoded, as the list reads it.
    fn filter(href: &str) -> EventFilter {
        axum::extract::Query::try_from_uri(&href.parse().unwrap())
            .unwrap()
            .0
    }

    #[tokio::test]
    async fn each_link_leads_to_a_list_that_has_the_event_itself() {
        let fixture = Fixture::shared().await;
        let control = &*fixture.control;
        let listed = model::events(control, &EventFilter::default()).await.unwrap();
        let mut followed = 0;
        for line in listed.items.iter().take(5) {
            let detail = model::event(control, &line.id, firstsight_engine::Locale::English)
                .await
                .unwrap();
            for (key, value) in &detail.attributes {
                let Some(href) = related(&detail.event, key, value) else {
                    continue;
                };
                let found = model::events(control, &filter(&href)).await.unwrap();
                let has = found.items.iter().any(|found| found.id == line.id);
                assert!(has || found.next.is_some(), "{key}: {value}: {href}");
                followed += 1;
            }
        }
        assert!(followed > 20, "{followed}");
    }
}
