//! What people do with the forms of the pages. Each answers by leading back.

use axum::extract::{Form, Path};
use axum::response::Response;
use firstsight_engine::Time;
use serde::Deserialize;

use super::flash::Done;
use super::visit::Visit;
use crate::model::{self, LifeCycleWord, NewMute};
use crate::problem::Problem;
use crate::refusal::Refusal;

/// What is said of a cluster, as the form has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Says {
    /// A word, see [`LifeCycleWord::life_cycle`].
    life_cycle: String,
    /// Of `archived`: until when, see [`until`].
    until: String,
    /// Of `archived` until `date`: which.
    date: String,
    note: String,
    back: String,
}

/// `POST /clusters/{inspection}/{id}/life-cycle`.
pub(super) async fn life_cycle(
    visit: Visit,
    Path((inspection, id)): Path<(String, String)>,
    Form(says): Form<Says>,
) -> Response {
    let done = async {
        visit.must_change()?;
        let word = LifeCycleWord {
            life_cycle: word(&says, visit.now)?,
            note: says.note.clone(),
        };
        let control = visit.app.control.as_ref();
        model::set_life_cycle(control, &inspection, &id, &word, &visit.viewer.name).await?;
        Ok(Done::LifeCycle)
    };
    visit.did(done.await, &says.back)
}

/// The word that the form means.
fn word(says: &Says, now: Time) -> Result<String, Problem> {
    match says.life_cycle.as_str() {
        "archived" => until(&says.until, &says.date, now),
        word => Ok(word.to_owned()),
    }
}

/// How long something stays archived: `escalation`, `forever`, so many days (`7d`), or the start of a `date`.
fn until(until: &str, date: &str, now: Time) -> Result<String, Problem> {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let days = until.strip_suffix('d').and_then(|days| days.parse::<i64>().ok());
    Ok(match (until, days) {
        ("" | "escalation", _) => "archived".to_owned(),
        ("forever", _) => "archived-forever".to_owned(),
        (_, Some(days)) => {
            format!(
                "archived-until:{}",
                now.plus_millis(days.saturating_mul(DAY)).hour().start()
            )
        }
        _ => {
            let start: Time = format!("{date}T00:00:00Z")
                .parse()
                .map_err(|_| Refusal::NoDate(date.to_owned()))?;
            format!("archived-until:{start}")
        }
    })
}

/// A mute, as the form has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Mutes {
    inspection: String,
    account: String,
    /// `account`, `cluster:ID`, `actor:NAME`.
    what: String,
    duration: String,
    reason: String,
    back: String,
}

/// `POST /mutes`.
pub(super) async fn mute(visit: Visit, Form(form): Form<Mutes>) -> Response {
    let done = async {
        visit.must_change()?;
        let control = visit.app.control.as_ref();
        model::set_mute(control, &form.inspection, &new_mute(&form)?, &visit.viewer.name).await?;
        Ok(Done::Muted)
    };
    visit.did(done.await, &form.back)
}

fn new_mute(form: &Mutes) -> Result<NewMute, Problem> {
    let mut mute = NewMute {
        reason: form.reason.clone(),
        account: form.account.clone(),
        duration: form.duration.clone(),
        ..NewMute::default()
    };
    match form.what.split_once(':') {
        Some(("cluster", id)) => mute.cluster = id.to_owned(),
        Some(("actor", name)) => mute.actor = just(name),
        _ if form.what == "account" && !form.account.is_empty() => {}
        // A mute of nothing in particular would be one of everything.
        _ => {
            return Err(Refusal::MuteOfNothing.into());
        }
    }
    Ok(mute)
}

/// A pattern for one name. Who fails to log in chooses the name that is written down: a `*` in it is not to mute everybody.
fn just(name: &str) -> String {
    name.replace('*', "?")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        "2026-03-14T11:42:00Z".parse().unwrap()
    }

    #[test]
    fn archiving_ends_when_the_form_says() {
        let told = |text: &str, date: &str| until(text, date, now());
        assert_eq!(told("", "").unwrap(), "archived");
        assert_eq!(told("forever", "").unwrap(), "archived-forever");
        assert_eq!(told("7d", "").unwrap(), "archived-until:2026-03-21T11:00:00Z");
        assert_eq!(
            told("date", "2026-04-01").unwrap(),
            "archived-until:2026-04-01T00:00:00Z"
        );
        assert!(told("date", "").unwrap_err().detail.contains("is no date"));
        assert!(told("date", "2026-13-01").is_err());
    }

    #[test]
    fn a_name_mutes_nobody_else() {
        let form = Mutes {
            what: "actor:*".to_owned(),
            account: "1".to_owned(),
            ..Mutes::default()
        };
        assert_eq!(new_mute(&form).unwrap().actor, "?");
    }

    #[test]
    fn a_mute_is_about_something() {
        let form = |what: &str, account: &str| Mutes {
            what: what.to_owned(),
            account: account.to_owned(),
            ..Mutes::default()
        };
        assert_eq!(
            new_mute(&form("actor:arn:aws:iam::1:user/x", "1")).unwrap().actor,
            "arn:aws:iam::1:user/x"
        );
        assert_eq!(new_mute(&form("cluster:ab", "")).unwrap().cluster, "ab");
        assert_eq!(
            new_mute(&form("account", "111122223333")).unwrap().account,
            "111122223333"
        );
        for nothing in [form("account", ""), form("", "1"), form("other:x", "1")] {
            assert!(new_mute(&nothing).is_err(), "{nothing:?}");
        }
    }
}
