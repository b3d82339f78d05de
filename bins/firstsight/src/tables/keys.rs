//! Access keys as a table.

use std::fmt::Write as _;

use firstsight_sink::terminal::neutralise;
use firstsight_sink::{KeyActivity, KeyStanding, untold as gaps};

use super::{Table, capped, minute};

/// Access keys; with what IAM says of them where it was asked.
pub(crate) fn keys(rows: &[KeyActivity], cut: Option<usize>) -> String {
    let asked = rows.iter().any(|row| row.iam.is_some());
    let mut head = vec!["KEY", "ACCOUNT", "LAST USED", "REGION", "ERRORS"];
    if asked {
        head.extend(["STATUS", "CREATED", "IAM LAST USED", "IAM USER"]);
    }
    head.extend(["LAST CALL", "OWNER"]);
    let mut table = Table::new(&head);
    for row in rows {
        let mut cells = vec![
            row.id.clone(),
            row.account.clone(),
            minute(row.last_used),
            row.region.clone(),
            row.errors.to_string(),
        ];
        if asked {
            cells.extend(standing(row.iam.as_ref()));
        }
        cells.extend([row.last_call.clone(), row.owner.clone()]);
        table.row(&cells);
    }
    table.render(cut, "no access key has been seen") + &untold(rows)
}

/// Status, age, last use and user by IAM. A key that it was not asked for has a dash: temporary keys are not known to it.
fn standing(iam: Option<&KeyStanding>) -> [String; 4] {
    let words = |status: &str| [status, "-", "-", "-"].map(str::to_owned);
    match iam {
        None => words("-"),
        Some(KeyStanding::Unknown { .. }) => words("unknown"),
        Some(KeyStanding::Known {
            user,
            active,
            created,
            last_used,
            ..
        }) => [
            match active {
                Some(true) => "active",
                Some(false) => "inactive",
                None => "unknown",
            }
            .to_owned(),
            created.map_or_else(|| "-".to_owned(), |on| minute(on).chars().take(10).collect()),
            last_used.map_or_else(|| "never".to_owned(), minute),
            if user.is_empty() { "-" } else { user }.to_owned(),
        ],
    }
}

/// Why IAM does not tell, once a reason, below the table.
fn untold(rows: &[KeyActivity]) -> String {
    let mut text = String::new();
    for gap in gaps(rows) {
        let _ = writeln!(text, "{}", neutralise(&capped(&gap)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, iam: Option<KeyStanding>) -> KeyActivity {
        KeyActivity {
            id: id.to_owned(),
            account: "111122223333".to_owned(),
            owner: "arn:aws:iam::111122223333:user/alice".to_owned(),
            last_used: "2026-03-14T10:52:10Z".parse().unwrap(),
            last_call: "iam:CreateUser".to_owned(),
            region: "us-east-1".to_owned(),
            errors: 4,
            iam,
        }
    }

    fn known(active: Option<bool>, last_used: Option<&str>) -> KeyStanding {
        KeyStanding::Known {
            user: "ali\u{1b}ce".to_owned(),
            active,
            created: active.and_then(|_| "2023-05-02T08:00:00Z".parse().ok()),
            last_used: last_used.and_then(|time| time.parse().ok()),
            service: None,
            region: None,
            reason: active.is_none().then(|| "not permitted".to_owned()),
        }
    }

    #[test]
    fn keys_without_iam_have_no_columns_of_it() {
        let text = keys(&[key("AKIA1", None)], None);
        let head = "KEY    ACCOUNT       LAST USED         REGION     ERRORS  LAST CALL       OWNER";
        assert_eq!(text.lines().next(), Some(head));
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn keys_with_iam_tell_status_age_and_last_use_and_why_not() {
        let rows = [
            key("AKIA1", Some(known(Some(true), Some("2026-03-14T10:49:00Z")))),
            key("AKIA2", Some(known(Some(false), None))),
            key("AKIA3", Some(known(None, None))),
            key(
                "AKIA4",
                Some(KeyStanding::Unknown {
                    reason: "line\nbreak".to_owned(),
                }),
            ),
            key("ASIA5", None),
        ];
        let text = keys(&rows, None);
        let told = text.lines().map(|line| line.get(58..109).unwrap_or(line).trim());
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "STATUS    CREATED     IAM LAST USED     IAM USER",
                "active    2023-05-02  2026-03-14 10:49  ali\\u{1b}ce",
                "inactive  2023-05-02  never             ali\\u{1b}ce",
                "unknown   -           never             ali\\u{1b}ce",
                "unknown   -           -                 -",
                "-         -           -                 -",
                "IAM tells neither status nor age of 1 access key: not permitted",
                "IAM tells nothing of 1 access key: line\\nbreak",
            ]
        );
    }
}
