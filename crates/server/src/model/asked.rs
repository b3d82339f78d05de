//! What clients ask for, checked: every mistake is told with the field's name and what can be written there.

use std::sync::Arc;

use firstsight_config::values;
use firstsight_daemon::Control;
use firstsight_engine::{ClusterId, Range, Time};
use firstsight_inspection::InspectionError;
use firstsight_inspection::alert::ZoneName;
use firstsight_store::{Said, Store};

use crate::problem::Problem;
use crate::refusal::Refusal;

/// How many rows a page has where nobody says.
const USUAL_LIMIT: u32 = 50;
/// The most rows of a page.
const MOST: u32 = 200;
/// The most characters of a text that is looked for.
const LONGEST: usize = 500;

/// An inspection's name, with its state.
pub(super) type Named = (String, Arc<dyn Store>);

/// The states of the inspection asked for; of all when it is empty.
pub(super) fn stores(control: &dyn Control, inspection: &str) -> Result<Vec<Named>, Problem> {
    if !inspection.is_empty() {
        return Ok(vec![(inspection.to_owned(), store(control, inspection)?)]);
    }
    let names = control.inspections().into_iter().map(|state| state.name);
    Ok(names
        .filter_map(|name| control.store(&name).map(|store| (name, store)))
        .collect())
}

/// The state of an inspection.
pub(super) fn store(control: &dyn Control, inspection: &str) -> Result<Arc<dyn Store>, Problem> {
    let unknown = || Refusal::NoInspection(inspection.to_owned()).into();
    control.store(inspection).ok_or_else(unknown)
}

/// How many rows.
pub(super) fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    checked_limit(asked.unwrap_or(USUAL_LIMIT) as usize)
}

/// How many rows, where a number is given.
pub(super) fn checked_limit(asked: usize) -> Result<usize, Problem> {
    within("limit", asked, MOST as usize)
}

/// A number from 1 to a bound.
pub(super) fn within(field: &'static str, number: usize, most: usize) -> Result<usize, Problem> {
    if (1..=most).contains(&number) {
        return Ok(number);
    }
    Err(Refusal::NotWithin { field, number, most }.into())
}

/// What stands between commas.
pub(super) fn list(text: &str) -> Vec<String> {
    let parts = text.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// What stands between commas, each one of the words that are known.
pub(super) fn words(field: &str, text: &str, known: &[&str]) -> Result<Vec<String>, Problem> {
    let words = list(text);
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        None => Ok(words),
        Some(word) => Err(no_such(field, word, known)),
    }
}

/// One of these words; the first one where nothing is said.
pub(super) fn word<'a>(field: &str, text: &str, known: &[&'a str]) -> Result<&'a str, Problem> {
    if text.is_empty() {
        return Ok(known.first().copied().unwrap_or_default());
    }
    let found = known.iter().find(|word| **word == text);
    found.copied().ok_or_else(|| no_such(field, text, known))
}

fn no_such(field: &str, word: &str, known: &[&str]) -> Problem {
    Problem::from(Refusal::NoSuchWord {
        field: field.to_owned(),
        word: word.to_owned(),
        known: known.join(", "),
    })
}

/// `yes` or `no`; `None` where nothing is said.
pub(super) fn yes_or_no(field: &str, text: &str) -> Result<Option<bool>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    Ok(Some(word(field, text, &["yes", "no"])? == "yes"))
}

/// Services, as `eventSource` writes them: `iam` is `iam.amazonaws.com`.
pub(super) fn services(text: &str) -> Vec<String> {
    let full = |service: String| {
        if service.contains('.') {
            service
        } else {
            format!("{service}.amazonaws.com")
        }
    };
    list(text).into_iter().map(full).collect()
}

/// A text to look for.
pub(super) fn text(field: &'static str, text: &str) -> Result<String, Problem> {
    bounded(field, text, LONGEST)?;
    Ok(text.trim().to_owned())
}

/// A cluster's id; `None` where nothing is asked for.
pub(super) fn cluster(text: &str) -> Result<Option<ClusterId>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| Refusal::NoClusterId(text.to_owned()).into();
    text.parse().map(Some).map_err(wrong)
}

