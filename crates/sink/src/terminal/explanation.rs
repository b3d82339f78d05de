//! An explanation on a terminal. What is meant to be copied stands on lines of its own and is never broken.

use anstyle::Style;
use firstsight_engine::{Dimension, Familiarity, HourCount, Labelled as _};

use super::TerminalOptions;
use super::layout::{Lines, columns};
use super::report::{ALERT, BOLD, FAINT, PLAIN, severity_style};
use crate::explanation::words::{self, Words};
use crate::explanation::{Explanation, Party, Told, Variable, What};
use crate::lead::Lead;
use crate::standing::sayings;
use crate::text;

/// The column where text begins under a heading.
const INDENT: usize = 2;
/// The columns of a dimension's name.
const NAME: usize = 16;
/// The columns of a chart of hours, at most.
const CHART: usize = 48;

/// One explanation, in its own language.
#[must_use]
pub fn render_explanation(explanation: &Explanation, options: &TerminalOptions) -> String {
    let mut lines = Lines::new(options);
    let page = Page {
        words: words::of(explanation.locale),
        explanation,
    };
    page.title(&mut lines);
    page.what(&mut lines);
    page.who(&mut lines);
    page.since(&mut lines);
    page.why(&mut lines);
    page.how_sure(&mut lines);
    page.history(&mut lines);
    page.next(&mut lines);
    lines.into_text()
}

struct Page<'a> {
    words: &'static Words,
    explanation: &'a Explanation,
}

fn under(lines: &mut Lines, style: Style, text: &str) {
    lines.paragraph("  ", INDENT, &[(style, text)]);
}

fn item(lines: &mut Lines, text: &str) {
    lines.paragraph("  - ", INDENT + 2, &[(PLAIN, text)]);
}

fn heading(lines: &mut Lines, text: &str) {
    lines.blank();
    lines.paragraph("", 0, &[(BOLD, text)]);
}

