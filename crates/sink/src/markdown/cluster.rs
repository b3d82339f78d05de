//! The part of a message that tells one finding: its cluster, with counts, actors, reasons and samples.

use firstsight_engine::{Dimension, Familiarity, Finding, Labelled as _, Value};

use super::Dialect;
use super::escape::shortened;
use super::fit::Entry;
use super::parts::{Writer, joined};
use crate::event::Event;
use crate::explanation::words as explained;
use crate::lead::{Lead, console_link};
use crate::text::{self, minute, thousands};

impl Writer<'_> {
    /// A finding, whole and in one line.
    pub(super) fn finding(&self, number: usize, finding: &Finding, event: &Event) -> Entry {
        let lead = format!("{number}. {}", self.word(finding.severity));
        let call = self.name(&text::call(&finding.event_source, &finding.event_name));
        let code = match finding.error_code.as_str() {
            "" => self.words.no_code.to_owned(),
            code => self.name(code),
        };
        let called = format!("{call} {code}");
        let heading = match self.dialect {
            Dialect::Slack | Dialect::Feishu => format!("{} {called}", self.dialect.bold(&lead)),
            _ => self.heading(5, &format!("{lead} {called}")),
        };
        let lines = [
            Some(self.novelty(finding)),
            self.template(finding),
            Some(self.occurred(finding)),
            self.values(finding, Dimension::Actor, self.words.actors),
            self.values(finding, Dimension::SourceNetwork, self.words.from),
            self.reasons(finding),
            self.samples(finding),
            Some(self.cluster(finding, event)),
        ];
        let lines = joined(lines.into_iter().flatten(), "\n");
        let occurred = self.seen(finding);
        Entry {
            whole: format!("{heading}\n\n{lines}"),
            brief: self.item(&format!(
                "{} {called}{}{occurred}",
                self.dialect.bold(&lead),
                self.words.colon
            )),
        }
    }

    /// Which novelty, the score, and what is special.
    fn novelty(&self, finding: &Finding) -> String {
        let words = explained::of(self.options.locale);
        let novelty = finding.novelty.label(self.options.locale).to_owned();
        let mut told = vec![novelty, (words.score)(finding.score)];
        for (holds, word) in [(finding.late, words.late), (finding.learning, words.learning)] {
            if holds {
                told.push(word.to_owned());
            }
        }
        self.item(&told.join(self.words.comma))
    }

    fn template(&self, finding: &Finding) -> Option<String> {
        let template = shortened(&finding.template, self.bounds.text);
        (!template.is_empty()).then(|| self.labelled(self.words.template, &self.dialect.code(&template)))
    }

    fn occurred(&self, finding: &Finding) -> String {
        self.labelled(self.words.occurred, &self.seen(finding))
    }

    /// How often, from when to when.
    fn seen(&self, finding: &Finding) -> String {
        let second = |time| format!("{} {}", text::date(time), text::clock(time));
        let within = finding.within;
        (explained::of(self.options.locale).seen)(within.count, &second(within.first), &second(within.last))
    }

    fn values(&self, finding: &Finding, dimension: Dimension, label: &str) -> Option<String> {
        let all = || {
            finding
                .values
                .iter()
                .filter(move |value| value.dimension == dimension)
        };
        let shown: Vec<String> = all()
            .take(self.bounds.values)
            .map(|value| self.value(value))
            .collect();
        let rest = all().count() - shown.len();
        let more = (rest > 0).then(|| (self.words.more)(rest as u64));
        let told = joined(shown.into_iter().chain(more), self.words.semicolon);
        (!told.is_empty()).then(|| self.labelled(label, &told))
    }

    fn value(&self, value: &Value) -> String {
        let told = format!("{} ×{}", self.name(&value.value), thousands(value.count));
        match value.familiarity {
            Familiarity::Unseen | Familiarity::Rare => {
                let [open, close] = self.words.brackets;
                format!(
                    "{told}{open}{}{close}",
                    value.familiarity.label(self.options.locale)
                )
            }
            Familiarity::Infrequent | Familiarity::Frequent => told,
        }
    }

    fn reasons(&self, finding: &Finding) -> Option<String> {
        let all = || finding.reasons.iter().filter(|reason| reason.tells());
        let shown = all().take(self.bounds.reasons).map(|reason| {
            let sentence = reason.sentence(self.options.locale).to_string();
            self.dialect.text(&shortened(&sentence, self.bounds.text))
        });
        let shown: Vec<String> = shown.collect();
        let rest = all().count() - shown.len();
        let more = (rest > 0).then(|| (self.words.more)(rest as u64));
        let told: Vec<String> = shown.into_iter().chain(more).collect();
        match (told.is_empty(), self.dialect) {
            (true, _) => None,
            (false, Dialect::Full) => {
                let list = joined(told.iter().map(|one| format!("  - {one}")), "\n");
                Some(format!("- {}\n{list}", self.dialect.bold(self.words.why)))
            }
            (false, _) => Some(self.labelled(self.words.why, &told.join(self.words.semicolon))),
        }
    }

    fn samples(&self, finding: &Finding) -> Option<String> {
        let samples = finding.samples.iter().take(self.bounds.samples);
        let region = only_region(finding);
        let shown = samples.map(|sample| {
            let lead = Lead::from(sample);
            let link = lead.console.or_else(|| console_link(region?, &sample.event_id));
            let id = self.name(&lead.event_id);
            let id = link.map_or_else(|| id.clone(), |link| self.dialect.link(&id, &link));
            let [open, close] = self.words.brackets;
            format!("{id}{open}{} UTC{close}", minute(lead.time))
        });
        let shown: Vec<String> = shown.collect();
        let rest = finding.samples.len() - shown.len();
        let more = (rest > 0).then(|| (self.words.more)(rest as u64));
        let told = joined(shown.into_iter().chain(more), self.words.semicolon);
        (!told.is_empty()).then(|| self.labelled(self.words.samples, &told))
    }

    fn cluster(&self, finding: &Finding, event: &Event) -> String {
        let id = finding.cluster.to_string();
        let mut told = self.dialect.code(&text::short(finding.cluster));
        if let Some(link) = self.evidence(event, Some(&id)) {
            told.push_str(self.words.semicolon);
            told.push_str(&link);
        }
        self.labelled(self.words.cluster, &told)
    }
}

/// The finding's region, where all its occurrences are of one.
fn only_region(finding: &Finding) -> Option<&str> {
    let mut regions = finding
        .values
        .iter()
        .filter(|value| value.dimension == Dimension::Region);
    let only = regions.next()?;
    regions.next().is_none().then_some(only.value.as_str())
}
