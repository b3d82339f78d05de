//! Access keys.

use firstsight_daemon::Control;
use firstsight_engine::Time;
use firstsight_inspection::key_activity;
use firstsight_sink::{KeyActivity, KeyStanding};
use firstsight_store::{Found, KeyRow, KeySearch, KeySort};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked;
use super::cursor::{self, Cursor, Listed, Way};
use crate::api::shapes;
use crate::problem::Problem;

/// Which access keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct KeyFilter {
    /// Text to look for: id, owner, last call.
    #[param(max_length = 500)]
    pub text: String,
    /// The name of an inspection.
    pub inspection: String,
    /// Accounts, with commas between them.
    pub account: String,
    /// `yes`: only long-lived ones.
    #[param(pattern = "^(yes|no)?$")]
    pub long_lived: String,
    /// `last-used` or `errors`, the most first. Default `last-used`.
    #[param(pattern = "^(last-used|errors)?$")]
    pub sort: String,
    /// Where the page begins.
    pub cursor: String,
    /// So many rows, 1 to 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl KeyFilter {
    /// Whether it leaves keys out: neither order nor page do.
    #[must_use]
    pub fn narrows(&self) -> bool {
        let all = Self {
            sort: self.sort.clone(),
            cursor: self.cursor.clone(),
            limit: self.limit,
            ..Self::default()
        };
        *self != all
    }
}

/// An access key in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeyLine {
    /// Its id.
    pub id: String,
    /// The inspection that knows it.
    pub inspection: String,
    /// Its account.
    pub account: String,
    /// Its owner: an actor's name.
    pub owner: String,
    /// When it was used last, as far as records were read.
    #[schema(value_type = shapes::Moment)]
    pub last_used: Time,
    /// The last call, as `iam:CreateUser`.
    pub last_call: String,
    /// Its region.
    pub region: String,
    /// Remembered error events made with it.
    pub errors: u64,
    /// Whether it is long-lived (`AKIA…`).
    pub long_lived: bool,
    /// What IAM said of it behind the last run; `None` where it was not asked.
    #[schema(value_type = Option<Object>)]
    pub iam: Option<KeyStanding>,
}

impl KeyLine {
    /// The key as events tell of it.
    #[must_use]
    pub fn activity(&self) -> KeyActivity {
        KeyActivity {
            id: self.id.clone(),
            account: self.account.clone(),
            owner: self.owner.clone(),
            last_used: self.last_used,
            last_call: self.last_call.clone(),
            region: self.region.clone(),
            errors: self.errors,
            iam: self.iam.clone(),
        }
    }
}

/// What ids of long-lived keys begin with. Source: IAM user guide, unique identifiers.
const LONG_LIVED: &str = "AKIA";
/// The greatest number first; ties by account, inspection and id.
const MOST_FIRST: Way = Way {
    numbers_descend: true,
    names_descend: false,
    ids_descend: false,
};

/// Access keys, in the order asked for.
///
/// # Errors
/// When the filter makes no sense, or a state cannot be read.
pub async fn keys(control: &dyn Control, filter: &KeyFilter) -> Result<Listed<KeyLine>, Problem> {
    let stores = asked::stores(control, &filter.inspection)?;
    let (order, search) = search(filter)?;
    let cursor = Cursor::decode(&filter.cursor, &order)?;
    let mut pages = Vec::with_capacity(stores.len());
    for (name, store) in &stores {
        let search = KeySearch {
            after: cursor.as_ref().map(|cursor| behind(cursor, name)),
            ..search.clone()
        };
        let mut found = placed(store.search_keys(&search).await?, name, &order, search.sort);
        let known = control.key_standings(name);
        for (_, key) in &mut found.rows {
            key.iam = known.get(&key.id).cloned();
        }
        pages.push(found);
    }
    Ok(cursor::merge(pages, MOST_FIRST, search.limit))
}

fn search(filter: &KeyFilter) -> Result<(String, KeySearch), Problem> {
    let sort = asked::word("sort", &filter.sort, &["last-used", "errors"])?;
    let search = KeySearch {
        text: asked::text("text", &filter.text)?,
        accounts: asked::list(&filter.account),
        long_lived: asked::yes_or_no("long_lived", &filter.long_lived)? == Some(true),
        sort: if sort == "errors" {
            KeySort::Errors
        } else {
            KeySort::LastUsed
        },
        after: None,
        limit: asked::limit(filter.limit)?,
    };
    Ok((format!("keys {sort}"), search))
}

fn behind(cursor: &Cursor, inspection: &str) -> (i64, String, String) {
    let id = cursor::start(cursor, inspection).text();
    (cursor.number, cursor.name.clone(), id)
}