impl Page<'_> {
    fn title(&self, lines: &mut Lines) {
        let What {
            account,
            event_source,
            event_name,
            error_code,
            ..
        } = &self.explanation.what;
        let code = if error_code.is_empty() {
            self.words.no_code
        } else {
            error_code
        };
        let about = format!(
            " · {} {account} · {} {}",
            self.words.account, self.words.cluster, self.explanation.cluster
        );
        let call = text::call(event_source, event_name);
        lines.paragraph(
            "",
            2,
            &[(BOLD, &call), (PLAIN, " "), (PLAIN, code), (FAINT, &about)],
        );
    }

    fn what(&self, lines: &mut Lines) {
        heading(lines, self.words.what);
        let what = &self.explanation.what;
        if what.template.is_empty() {
            under(lines, FAINT, self.words.no_message);
        } else {
            under(lines, BOLD, &what.template);
        }
        for variable in &what.variables {
            self.variable(lines, variable);
        }
        let locale = self.explanation.locale;
        let mut kinds = vec![
            what.class.label(locale).to_owned(),
            what.verb.label(locale).to_owned(),
            what.sensitivity.label(locale).to_owned(),
        ];
        if let Some(technique) = &what.technique {
            let mut told = format!("MITRE ATT&CK {}", technique.id);
            if !technique.name.is_empty() {
                let tactic = technique.tactic.replace('-', " ");
                told = format!("{told} {} ({tactic})", technique.name);
            }
            kinds.push(told);
        }
        under(lines, PLAIN, &kinds.join(" · "));
    }

    fn variable(&self, lines: &mut Lines, variable: &Variable) {
        let mut values: Vec<String> = variable
            .values
            .iter()
            .map(|(value, count)| format!("{value} ×{}", text::thousands(*count)))
            .collect();
        if variable.more {
            values.push(self.words.more_values.to_owned());
        }
        let name = format!("<{}>  ", variable.name);
        lines.paragraph("  ", INDENT + 4, &[(FAINT, &name), (PLAIN, &values.join(", "))]);
    }

    fn who(&self, lines: &mut Lines) {
        if self.explanation.who.is_empty() {
            return;
        }
        heading(lines, self.words.who);
        for dimension in Dimension::ALL {
            let of = self
                .explanation
                .who
                .iter()
                .filter(|party| party.dimension == dimension);
            of.for_each(|party| self.party(lines, party));
        }
    }

    fn party(&self, lines: &mut Lines, party: &Party) {
        let locale = self.explanation.locale;
        let count = format!(" ×{}", text::thousands(party.count));
        let (mark, style) = match party.familiarity {
            Some(known @ (Familiarity::Unseen | Familiarity::Rare)) => (known.label(locale), ALERT),
            Some(known) => (known.label(locale), FAINT),
            None => ("", FAINT),
        };
        let name = party.dimension.label(locale);
        let space = NAME.saturating_sub(columns(name));
        let label = format!("  {name}{:space$}", "");
        let used = self.last_use(party);
        lines.labelled(
            (FAINT, &label),
            INDENT + 4,
            &[
                (PLAIN, &party.value),
                (FAINT, &count),
                (PLAIN, " "),
                (style, mark),
                (PLAIN, &used),
            ],
        );
    }

    fn last_use(&self, party: &Party) -> String {
        let mut keys = self.explanation.keys.iter();
        let known = keys.find(|key| party.dimension == Dimension::AccessKey && key.id == party.value);
        known.map_or_else(String::new, |key| {
            let time = text::minute(key.last_used);
            let used = (self.words.key_use)(&key.owner, &time, &key.last_call, &key.region);
            let by_iam: Vec<String> = sayings(key).iter().map(self.words.of_key).collect();
            if by_iam.is_empty() {
                format!(" · {used}")
            } else {
                format!(" · {used} · IAM: {}", by_iam.join(self.words.comma))
            }
        })
    }

    fn since(&self, lines: &mut Lines) {
        heading(lines, self.words.since);
        let since = &self.explanation.since;
        let moment = |time| format!("{} {}", text::date(time), text::clock(time));
        let seen = (self.words.seen)(
            since.seen.count,
            &moment(since.seen.first),
            &moment(since.seen.last),
        );
        under(lines, PLAIN, &seen);
        if let Some((bars, hours)) = bars(&since.hours) {
            let legend = format!("  {}", (self.words.each_mark)(hours));
            lines.paragraph("  ", INDENT, &[(PLAIN, &bars), (FAINT, &legend)]);
        }
    }

    fn why(&self, lines: &mut Lines) {
        heading(lines, self.words.why);
        if self.explanation.findings.is_empty() {
            under(lines, PLAIN, self.words.no_finding);
        }
        for finding in &self.explanation.findings {
            self.finding(lines, finding);
        }
        if self.explanation.more_findings > 0 {
            under(
                lines,
                FAINT,
                &(self.words.more_findings)(self.explanation.more_findings),
            );
        }
    }

    fn finding(&self, lines: &mut Lines, finding: &Told) {
        let locale = self.explanation.locale;
        let mut about = vec![
            String::new(),
            (self.words.range)(finding.window),
            (self.words.score)(finding.score),
        ];
        for (holds, word) in [
            (finding.late, self.words.late),
            (finding.learning, self.words.learning),
        ] {
            if holds {
                about.push(word.to_owned());
            }
        }
        about.push(format!("{} {}", self.words.finding, finding.id));
        let severity = finding.severity.label(locale).to_uppercase();
        lines.paragraph(
            "  ",
            INDENT + 2,
            &[
                (severity_style(finding.severity), &severity),
                (PLAIN, " "),
                (BOLD, finding.novelty.label(locale)),
                (FAINT, &about.join(" · ")),
            ],
        );
        finding.why.iter().for_each(|reason| item(lines, reason));
    }

    fn how_sure(&self, lines: &mut Lines) {
        heading(lines, self.words.how_sure);
        let sentences = self.explanation.how_sure.join(self.words.between_sentences);
        under(lines, PLAIN, &sentences);
    }

    fn history(&self, lines: &mut Lines) {
        if self.explanation.history.is_empty() {
            return;
        }
        heading(lines, self.words.history);
        for change in &self.explanation.history {
            let said = &change.said;
            let time = text::minute(said.at);
            let [before, after] = [&change.before, &change.after].map(|word| or_dash(word));
            let mut told = (self.words.change)(&said.by, &time, &change.action, before, after);
            if !said.note.is_empty() {
                told = format!("{told}: {}", said.note);
            }
            item(lines, &told);
        }
    }

    fn next(&self, lines: &mut Lines) {
        heading(lines, self.words.next);
        let next = &self.explanation.next;
        if next.records.is_empty() {
            under(lines, PLAIN, self.words.no_record);
        } else {
            under(lines, FAINT, self.words.records);
        }
        next.records.iter().for_each(|lead| record(lines, lead));
        let insights = (self.words.insights)(&(self.words.range)(next.insights.range));
        under(lines, FAINT, &insights);
        next.insights
            .query
            .lines()
            .for_each(|line| lines.verbatim(INDENT + 2, line));
        if let Some(command) = &next.lookup {
            under(lines, FAINT, self.words.lookup);
            lines.verbatim(INDENT + 2, command);
        }
        if !next.commands.is_empty() {
            under(lines, FAINT, self.words.commands);
        }
        for command in &next.commands {
            item(lines, (self.words.action)(&command.action));
            lines.verbatim(INDENT + 2, &command.command);
        }
    }
}

