//! What people do with an inspection: run it, change a setting, drop a change.

use axum::extract::{Form, Path};
use axum::response::Response;
use firstsight_config::OverrideKey;
use firstsight_store::Said;
use serde::Deserialize;

use crate::pages::flash::Done;
use crate::pages::visit::Visit;
use crate::problem::Problem;
use crate::refusal::Refusal;

/// A form that says nothing but where it leads back to, and why.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Plain {
    note: String,
    back: String,
}

/// `POST /inspections/{name}/run`.
pub(in crate::pages) async fn run_now(
    visit: Visit,
    Path(name): Path<String>,
    Form(form): Form<Plain>,
) -> Response {
    let done = async {
        visit.must_change()?;
        visit.app.control.run_now(&name, &visit.viewer.name).await?;
        Ok(Done::RunStarted)
    };
    visit.did(done.await, &form.back)
}

/// Fields of a form, in its order: a name can come more than once.
type Fields = Vec<(String, String)>;

/// `POST /inspections/{name}/settings/{key}`.
pub(in crate::pages) async fn set(
    visit: Visit,
    Path((name, key)): Path<(String, String)>,
    Form(fields): Form<Fields>,
) -> Response {
    let done = async {
        visit.must_change()?;
        let key = known(&key)?;
        let said = said(&visit, first(&fields, "note"))?;
        let value = value(key, &fields);
        visit.app.control.set_override(&name, key, &value, &said).await?;
        Ok(Done::SettingChanged)
    };
    visit.did(done.await, first(&fields, "back"))
}

/// `POST /inspections/{name}/settings/{key}/drop`.
pub(in crate::pages) async fn drop(
    visit: Visit,
    Path((name, key)): Path<(String, String)>,
    Form(form): Form<Plain>,
) -> Response {
    let done = async {
        visit.must_change()?;
        let key = known(&key)?;
        let said = said(&visit, &form.note)?;
        visit.app.control.drop_override(&name, key, &said).await?;
        Ok(Done::SettingDropped)
    };
    visit.did(done.await, &form.back)
}

fn known(key: &str) -> Result<OverrideKey, Problem> {
    OverrideKey::named(key).ok_or_else(|| Refusal::NoSetting(key.to_owned()).into())
}

fn said(visit: &Visit, note: &str) -> Result<Said, Problem> {
    if note.chars().count() > Said::MAX_NOTE {
        return Err(Refusal::TooLong {
            field: "note",
            most: Said::MAX_NOTE,
        }
        .into());
    }
    Ok(Said {
        by: visit.viewer.name.clone(),
        at: visit.app.control.now(),
        note: note.trim().to_owned(),
    })
}

fn first<'a>(fields: &'a Fields, name: &str) -> &'a str {
    all(fields, name).next().unwrap_or_default()
}

fn all<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a str> {
    let found = fields.iter().filter(move |(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}

/// A setting's value as the daemon takes it: TOML, or a plain text.
fn value(key: OverrideKey, fields: &Fields) -> String {
    match key {
        OverrideKey::Enabled | OverrideKey::Schedule | OverrideKey::TimeZone => {
            first(fields, "value").trim().to_owned()
        }
        OverrideKey::Filters => {
            let lines = first(fields, "value").lines().map(str::trim);
            list(lines.filter(|line| !line.is_empty()))
        }
        OverrideKey::Policies if !first(fields, "all").is_empty() => "\"all\"".to_owned(),
        OverrideKey::Policies => list(all(fields, "policy")),
    }
}

/// A list of texts in TOML: it is written as JSON writes it.
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<&str> = texts.collect();
    serde_json::to_string(&texts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn settings_are_told_in_toml() {
        let lines = fields(&[("value", " /aws/a \r\n\r\n/aws/\"b\"\n")]);
        assert_eq!(value(OverrideKey::Filters, &lines), r#"["/aws/a","/aws/\"b\""]"#);
        let cron = fields(&[("value", " 0 * * * * ")]);
        assert_eq!(value(OverrideKey::Schedule, &cron), "0 * * * *");
        let some = fields(&[("policy", "night"), ("policy", "day")]);
        assert_eq!(value(OverrideKey::Policies, &some), r#"["night","day"]"#);
        let all = fields(&[("all", "yes"), ("policy", "day")]);
        assert_eq!(value(OverrideKey::Policies, &all), "\"all\"");
        assert_eq!(value(OverrideKey::Policies, &fields(&[])), "[]");
    }
}
