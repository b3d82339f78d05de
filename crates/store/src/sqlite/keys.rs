//! Lists of access keys, and how many errors were made with each.

use std::collections::BTreeSet;

use firstsight_engine::Dimension;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::Result;
use super::convert::failed;
use super::report::Key;
use super::rows::{execute, ids, texts};
use crate::{FoundKeys, KeyRow, KeySearch, KeySort, lists, rules};

/// Access keys, a page of them.
pub(super) async fn search(conn: &mut SqliteConnection, search: &KeySearch) -> Result<FoundKeys> {
    let (number, account, id) = search
        .after
        .clone()
        .unwrap_or((i64::MAX, String::new(), String::new()));
    let limit = i64::try_from(search.limit).unwrap_or(i64::MAX);
    let is_beginning = lists::is_key_beginning(&search.text);
    let text = match is_beginning {
        true => search.text.clone(),
        false => search.text.to_ascii_lowercase(),
    };
    // No character comes behind the last one.
    let end = format!("{text}{}", char::MAX);
    let rows: Vec<Key> = sqlx::query_as(AssertSqlSafe(statement(search, is_beginning)))
        .bind(texts(&search.accounts)?)
        .bind(text)
        .bind(number)
        .bind(account)
        .bind(id)
        .bind(limit.saturating_add(1))
        .bind(end)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let rows = rows.into_iter().map(KeyRow::from);
    Ok(lists::page(rows.collect(), search.limit))
}

/// Read from the index of its order; but for a text, which few keys may hold, all keys are looked at where they stand, or those
/// that begin so.
fn statement(search: &KeySearch, is_beginning: bool) -> String {
    let column = match search.sort {
        KeySort::LastUsed => "last_used",
        KeySort::Errors => "errors",
    };
    let index = match search.text.is_empty() {
        true => format!("INDEXED BY key_uses_by_{column}"),
        false => "NOT INDEXED".to_owned(),
    };
    let mut filters = vec!["(?1 = '[]' OR a.name IN (SELECT value FROM json_each(?1)))".to_owned()];
    if search.long_lived {
        filters.push(format!(
            "substr(k.key, 1, {}) = '{1}'",
            rules::LONG_LIVED.len(),
            rules::LONG_LIVED
        ));
    }
    if !search.text.is_empty() && !is_beginning {
        let holds = ["key", "owner", "event_name"].map(|part| format!("instr(lower(k.{part}), ?2) > 0"));
        filters.push(format!("({})", holds.join(" OR ")));
    }
    if search.after.is_some() {
        filters.push(format!(
            "k.{column} <= ?3 AND (k.{column} < ?3 OR (a.name, k.key) > (?4, ?5))"
        ));
    }
    let from = if is_beginning {
        "accounts AS a CROSS JOIN key_uses AS k ON k.account = a.id AND k.key >= ?2 AND k.key < ?7".to_owned()
    } else {
        format!("key_uses AS k {index} CROSS JOIN accounts AS a ON a.id = k.account")
    };
    let filters = filters.join(" AND ");
    format!(
        "SELECT k.key, a.name AS account, k.last_used, k.event_source, k.event_name, k.region, k.owner, k.errors \
         FROM {from} WHERE {filters} \
         ORDER BY k.{column} DESC, a.name, k.key LIMIT ?6"
    )
}

const ERRORS: &str = "\
    IFNULL((SELECT t.total FROM dimension_values AS v JOIN account_values AS t ON t.value = v.id \
    WHERE v.dimension = 1 AND v.text = key_uses.key AND t.owner = key_uses.account), 0)";

/// The number of the dimension in the statements: they are made once.
const _: () = assert!(Dimension::AccessKey.code() == 1);

/// Counts the errors made with these keys, given by the numbers of their accounts and their ids.
pub(super) async fn count(conn: &mut SqliteConnection, keys: &BTreeSet<(i64, &str)>) -> Result<()> {
    let keys: Vec<_> = keys.iter().copied().collect();
    execute(
        conn,
        "WITH asked (account, key) AS (",
        &format!(
            ") UPDATE key_uses SET errors = {ERRORS} FROM asked \
             WHERE key_uses.account = asked.account AND key_uses.key = asked.key AND errors <> {ERRORS}"
        ),
        &keys,
        |values, (account, key)| {
            values.push_bind(*account).push_bind((*key).to_owned());
        },
    )
    .await
}

/// Counts them again for all keys of these accounts that had some; of all accounts when `None`. For what only takes away.
pub(super) async fn count_again(conn: &mut SqliteConnection, accounts: Option<&[i64]>) -> Result<()> {
    let again = format!(
        "UPDATE key_uses SET errors = {ERRORS} WHERE errors > 0 \
         AND (?1 IS NULL OR account IN (SELECT value FROM json_each(?1)))"
    );
    sqlx::query(AssertSqlSafe(again))
        .bind(accounts.map(|accounts| ids(accounts.iter().copied())))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}