/// Each row with its place.
fn placed(found: Found<KeyRow>, inspection: &str, order: &str, sort: KeySort) -> Found<(Cursor, KeyLine)> {
    let row = |row: KeyRow| {
        let place = Cursor {
            order: order.to_owned(),
            number: match sort {
                KeySort::LastUsed => row.last.last_used.as_millis(),
                KeySort::Errors => i64::try_from(row.errors).unwrap_or(i64::MAX),
            },
            name: row.account.clone(),
            inspection: inspection.to_owned(),
            id: row.id.clone(),
        };
        (place, line(row, inspection))
    };
    Found {
        rows: found.rows.into_iter().map(row).collect(),
        more: found.more,
    }
}

fn line(row: KeyRow, inspection: &str) -> KeyLine {
    let key = key_activity(row);
    KeyLine {
        long_lived: key.id.starts_with(LONG_LIVED),
        id: key.id,
        inspection: inspection.to_owned(),
        account: key.account,
        owner: key.owner,
        last_used: key.last_used,
        last_call: key.last_call,
        region: key.region,
        errors: key.errors,
        iam: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    async fn walk(filter: &KeyFilter, limit: u32) -> Vec<KeyLine> {
        let fixture = Fixture::shared().await;
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let filter = KeyFilter {
                cursor,
                limit: Some(limit),
                ..filter.clone()
            };
            let page = keys(&*fixture.control, &filter).await.unwrap();
            walked.extend(page.items);
            match page.next {
                Some(next) => cursor = next,
                None => return walked,
            }
        }
    }

    fn sorted(sort: &str) -> KeyFilter {
        KeyFilter {
            sort: sort.to_owned(),
            ..KeyFilter::default()
        }
    }

    #[tokio::test]
    async fn all_pages_together_are_the_whole_list() {
        for sort in ["", "last-used", "errors"] {
            let whole = walk(&sorted(sort), 200).await;
            assert!(whole.len() > 10, "{}", whole.len());
            assert_eq!(walk(&sorted(sort), 3).await, whole, "{sort}");
        }
        let by_errors: Vec<_> = walk(&sorted("errors"), 200)
            .await
            .iter()
            .map(|key| key.errors)
            .collect();
        assert!(
            by_errors.is_sorted_by(|a, b| a >= b) && by_errors[0] > 0,
            "{by_errors:?}"
        );
    }

    #[tokio::test]
    async fn filters_give_just_what_they_ask_for() {
        let all = walk(&sorted(""), 200).await;
        let mut long_lived = sorted("");
        long_lived.long_lived = "yes".to_owned();
        let expected: Vec<_> = all
            .iter()
            .filter(|key| key.id.starts_with("AKIA"))
            .cloned()
            .collect();
        assert!(!expected.is_empty() && expected.len() < all.len());
        assert_eq!(walk(&long_lived, 200).await, expected);
        let mut account = sorted("");
        account.account = "123456789012".to_owned();
        let [eve] = walk(&account, 200).await.try_into().unwrap();
        assert_eq!(
            (eve.owner.as_str(), eve.inspection.as_str(), eve.errors),
            ("arn:aws:iam::123456789012:user/eve", "sandbox", 15)
        );
        assert_eq!(eve.last_call, "iam:CreateAccessKey");
    }

    #[tokio::test]
    async fn what_iam_says_stands_beside_the_key_and_in_its_events() {
        let control = Fixture::new().await.control;
        let filter = KeyFilter {
            inspection: "main".to_owned(),
            long_lived: "yes".to_owned(),
            ..KeyFilter::default()
        };
        let listed = keys(&*control, &filter).await.unwrap().items;
        assert!(listed.iter().all(|key| key.iam.is_none()));
        let standing = KeyStanding::Unknown {
            reason: "of a test".to_owned(),
        };
        let says = listed.iter().map(|key| (key.id.clone(), standing.clone()));
        control.set_key_standings("main", says.collect());
        let listed = keys(&*control, &filter).await.unwrap().items;
        assert!(!listed.is_empty() && listed.iter().all(|key| key.iam == Some(standing.clone())));
        let filter = crate::model::EventFilter::default();
        let events = crate::model::events(&*control, &filter).await.unwrap();
        let mut told = 0;
        for line in events.items {
            let event = crate::model::event(&*control, &line.id, firstsight_engine::Locale::English);
            let keys = event.await.unwrap().event.keys;
            told += keys.iter().filter(|key| key.iam.is_some()).count();
        }
        assert!(told > 0, "no event names a long-lived key");
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_refused() {
        let fixture = Fixture::shared().await;
        let mut filter = sorted("age");
        assert_eq!(keys(&*fixture.control, &filter).await.unwrap_err().status, 400);
        filter.sort.clear();
        filter.inspection = "nobody".to_owned();
        assert_eq!(keys(&*fixture.control, &filter).await.unwrap_err().status, 404);
    }
}