/// A stretch of time; `None` where neither end is asked for.
pub(super) fn times(from: &str, until: &str, now: Time) -> Result<Option<Range>, Problem> {
    if from.is_empty() && until.is_empty() {
        return Ok(None);
    }
    let start = moment("from", from, now)?.unwrap_or(Time::MIN);
    let end = moment("until", until, now)?.unwrap_or(Time::MAX);
    if start > end {
        return Err(Refusal::EndsEarly.into());
    }
    Ok(Some(Range::new(start, end)))
}

/// A moment: a time, a date, or a length for so long ago.
fn moment(field: &'static str, text: &str, now: Time) -> Result<Option<Time>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(seconds) = values::duration(text) {
        return Ok(Some(now.plus_millis(-seconds.saturating_mul(1000))));
    }
    let wrong = |_| {
        Problem::from(Refusal::NoTime {
            field,
            text: text.to_owned(),
        })
    };
    values::moment(text, &ZoneName::default())
        .map(Some)
        .map_err(wrong)
}

/// Who says something, when and why.
pub(super) fn said(control: &dyn Control, by: &str, note: &str) -> Result<Said, Problem> {
    bounded("note", note, Said::MAX_NOTE)?;
    bounded("by", by, Said::MAX_BY)?;
    Ok(Said {
        by: by.to_owned(),
        at: control.now(),
        note: note.to_owned(),
    })
}

/// A text of at most so many characters.
pub(super) fn bounded(field: &'static str, text: &str, most: usize) -> Result<(), Problem> {
    if text.chars().count() > most {
        return Err(Refusal::TooLong { field, most }.into());
    }
    Ok(())
}

/// A failure of a state keeps its own status: that something is not there is not a failure of ours.
pub(super) fn problem(error: InspectionError) -> Problem {
    match error {
        InspectionError::Store(error) => error.into(),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        "2026-01-31T12:10:00Z".parse().unwrap()
    }

    #[test]
    fn times_are_moments_dates_and_lengths() {
        let range = |from, until| {
            let range = times(from, until, now()).unwrap().unwrap();
            (range.start.to_string(), range.end.to_string())
        };
        assert_eq!(
            range("24h", "2026-01-31"),
            (
                "2026-01-30T12:10:00Z".to_owned(),
                "2026-01-31T00:00:00Z".to_owned()
            )
        );
        assert_eq!(
            range("2026-01-30T01:00+01:00", "2026-01-30T00:30"),
            (
                "2026-01-30T00:00:00Z".to_owned(),
                "2026-01-30T00:30:00Z".to_owned()
            )
        );
        assert_eq!(range("", "0").1, "2026-01-31T12:10:00Z");
        assert_eq!(times("", "", now()), Ok(None));
        for (from, until, said) in [
            ("soon", "", "from: \"soon\" is no time"),
            ("", "25:00", "until: \"25:00\" is no time"),
            ("1h", "2h", "until: it is earlier than from"),
        ] {
            let problem = times(from, until, now()).unwrap_err();
            assert_eq!(problem.status, 400);
            assert!(problem.detail.starts_with(said), "{}", problem.detail);
        }
    }

    #[test]
    fn services_are_written_in_full() {
        assert_eq!(
            services("iam, s3.amazonaws.com,,"),
            ["iam.amazonaws.com", "s3.amazonaws.com"]
        );
    }

    #[test]
    fn words_are_checked_against_those_known() {
        assert_eq!(
            words("status", " ok,,error", &["ok", "error"]).unwrap(),
            ["ok", "error"]
        );
        let problem = words("status", "ok,urgent", &["ok", "error"]).unwrap_err();
        assert_eq!(
            problem.detail,
            "status: there is no \"urgent\"; there are ok, error"
        );
        assert_eq!(word("sort", "", &["a", "b"]), Ok("a"));
        assert_eq!(word("sort", "b", &["a", "b"]), Ok("b"));
        assert_eq!(word("sort", "c", &["a", "b"]).unwrap_err().status, 400);
    }

    #[test]
    fn limits_have_limits() {
        assert_eq!(
            (limit(None), limit(Some(1)), limit(Some(200))),
            (Ok(50), Ok(1), Ok(200))
        );
        for wrong in [0, 201, u32::MAX] {
            assert_eq!(limit(Some(wrong)).unwrap_err().status, 400, "{wrong}");
        }
        assert_eq!(text("text", &"x".repeat(501)).unwrap_err().status, 400);
        assert_eq!(cluster("3f2a").unwrap_err().status, 400);
    }
}
