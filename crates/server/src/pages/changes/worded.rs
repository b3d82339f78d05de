//! Mutes in words: what they mute, and when those that come back hold.

use firstsight_engine::{Labelled as _, Locale};
use firstsight_inspection::alert::{Day, Filter, Mute, MuteTime, Pattern, Repeat};

use crate::model::MuteLine;
use crate::pages::components::time;
use crate::pages::words::{changes::Words, comma, fill};

/// What it mutes; what is wrong with it where it cannot be read.
pub(super) fn of(locale: Locale, words: &Words, line: &MuteLine) -> String {
    match &line.mute {
        Some(mute) => what(locale, words, &mute.filter),
        None => line.summary.clone(),
    }
}

/// When it holds, where it comes back: that says more than the times of one cycle.
pub(super) fn times(locale: Locale, words: &Words, line: &MuteLine) -> Option<String> {
    let Some(Mute {
        when: MuteTime::Repeating { repeat, zone },
        ..
    }) = &line.mute
    else {
        return None;
    };
    let clock = format!("{:02}:{:02}", repeat.at / 60, repeat.at % 60);
    let length = time::length(locale, i64::from(repeat.minutes) * 60);
    Some(fill(
        words.repeats,
        &[&days(locale, words, repeat), &clock, &zone.0, &length],
    ))
}

fn days(locale: Locale, words: &Words, repeat: &Repeat) -> String {
    if repeat.days.is_empty() {
        return words.every_day.to_owned();
    }
    let days: Vec<&str> = repeat.days.iter().map(|day| weekday(words, *day)).collect();
    days.join(comma(locale))
}

const fn weekday(words: &Words, day: Day) -> &'static str {
    match day {
        Day::Mon => words.monday,
        Day::Tue => words.tuesday,
        Day::Wed => words.wednesday,
        Day::Thu => words.thursday,
        Day::Fri => words.friday,
        Day::Sat => words.saturday,
        Day::Sun => words.sunday,
    }
}

fn what(locale: Locale, words: &Words, filter: &Filter) -> String {
    let texts = |patterns: &[Pattern]| patterns.iter().cloned().map(String::from).collect::<Vec<_>>();
    let classes = filter.classes.iter();
    let clusters = filter.clusters.iter();
    let fields = [
        (words.of_inspection, texts(&filter.inspections)),
        (words.of_account, texts(&filter.accounts)),
        (words.of_service, texts(&filter.services)),
        (words.of_call, texts(&filter.calls)),
        (words.of_error_code, texts(&filter.error_codes)),
        (
            words.of_class,
            classes.map(|class| class.label(locale).to_owned()).collect(),
        ),
        (words.of_actor, texts(&filter.actors)),
        (words.of_cluster, clusters.map(ToString::to_string).collect()),
    ];
    let asked = fields.into_iter().filter(|(_, values)| !values.is_empty());
    let asked: Vec<String> = asked
        .map(|(name, values)| fill(name, &[&values.join(words.or)]))
        .collect();
    if asked.is_empty() {
        return words.of_everything.to_owned();
    }
    asked.join(comma(locale))
}

#[cfg(test)]
mod tests {
    use firstsight_inspection::alert::ZoneName;

    use super::*;
    use crate::pages::words::changes;

    fn line(mute: Option<Mute>) -> MuteLine {
        MuteLine {
            id: "m".to_owned(),
            inspection: "prod".to_owned(),
            state: "between".to_owned(),
            summary: "no mute of this version".to_owned(),
            mute,
            from: None,
            until: None,
            set: None,
            ended: None,
        }
    }

    fn nightly(filter: Filter) -> MuteLine {
        let repeat = Repeat {
            days: vec![Day::Mon, Day::Sun],
            at: 125,
            minutes: 90,
        };
        let zone = ZoneName("Europe/Berlin".to_owned());
        line(Some(Mute {
            id: "m".to_owned(),
            filter,
            when: MuteTime::Repeating { repeat, zone },
            reason: String::new(),
            expires: None,
        }))
    }

    #[test]
    fn mutes_are_told_in_both_languages() {
        let pattern = |text: &str| vec![Pattern::try_from(text.to_owned()).unwrap()];
        let mute = nightly(Filter {
            actors: pattern("*pentest*"),
            services: [pattern("kms"), pattern("iam")].concat(),
            ..Filter::default()
        });
        let told = |locale| {
            let words = changes::of(locale);
            (of(locale, words, &mute), times(locale, words, &mute).unwrap())
        };
        let english = told(Locale::English);
        assert_eq!(english.0, "service kms or iam, actor *pentest*");
        assert_eq!(english.1, "mon, sun at 02:05 Europe/Berlin for 1 h 30 min");
        let chinese = told(Locale::Chinese);
        assert_eq!(chinese.0, "服务 kms 或 iam，主体 *pentest*");
        assert_eq!(
            chinese.1,
            "周一，周日 02:05（Europe/Berlin）起，持续 1 小时 30 分"
        );
    }

    #[test]
    fn what_asks_for_nothing_mutes_everything_and_what_cannot_be_read_says_why() {
        let words = changes::of(Locale::English);
        assert_eq!(
            of(Locale::English, words, &nightly(Filter::default())),
            "everything"
        );
        assert_eq!(of(Locale::English, words, &line(None)), "no mute of this version");
        assert_eq!(times(Locale::English, words, &line(None)), None);
    }
}
