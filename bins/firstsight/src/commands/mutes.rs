//! `firstsight mutes`: what is not to be sent, and until when.

use std::fmt::Write as _;

use firstsight_config::values;
use firstsight_engine::{Digest, Time};
use firstsight_inspection::alert::{Filter, Mute, MuteTime, decode_mute, encode_mute};
use firstsight_sink::terminal::neutralise;
use firstsight_store::{Said, StoredMute};
use serde_json::{Value, json};

use super::listing::{emit, tagged};
use super::people::said;
use crate::args::alerts::{AddMute, EndMutes, ListMutes, Matching, Mutes};
use crate::args::people::Voice;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;
use crate::output;
use crate::tables::ledger::length;
use crate::tables::{Table, minute};

pub(crate) async fn run(action: Mutes, context: &Context) -> Result<Done, Failure> {
    match action {
        Mutes::List(args) => list(args, context).await,
        Mutes::Add(args) => add(*args, context).await,
        Mutes::End(args) => end(args, context).await,
    }
}

async fn list(args: ListMutes, context: &Context) -> Result<Done, Failure> {
    let store = opening::state_to_read(args.state.path.as_deref(), context).await?;
    let rows = store.mutes(args.all).await?;
    store.close().await;
    let mut table = Table::new(&["MUTE", "STATE", "WHEN", "WHAT", "BY", "SET", "REASON"]);
    let mut documents = Vec::new();
    for row in &rows {
        let mute = decode_mute(&row.id, &row.body)?;
        let state = state(row, &mute, context.now);
        table.row(&[
            row.id.clone(),
            state.to_owned(),
            when(&mute),
            what(&mute.filter),
            row.set.by.clone(),
            minute(row.set.at),
            mute.reason.clone(),
        ]);
        documents.push(document(row, &mute, state));
    }
    emit(&args.print, &documents, || {
        table.render(context.cut, "nothing is muted")
    })?;
    Ok(Done::Well)
}

fn document(row: &StoredMute, mute: &Mute, state: &str) -> Value {
    let mut document = tagged("firstsight.mute/1", serde_json::to_value(mute));
    if let Value::Object(fields) = &mut document {
        fields.insert("state".to_owned(), json!(state));
        fields.insert("set".to_owned(), json!(row.set));
        fields.insert("ended".to_owned(), json!(row.ended));
    }
    document
}

/// What has become of a mute.
fn state(row: &StoredMute, mute: &Mute, now: Time) -> &'static str {
    let (from, until) = match &mute.when {
        MuteTime::Once { from, until } => (*from, *until),
        MuteTime::Repeating { .. } => (None, None),
    };
    let is_past = |end: Option<Time>| end.is_some_and(|end| end <= now);
    if row.ended.is_some() {
        "ended"
    } else if is_past(mute.expires) || is_past(until) {
        "over"
    } else if from.is_some_and(|from| from > now) {
        "coming"
    } else {
        "standing"
    }
}

fn when(mute: &Mute) -> String {
    let mut text = match &mute.when {
        MuteTime::Once { from, until } => {
            let part = |word: &str, time: &Option<Time>| {
                time.map_or_else(String::new, |time| format!("{word} {} UTC ", minute(time)))
            };
            format!("{}{}", part("from", from), part("until", until))
        }
        MuteTime::Repeating { repeat, zone } => {
            let days: Vec<String> = repeat.days.iter().map(word).collect();
            let days = if days.is_empty() {
                "daily".to_owned()
            } else {
                days.join(",")
            };
            let (hour, minute) = (repeat.at / 60, repeat.at % 60);
            format!(
                "{days} {hour:02}:{minute:02} for {} ({}) ",
                length(i64::from(repeat.minutes) * 60),
                zone.0
            )
        }
    };
    if let Some(expires) = mute.expires {
        let _ = write!(text, "expires {} UTC", minute(expires));
    }
    match text.trim_end() {
        "" => "for ever".to_owned(),
        text => text.to_owned(),
    }
}

/// A value as its JSON form says it, without quotes.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        other => other.unwrap_or_default().to_string(),
    }
}

/// A filter on one line: `accounts 1111*; services iam,sts`.
fn what(filter: &Filter) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(filter) else {
        return String::new();
    };
    let named = fields.iter().filter_map(|(key, list)| {
        let list = list.as_array().filter(|list| !list.is_empty())?;
        let words: Vec<String> = list.iter().map(word).collect();
        Some(format!("{key} {}", words.join(",")))
    });
    match named.collect::<Vec<_>>().join("; ") {
        all if all.is_empty() => "everything".to_owned(),
        some => some,
    }
}

