//! Mutes of the file.

use std::collections::BTreeSet;

use firstsight_engine::Time;
use firstsight_inspection::alert::{Filter, Mute, MuteTime, Repeat, ZoneName};

use crate::filter;
use crate::policies::{DAYS, days, name, zone_of};
use crate::reading::{Section, Value};
use crate::shape::{Key, Kind, Shape};
use crate::values::{duration, moment, repeated_minutes, time_of_day};

pub(crate) const SHAPE: Shape = Shape {
    name: "mute",
    keys: &[
        Key::needed("name", Kind::Text, "What it is called."),
        Key::needed("reason", Kind::Text, "Why it is there."),
        Key::new(
            "match",
            Kind::Table(&filter::SHAPE),
            "What it is about; everything where it is left out.",
        ),
        Key::new(
            "from",
            Kind::Moment,
            "From when; from now on where it is left out.",
        ),
        Key::new("until", Kind::Moment, "Until when."),
        Key::new(
            "repeat",
            Kind::Table(&REPEAT),
            "Again and again, instead of once.",
        ),
        Key::new(
            "time_zone",
            Kind::Text,
            "The time zone of times without an offset, by its IANA name. Default UTC.",
        ),
        Key::new("expires", Kind::Moment, "When it is over, whatever else is said."),
    ],
};

const REPEAT: Shape = Shape {
    name: "repeat",
    keys: &[
        Key::new("days", DAYS, "The days; every day where it is left out."),
        Key::needed("at", Kind::Clock, "When it begins."),
        Key::needed("for", Kind::Length, "How long it lasts: from a minute to a week."),
    ],
};

pub(crate) fn read(mutes: &Value<'_>) -> Vec<Mute> {
    let mut names = BTreeSet::new();
    let items = mutes.list();
    items.iter().filter_map(|mute| one(mute, &mut names)).collect()
}

fn one(value: &Value<'_>, names: &mut BTreeSet<String>) -> Option<Mute> {
    let section = value.section(&SHAPE)?;
    let zone = zone_of(&section).unwrap_or_default();
    let reason = section.require("reason").and_then(|reason| reason.text());
    let time = |key: &str| time_of(&section, key, &zone);
    let (from, until, expires) = (time("from"), time("until"), time("expires"));
    let mute = Mute {
        id: name(&section, names, "mute"),
        filter: filter::read(&section),
        when: when(&section, (from, until), zone),
        reason: reason.unwrap_or_default().to_owned(),
        expires,
    };
    warn_of_everything(value, &mute);
    Some(mute)
}

fn time_of(section: &Section<'_>, key: &str, zone: &ZoneName) -> Option<Time> {
    let value = section.get(key)?;
    value.parsed_loosely(|text| moment(text, zone))
}

fn when(section: &Section<'_>, (from, until): (Option<Time>, Option<Time>), zone: ZoneName) -> MuteTime {
    let Some(repeat) = section.get("repeat") else {
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
        {
            section.findings.wrong(
                &section.at("until"),
                "it is not later than from: nothing would be muted",
            );
        }
        return MuteTime::Once { from, until };
    };
    if section.get("from").or(section.get("until")).is_some() {
        repeat
            .wrong("a mute either repeats (repeat, and expires for its end) or has from and until, not both");
    }
    match repeating(&repeat) {
        Some(repeat) => MuteTime::Repeating { repeat, zone },
        None => MuteTime::Once { from, until },
    }
}

fn repeating(value: &Value<'_>) -> Option<Repeat> {
    let repeat = value.section(&REPEAT)?;
    let days = days(&repeat);
    let at = repeat.require("at").and_then(|at| at.parsed_loosely(time_of_day));
    let length = repeat
        .require("for")
        .and_then(|length| length.parsed(|text| duration(text).and_then(repeated_minutes)));
    Some(Repeat {
        days,
        at: at?,
        minutes: length?,
    })
}

fn warn_of_everything(value: &Value<'_>, mute: &Mute) {
    let is_endless = mute.expires.is_none() && matches!(mute.when, MuteTime::Once { until: None, .. });
    if is_endless && mute.filter == Filter::default() {
        value.warn("it matches everything and has no end: nothing is alerted any more");
    }
}
