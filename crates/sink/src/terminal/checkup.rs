//! A check on a terminal: its steps by account, region and log group, advice below what is wrong, the verdict at the end.

use anstyle::{AnsiColor, Style};

use super::TerminalOptions;
use super::layout::Lines;
use super::report::{BOLD, FAINT, PLAIN};
use crate::checkup::{CheckOutcome, CheckStep, Checkup};

/// Where a step belongs: account and region.
type Place<'a> = (Option<&'a str>, Option<&'a str>);

/// A check, for people.
#[must_use]
pub fn render_checkup(checkup: &Checkup, options: &TerminalOptions) -> String {
    let mut lines = Lines::new(options);
    let places = in_order(checkup.steps.iter().map(place));
    for here in places {
        let steps: Vec<&CheckStep> = checkup.steps.iter().filter(|step| place(step) == here).collect();
        at_place(here, &steps, &mut lines);
    }
    lines.blank();
    for sentence in &checkup.verdict {
        lines.paragraph("", 2, &[(BOLD, sentence)]);
    }
    lines.into_text()
}

fn place(step: &CheckStep) -> Place<'_> {
    (step.account.as_deref(), step.region.as_deref())
}

/// Each once, in the order of their first occurrences.
fn in_order<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for item in items {
        if !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

/// The steps of one account and region: those about all of it, then group by group.
fn at_place((account, region): Place<'_>, steps: &[&CheckStep], lines: &mut Lines) {
    let named = [("account", account), ("region", region)];
    let heading: Vec<String> = named
        .into_iter()
        .filter_map(|(word, name)| name.map(|name| format!("{word} {name}")))
        .collect();
    let indent = if heading.is_empty() { 0 } else { 2 };
    if indent > 0 {
        lines.blank();
        lines.paragraph("", 2, &[(BOLD, &heading.join(", "))]);
    }
    about(None, indent, steps, lines);
    for group in in_order(steps.iter().filter_map(|step| step.group.as_deref())) {
        let pad = " ".repeat(indent);
        lines.paragraph(&pad, indent + 2, &[(BOLD, &format!("log group {group}"))]);
        about(Some(group), indent + 2, steps, lines);
    }
}

/// The steps about one log group, or about none.
fn about(group: Option<&str>, indent: usize, steps: &[&CheckStep], lines: &mut Lines) {
    for step in steps.iter().filter(|step| step.group.as_deref() == group) {
        tell(step, indent, lines);
    }
}

fn tell(step: &CheckStep, indent: usize, lines: &mut Lines) {
    let pad = " ".repeat(indent);
    let (mark, style) = look(step.outcome);
    let text = match step.outcome {
        CheckOutcome::Skipped => FAINT,
        _ => PLAIN,
    };
    let subject = if step.subject.is_empty() {
        String::new()
    } else {
        format!(" {}", step.subject)
    };
    let spans = [
        (text, step.name.as_str()),
        (text, &subject),
        (text, ": "),
        (text, &step.found),
    ];
    lines.labelled((style, &format!("{pad}{mark} ")), indent + 2, &spans);
    if let Some(advice) = &step.advice {
        lines.paragraph(&format!("{pad}  → "), indent + 4, &[(PLAIN, advice)]);
    }
}

const fn look(outcome: CheckOutcome) -> (char, Style) {
    match outcome {
        CheckOutcome::Good => ('✓', AnsiColor::Green.on_default()),
        CheckOutcome::Skipped => ('–', FAINT),
        CheckOutcome::Warning => ('!', AnsiColor::Yellow.on_default()),
        CheckOutcome::Bad => ('✗', AnsiColor::Red.on_default().bold()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::HOSTILE;

    fn step(outcome: CheckOutcome, group: Option<&str>, found: &str) -> CheckStep {
        let at = |name: &str| group.map(|_| name.to_owned());
        CheckStep {
            name: "newest record".to_owned(),
            account: at("111122223333"),
            region: at("eu-west-1"),
            group: group.filter(|group| !group.is_empty()).map(str::to_owned),
            subject: String::new(),
            outcome,
            hinders: false,
            found: found.to_owned(),
            advice: (outcome > CheckOutcome::Skipped)
                .then(|| "look whether the trail is logging and may write here".to_owned()),
        }
    }

    fn checkup() -> Checkup {
        Checkup {
            steps: vec![
                step(CheckOutcome::Good, None, "account 111122223333"),
                step(CheckOutcome::Good, Some(""), "allowed"),
                step(
                    CheckOutcome::Bad,
                    Some("trail-a"),
                    "the group is empty: no record in the last 14 days",
                ),
                step(
                    CheckOutcome::Warning,
                    Some("trail-b"),
                    "2026-01-31T12:00:00Z, 2 h 10 min ago",
                ),
                step(CheckOutcome::Skipped, Some(""), "not asked for"),
                step(CheckOutcome::Good, None, "after all places, and yet above them"),
            ],
            verdict: vec![
                "no findings from log group trail-a: it is empty".to_owned(),
                "perhaps fewer".to_owned(),
            ],
        }
    }

    fn text(color: bool) -> String {
        let options = TerminalOptions {
            width: 60,
            color,
            ..TerminalOptions::default()
        };
        render_checkup(&checkup(), &options)
    }

    #[test]
    fn steps_stand_under_their_places() {
        insta::assert_snapshot!(text(false));
    }

    #[test]
    fn marks_are_coloured() {
        insta::assert_snapshot!(text(true).replace('\u{1b}', "^"));
    }

    #[test]
    fn hostile_text_is_harmless() {
        for (name, hostile) in HOSTILE {
            let mut checkup = checkup();
            checkup.verdict = vec![hostile.to_owned()];
            for step in &mut checkup.steps {
                let fields = [&mut step.name, &mut step.subject, &mut step.found];
                fields.into_iter().for_each(|field| *field = hostile.to_owned());
                step.group = Some(hostile.to_owned());
                step.advice = Some(hostile.to_owned());
            }
            let text = render_checkup(&checkup, &TerminalOptions::default());
            let safe = |c: char| c == '\n' || !crate::harmless::is_unsafe(c);
            assert!(text.chars().all(safe), "{name}: {text:?}");
        }
    }
}
