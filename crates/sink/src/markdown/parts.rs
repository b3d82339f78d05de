//! The parts of an event's message.

use firstsight_engine::{Labelled as _, Severity};

use super::escape::shortened;
use super::fit::{Entry, Parts};
use super::words::{self, Words};
use super::{Dialect, LinkTemplate, MarkdownOptions};
use crate::digest::Digest;
use crate::event::{Event, EventKind, KeyActivity, Status, Trouble};
use crate::explanation::words as explained;
use crate::standing::sayings;
use crate::text::{minute, thousands};
use crate::wording;

/// How much of lists and texts is shown.
pub(super) struct Bounds {
    /// Characters of an error message or a sentence.
    pub(super) text: usize,
    /// Characters of a name.
    pub(super) name: usize,
    /// Values of a dimension.
    pub(super) values: usize,
    /// Reasons of a finding.
    pub(super) reasons: usize,
    /// Sample events of a finding.
    pub(super) samples: usize,
    /// Access keys.
    pub(super) keys: usize,
}

impl Bounds {
    const fn of(dialect: Dialect) -> &'static Self {
        match dialect {
            Dialect::Full => &Self {
                text: 1_200,
                name: 300,
                values: 10,
                reasons: 12,
                samples: 5,
                keys: 20,
            },
            _ => &Self {
                text: 400,
                name: 150,
                values: 3,
                reasons: 4,
                samples: 2,
                keys: 5,
            },
        }
    }
}

/// Writes the parts of one message.
pub(super) struct Writer<'a> {
    pub(super) options: &'a MarkdownOptions,
    pub(super) dialect: Dialect,
    pub(super) words: &'static Words,
    pub(super) bounds: &'static Bounds,
}

impl<'a> Writer<'a> {
    pub(super) fn new(options: &'a MarkdownOptions) -> Self {
        Self {
            options,
            dialect: options.dialect,
            words: words::of(options.locale),
            bounds: Bounds::of(options.dialect),
        }
    }

    /// The parts of an event's message.
    pub(super) fn event(&self, event: &Event) -> Parts {
        let entries = event.findings.iter().enumerate();
        Parts {
            title: self.titled(event),
            head: self.head(event),
            aside: self.keys(event),
            heading: self.heading_of(event),
            entries: entries
                .map(|(index, finding)| self.finding(index + 1, finding, event))
                .collect(),
            between: "\n\n",
            left_out: self.words.more_clusters,
            tail: self.evidence(event, None).unwrap_or_default(),
        }
    }

    /// The parts of a digest's message.
    pub(super) fn digest(&self, digest: &Digest) -> Parts {
        let mut events: Vec<&Event> = digest.events.iter().collect();
        // Stable: events of one status stay in their order.
        events.sort_by_key(|event| std::cmp::Reverse(event.status));
        let title = digest.title_in(self.options.locale);
        let cause = (self.words.cause)(digest.cause);
        let heading = self
            .dialect
            .shows_title()
            .then(|| self.heading(3, &self.dialect.text(&title)));
        Parts {
            head: joined(heading.into_iter().chain([cause.to_owned()]), "\n\n"),
            title,
            aside: (String::new(), String::new()),
            heading: String::new(),
            entries: events.into_iter().map(|event| self.digested(event)).collect(),
            between: "\n",
            left_out: self.words.more_events,
            tail: String::new(),
        }
    }

    /// An event of a digest.
    fn digested(&self, event: &Event) -> Entry {
        let status = self.status(event.status);
        let title = self.dialect.text(&self.titled(event));
        let window = (explained::of(self.options.locale).range)(event.window);
        let mut whole = format!("{status} {title}{}{window}", self.words.semicolon);
        if let Some(link) = self.evidence(event, None) {
            whole.push_str(self.words.semicolon);
            whole.push_str(&link);
        }
        let about = match event.trouble {
            None => self.name(&event.account),
            Some(_) => self.name(&event.inspection),
        };
        let kind = wording::kind(event.kind, self.options.locale);
        Entry {
            whole: self.item(&whole),
            brief: self.item(&format!("{status} {about} {kind}")),
        }
    }

    /// The event's title, cut.
    fn titled(&self, event: &Event) -> String {
        shortened(&event.title_in(self.options.locale), self.bounds.text)
    }