/// A life cycle; a dash for that of a cluster that was not there.
fn or_dash(life_cycle: &str) -> &str {
    if life_cycle.is_empty() { "-" } else { life_cycle }
}

fn record(lines: &mut Lines, lead: &Lead) {
    let when = format!("{} {} UTC  ", text::date(lead.time), text::clock(lead.time));
    lines.paragraph(
        "  ",
        INDENT + 4,
        &[
            (PLAIN, &when),
            (PLAIN, &lead.event_id),
            (FAINT, "  "),
            (FAINT, &lead.actor),
        ],
    );
    if let Some(link) = &lead.console {
        lines.verbatim(INDENT + 2, link);
    }
}

/// Counts over time as one line, from the first hour to the last, and how many hours each mark stands for.
fn bars(hours: &[HourCount]) -> Option<(String, u64)> {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (first, last) = (hours.first()?.hour.index(), hours.last()?.hour.index());
    let total = last.abs_diff(first) + 1;
    let each = total.div_ceil(CHART as u64).max(1);
    let mut sums = vec![0_u64; usize::try_from(total.div_ceil(each)).ok()?];
    for count in hours {
        let place = usize::try_from(count.hour.index().abs_diff(first) / each).ok()?;
        let sum = sums.get_mut(place)?;
        *sum = sum.saturating_add(count.span.count);
    }
    let most = sums.iter().copied().max()?.max(1);
    let bar = |sum: u64| match sum {
        0 => '·',
        // The tallest bar is for the most, and every occurrence has at least the lowest one.
        _ => BARS[usize::try_from(u128::from(sum) * 7 / u128::from(most)).unwrap_or(7)],
    };
    Some((sums.into_iter().map(bar).collect(), each))
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{Hour, Span};

    use super::*;

    fn counts(of: &[(i64, u64)]) -> Vec<HourCount> {
        of.iter()
            .map(|(index, count)| {
                let hour = Hour::from_index(*index);
                HourCount {
                    hour,
                    span: Span {
                        count: *count,
                        ..Span::at(hour.start())
                    },
                }
            })
            .collect()
    }

    #[test]
    fn bars_tell_the_shape_of_the_hours() {
        assert_eq!(bars(&[]), None);
        assert_eq!(bars(&counts(&[(7, 3)])), Some(("█".to_owned(), 1)));
        assert_eq!(
            bars(&counts(&[(0, 1), (2, 100), (3, 50)])),
            Some(("▁·█▄".to_owned(), 1))
        );
        let (long, each) = bars(&counts(&[(0, 1), (24 * 30, 2)])).unwrap();
        assert_eq!((long.chars().count(), each), (46, 16));
        assert_eq!(bars(&counts(&[(-5, u64::MAX), (-5, 1)])).unwrap().0, "█");
    }
}