async fn add(args: AddMute, context: &Context) -> Result<Done, Failure> {
    let mute = mute(&args, context)?;
    let voice = Voice {
        note: args.reason.clone(),
        by: args.by.clone(),
    };
    let stored = StoredMute {
        id: mute.id.clone(),
        body: encode_mute(&mute),
        summary: summary(&mute),
        set: said(&voice, context),
        ended: None,
    };
    // What is known to come can be muted before the first run.
    let store = opening::state_to_fill(args.state.path.as_deref(), context).await?;
    let set = store.set_mute(&stored).await;
    store.close().await;
    set?;
    let line = format!("muted {}  {}", mute.id, stored.summary);
    output::print(&format!("{}\n", neutralise(&line)))?;
    Ok(Done::Well)
}

fn summary(mute: &Mute) -> String {
    format!("{}: {}", when(mute), what(&mute.filter))
}

fn mute(args: &AddMute, context: &Context) -> Result<Mute, Failure> {
    let moment = |flag: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => values::moment(text, &args.time_zone)
            .map(Some)
            .map_err(|said| Failure::usage(format!("--{flag}: {said}"))),
    };
    let expires = moment("expires", &args.expires)?;
    let when = match &args.repeat {
        Some(text) => MuteTime::Repeating {
            repeat: values::repeat(text, args.length.unwrap_or_default())
                .map_err(|said| Failure::usage(format!("--repeat, --for: {said}")))?,
            zone: args.time_zone.clone(),
        },
        None => once(
            moment("from", &args.from)?,
            moment("until", &args.until)?,
            args.length,
            context,
        )?,
    };
    let mut mute = Mute {
        id: String::new(),
        filter: filter(&args.matching),
        when,
        reason: args.reason.clone(),
        expires,
    };
    mute.id = id(&mute, context.now);
    Ok(mute)
}

fn once(
    from: Option<Time>,
    until: Option<Time>,
    length: Option<i64>,
    context: &Context,
) -> Result<MuteTime, Failure> {
    let from = from.unwrap_or(context.now);
    let until = until.or(length.map(|seconds| from.plus_millis(seconds.saturating_mul(1_000))));
    if until.is_some_and(|until| until <= from) {
        return Err(Failure::usage(
            "--until: it is not later than --from: nothing would be muted",
        ));
    }
    let from = Some(from);
    Ok(MuteTime::Once { from, until })
}

fn filter(matching: &Matching) -> Filter {
    let all = matching.clone();
    Filter {
        inspections: all.inspections,
        accounts: all.accounts,
        services: all.services,
        calls: all.calls,
        error_codes: all.error_codes,
        classes: all.classes,
        actors: all.actors,
        clusters: all.clusters,
    }
}

/// A short id: the same mute at the same time is the same one.
fn id(mute: &Mute, now: Time) -> String {
    let body = String::from_utf8_lossy(&encode_mute(mute)).into_owned();
    let digest = Digest::of(&["mute", &body, &now.to_string()]).to_string();
    digest.chars().take(8).collect()
}

async fn end(args: EndMutes, context: &Context) -> Result<Done, Failure> {
    let said: Said = said(&args.voice, context);
    let store = opening::state_to_change(args.state.path.as_deref(), context).await?;
    let mut outcome = Ok(());
    for id in &args.mutes {
        outcome = store.end_mute(id, &said).await;
        if outcome.is_err() {
            break;
        }
    }
    store.close().await;
    outcome?;
    let text: String = args
        .mutes
        .iter()
        .map(|id| format!("ended {}\n", neutralise(id)))
        .collect();
    output::print(&text)?;
    Ok(Done::Well)
}

#[cfg(test)]
mod tests {
    use firstsight_inspection::alert::{Day, Repeat, ZoneName};

    use super::*;

    fn mute(when: MuteTime) -> Mute {
        Mute {
            id: "1".to_owned(),
            filter: Filter::default(),
            when,
            reason: "x".to_owned(),
            expires: None,
        }
    }

    #[test]
    fn times_are_told_on_one_line() {
        let from = "2026-11-24T01:00:00Z".parse().ok();
        let once = mute(MuteTime::Once { from, until: None });
        assert_eq!(when(&once), "from 2026-11-24 01:00 UTC");
        let repeat = Repeat {
            days: vec![Day::Sat, Day::Sun],
            at: 125,
            minutes: 120,
        };
        let zone = ZoneName("Europe/Berlin".to_owned());
        let mut weekly = mute(MuteTime::Repeating { repeat, zone });
        weekly.expires = "2027-01-01T00:00:00Z".parse().ok();
        assert_eq!(
            when(&weekly),
            "sat,sun 02:05 for 2 h (Europe/Berlin) expires 2027-01-01 00:00 UTC"
        );
        let always = MuteTime::Once {
            from: None,
            until: None,
        };
        assert_eq!(when(&mute(always)), "for ever");
    }

    #[test]
    fn filters_are_told_on_one_line() {
        assert_eq!(what(&Filter::default()), "everything");
        let filter = Filter {
            services: vec![
                "iam".to_owned().try_into().unwrap(),
                "st*".to_owned().try_into().unwrap(),
            ],
            classes: vec![firstsight_engine::Class::AccessDenied],
            ..Filter::default()
        };
        assert_eq!(what(&filter), "classes access-denied; services iam,st*");
    }
}