    /// Overview and number of new error events.
    fn head(&self, event: &Event) -> String {
        let (words, dialect) = (self.words, self.dialect);
        let title = dialect
            .shows_title()
            .then(|| self.heading(3, &dialect.text(&self.titled(event))));
        let lines = match &event.trouble {
            None => self.of_account(event),
            Some(trouble) => self.of_inspection(event, trouble),
        };
        let overview = [self.heading(4, words.overview), lines.join("\n")].join("\n\n");
        joined(title.into_iter().chain([overview]), "\n\n")
    }

    /// What is wrong with the inspection itself.
    fn of_inspection(&self, event: &Event, trouble: &Trouble) -> Vec<String> {
        let (words, dialect) = (self.words, self.dialect);
        let told = crate::trouble::account(event, trouble, self.options.locale);
        let text = |text: &str| dialect.text(&shortened(text, self.bounds.text));
        let mut lines = vec![
            self.labelled(words.inspection, &self.name(&event.inspection)),
            self.labelled(words.status, &self.state(event)),
            self.labelled(words.fault, &self.fault(event)),
            self.labelled(words.what_happened, &text(told.meaning)),
        ];
        let advice = told
            .advice
            .map(|advice| self.labelled(words.to_do, &text(advice)));
        lines.extend(advice);
        lines.push(self.labelled(words.begun, &told.since));
        lines.push(self.labelled(words.runs, &told.runs));
        if !told.reason.is_empty() {
            lines.push(self.labelled(words.reason, &text(&told.reason)));
        }
        lines
    }

    fn of_account(&self, event: &Event) -> Vec<String> {
        let words = self.words;
        let mut lines = vec![
            self.labelled(words.inspection, &self.name(&event.inspection)),
            self.labelled(words.account, &self.name(&event.account)),
            self.labelled(
                words.window,
                &(explained::of(self.options.locale).range)(event.window),
            ),
            self.labelled(words.status, &self.state(event)),
            self.labelled(words.fault, &self.fault(event)),
            self.labelled(words.what_happened, &(words.happened)(event)),
        ];
        if event.kind != EventKind::Recovered {
            lines.push(self.labelled(words.new_errors, &self.new_errors(event)));
            lines.push(self.labelled(words.in_account, &thousands(event.errors)));
        }
        lines
    }

    fn state(&self, event: &Event) -> String {
        let kind = wording::kind(event.kind, self.options.locale);
        format!(
            "{}{}{kind}",
            self.status(event.status),
            self.behind_bold(self.words.comma)
        )
    }

    /// A status in words; WeCom shows colours.
    fn status(&self, status: Status) -> String {
        let word = (self.words.of_status)(status);
        let colour = match status {
            Status::Ok => "info",
            Status::Info => "comment",
            _ => "warning",
        };
        match self.dialect {
            Dialect::WeCom => format!("<font color=\"{colour}\">{word}</font>"),
            _ => self.dialect.bold(word),
        }
    }

    fn fault(&self, event: &Event) -> String {
        let since = (self.words.since)(&minute(event.fault.started), event.fault.duration_seconds / 3600);
        format!("{since}{}{}", self.words.semicolon, self.name(&event.fault.id))
    }

    /// How many error events are new, and of which severities their clusters are.
    fn new_errors(&self, event: &Event) -> String {
        if event.findings.is_empty() {
            return "0".to_owned();
        }
        let counts = event.findings.iter().map(|finding| finding.within.count);
        let errors = counts.fold(0, u64::saturating_add);
        let mut parts = vec![(self.words.of_clusters)(errors, event.findings.len() as u64)];
        for severity in [
            Severity::Critical,
            Severity::Error,
            Severity::Warning,
            Severity::Info,
        ] {
            let number = event
                .findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count();
            if number > 0 && event.findings.len() > 1 {
                parts.push(format!("{} {}", self.word(severity), thousands(number as u64)));
            }
        }
        parts.join(self.words.semicolon)
    }

    pub(super) fn word(&self, severity: Severity) -> &'static str {
        severity.label(self.options.locale)
    }

    /// The access keys, and what to say where they are left out.
    fn keys(&self, event: &Event) -> (String, String) {
        if event.keys.is_empty() {
            return (String::new(), String::new());
        }
        let shown = event.keys.iter().take(self.bounds.keys);
        let list = match self.dialect {
            Dialect::Full => self.key_table(shown.collect()),
            _ => joined(shown.map(|key| self.key_line(key)), "\n"),
        };
        let heading = self.heading(4, self.words.keys);
        let rest = event.keys.len().saturating_sub(self.bounds.keys);
        let more = (rest > 0).then(|| (self.words.more_keys)(rest as u64));
        let all = joined([heading, list].into_iter().chain(more), "\n\n");
        (all, (self.words.more_keys)(event.keys.len() as u64))
    }

    fn key_table(&self, keys: Vec<&KeyActivity>) -> String {
        let with_iam = keys.iter().any(|key| key.iam.is_some());
        let columns = if with_iam { 6 } else { 5 };
        let row = |cells: &[String]| format!("| {} |", cells.get(..columns).unwrap_or(cells).join(" | "));
        let head = row(&self.words.key_columns.map(str::to_owned));
        let line = row(&["---", "---", "---", "---", "---:", "---"].map(str::to_owned));
        let rows = keys.into_iter().map(|key| row(&self.key_cells(key)));
        joined([head, line].into_iter().chain(rows), "\n")
    }

    fn key_cells(&self, key: &KeyActivity) -> [String; 6] {
        let cell = |text: &str| self.dialect.cell(&shortened(text, self.bounds.name));
        [
            cell(&key.id),
            cell(&key.owner),
            minute(key.last_used),
            cell(&key.last_call),
            thousands(key.errors),
            self.standing(key).unwrap_or_default(),
        ]
    }

    fn key_line(&self, key: &KeyActivity) -> String {
        let name = |text: &str| shortened(text, self.bounds.name);
        let (owner, call, region) = (name(&key.owner), name(&key.last_call), name(&key.region));
        let told =
            (explained::of(self.options.locale).key_use)(&owner, &minute(key.last_used), &call, &region);
        let mut line = format!("{} {}", self.name(&key.id), self.dialect.text(&told));
        if let Some(standing) = self.standing(key) {
            line.push_str(&format!(
                "{}IAM{}{standing}",
                self.words.semicolon, self.words.colon
            ));
        }
        self.item(&line)
    }

    /// What IAM says of a key, where it was asked.
    fn standing(&self, key: &KeyActivity) -> Option<String> {
        let words = explained::of(self.options.locale);
        let said: Vec<String> = sayings(key).iter().map(|said| (words.of_key)(said)).collect();
        let said = shortened(&said.join(words.comma), self.bounds.text);
        key.iam.as_ref().map(|_| self.dialect.text(&said))
    }

    fn heading_of(&self, event: &Event) -> String {
        if event.findings.is_empty() {
            return String::new();
        }
        self.heading(4, self.words.clusters)
    }

    /// The link to the evidence: of a cluster where the template names one, else of the event.
    pub(super) fn evidence(&self, event: &Event, cluster: Option<&str>) -> Option<String> {
        let template = self.options.evidence.as_ref()?;
        if template.names_cluster() != cluster.is_some() {
            return None;
        }
        let url = template.fill(event, cluster);
        (url.len() <= LinkTemplate::LONGEST).then(|| self.dialect.link(self.words.evidence, &url))
    }

    /// A name of anybody's.
    pub(super) fn name(&self, name: &str) -> String {
        self.dialect.code(&shortened(name, self.bounds.name))
    }

    /// A heading; its content is neutral already.
    pub(super) fn heading(&self, level: usize, content: &str) -> String {
        match self.dialect {
            Dialect::Feishu | Dialect::Slack => self.dialect.bold(content),
            _ => format!("{} {content}", "#".repeat(level)),
        }
    }

    /// An item with a label; its content is neutral already.
    pub(super) fn labelled(&self, label: &str, content: &str) -> String {
        let label = self.dialect.bold(label);
        self.item(&format!("{label}{}{content}", self.behind_bold(self.words.colon)))
    }

    /// Punctuation behind bold words. Slack ends bold before ASCII punctuation and spaces, and is not known to before others.
    pub(super) fn behind_bold(&self, punctuation: &'static str) -> &'static str {
        match (self.dialect, punctuation) {
            (Dialect::Slack, "：") => ": ",
            (Dialect::Slack, "，") => ", ",
            _ => punctuation,
        }
    }

    /// An item of a list; its content is neutral already.
    pub(super) fn item(&self, content: &str) -> String {
        match self.dialect {
            Dialect::Slack => format!("• {content}"),
            _ => format!("- {content}"),
        }
    }
}

pub(super) fn joined(parts: impl IntoIterator<Item = String>, separator: &str) -> String {
    parts.into_iter().collect::<Vec<_>>().join(separator)
}
