//! The list of clusters: the known world.

use axum::response::Response;
use firstsight_cloudtrail::classify::NoiseMark;
use firstsight_config::CLASSES;
use firstsight_engine::{Class, Labelled as _, Locale};
use firstsight_sink::text;
use maud::{Markup, html};

use super::components::sort::{self, Way};
use super::components::{badge, filter, notice, pager, spark, time};
use super::event::cluster::life_cycle;
use super::layout::{Page, Section};
use super::link;
use super::visit::Visit;
use super::words::{self, clusters::Words, fill};
use crate::model::{self, ClusterFilter, ClusterLine, Listed};
use crate::problem::Problem;

mod detail;
mod people;

pub(super) use detail::show as one;
pub(super) use people::remark;

pub(super) async fn show(visit: Visit) -> Response {
    let page = page(&visit).await;
    visit.show(page)
}

async fn page(visit: &Visit) -> Result<Page, Problem> {
    let filter: ClusterFilter = visit.query()?;
    let clusters = model::clusters(visit.app.control.as_ref(), &filter).await?;
    Ok(Page {
        title: words::clusters::of(visit.locale).title.to_owned(),
        section: Section::Clusters,
        main: main(visit, &filter, &clusters),
    })
}

pub(super) fn main(visit: &Visit, filter: &ClusterFilter, clusters: &Listed<ClusterLine>) -> Markup {
    let words = words::clusters::of(visit.locale);
    html! {
        header.page-head { div { h1 { (words.title) } p.lede { (words.lede) } } }
        (form(visit, words, filter))
        @if clusters.items.is_empty() {
            (notice::no_rows(visit, filter.narrows(), words.none, words.none_what))
        } @else {
            (table(visit, words, filter, &clusters.items))
        }
        (pager::pager(visit, &filter.cursor, clusters.next.as_deref()))
    }
}

fn form(visit: &Visit, words: &Words, filter: &ClusterFilter) -> Markup {
    let any = visit.common().any;
    let mut classes = vec![("", any)];
    classes.extend(CLASSES.map(|(word, class)| (word, class.label(visit.locale))));
    let life_cycles = [
        ("", any),
        ("open", words.open),
        ("acknowledged", words.acknowledged),
        ("expected", words.expected),
        ("archived", words.archived),
        ("resolved", words.resolved),
    ];
    let noise = [("", any), ("yes", words.noise_yes), ("no", words.noise_no)];
    filter::form(
        visit,
        filter.narrows(),
        &html! {
            (filter::text("text", words.text, &filter.text, words.text_hint))
            (inspections(visit, &filter.inspection))
            (filter::text("account", visit.common().account, &filter.account, "111122223333"))
            (filter::text("service", words.service, &filter.service, "iam, sts"))
            (filter::choice("class", words.class, &filter.class, &classes))
            (filter::choice("life_cycle", words.life_cycle, &filter.life_cycle, &life_cycles))
            (filter::text("owner", words.owner, &filter.owner, ""))
            (filter::choice("noise", words.noise, &filter.noise, &noise))
            div.sort-choice { (filter::choice("sort", words.sort, &filter.sort, &sorts(words))) }
        },
    )
}

/// A choice of inspections, where there are several.
pub(super) fn inspections(visit: &Visit, chosen: &str) -> Markup {
    let names: Vec<String> = visit
        .app
        .control
        .inspections()
        .into_iter()
        .map(|state| state.name)
        .collect();
    let mut options = vec![("", visit.common().any)];
    options.extend(names.iter().map(|name| (name.as_str(), name.as_str())));
    html! {
        @if names.len() > 1 || !chosen.is_empty() {
            (filter::choice("inspection", visit.common().inspection, chosen, &options))
        }
    }
}

/// The ways that a phone offers, where heads of columns are not shown.
fn sorts(words: &Words) -> [(&'static str, &'static str); 4] {
    [
        ("", words.sort_last),
        ("-first-seen", words.sort_first),
        ("-count", words.sort_count),
        ("name", words.sort_name),
    ]
}

const DOWN: &str = "descending";
const UP: &str = "ascending";
const NAME: [Way; 2] = [("name", UP), ("-name", DOWN)];
const COUNT: [Way; 2] = [("-count", DOWN), ("count", UP)];
const LAST: [Way; 2] = [("-last-seen", DOWN), ("last-seen", UP)];
const FIRST: [Way; 2] = [("-first-seen", DOWN), ("first-seen", UP)];

fn table(visit: &Visit, words: &Words, filter: &ClusterFilter, clusters: &[ClusterLine]) -> Markup {
    let sorted = if filter.sort.is_empty() {
        LAST[0].0
    } else {
        &filter.sort
    };
    html! {
        table.rows.clusters {
            thead { tr {
                (sort::column(visit, words.cluster, sorted, &NAME, false))
                th scope="col" { (words.days) }
                (sort::column(visit, words.count, sorted, &COUNT, true))
                (sort::column(visit, words.last_seen, sorted, &LAST, false))
                (sort::column(visit, words.first_seen, sorted, &FIRST, false))
                th scope="col" { (words.class) }
                th scope="col" { (words.standing) }
            } }
            tbody { @for line in clusters { (row(visit, words, line)) } }
        }
    }
}

fn row(visit: &Visit, words: &Words, line: &ClusterLine) -> Markup {
    let call = text::call(&line.event_source, &line.event_name);
    let name = format!("{}/{}", line.inspection, line.id);
    html! {
        tr data-row=(name) {
            th scope="row" data-label=(words.cluster) {
                a.main-link href=(link::cluster(&line.inspection, &line.id)) { bdi { (text::cut(&call)) } }
                @if !line.error_code.is_empty() { " " code { (text::cut(&line.error_code)) } }
                span.aside { bdi { (text::cut(&line.inspection)) } " · " bdi { (text::cut(&line.account)) } }
                @if !line.template.is_empty() { span.aside.clip dir="auto" { (text::cut(&line.template)) } }
            }
            td data-label=(words.days) { (sparkline(words, line)) }
            td.n data-label=(words.count) { (text::thousands(line.count)) }
            td data-label=(words.last_seen) { (time::when(visit, line.last_seen)) }
            td data-label=(words.first_seen) { (time::when(visit, line.first_seen)) }
            td data-label=(words.class) { (class(visit.locale, &line.class)) (noise_marks(visit.locale, &line.noise)) }
            td data-label=(words.standing) data-none[is_untouched(line)] { (standing(visit, words, line)) }
        }
    }
}

fn is_untouched(line: &ClusterLine) -> bool {
    line.life_cycle == "open" && line.owner.is_empty() && line.note.is_empty()
}

fn sparkline(words: &Words, line: &ClusterLine) -> Markup {
    let sum: u64 = line.days.iter().copied().fold(0, u64::saturating_add);
    let today = line.days.last().copied().unwrap_or(0);
    let label = fill(words.days_told, &[&text::thousands(sum), &text::thousands(today)]);
    spark::bars(&label, &line.days, 1)
}

fn standing(visit: &Visit, words: &Words, line: &ClusterLine) -> Markup {
    html! {
        @if line.life_cycle != "open" {
            div.marks { (badge::mark("info", &life_cycle(visit, &line.life_cycle))) }
        }
        @if !line.owner.is_empty() { span.aside { (words.owner) ": " bdi { (text::cut(&line.owner)) } } }
        @if !line.note.is_empty() { span.aside.clip { bdi { (text::cut(&line.note)) } } }
    }
}

/// A class by its word, in the reader's language.
pub(super) fn class(locale: Locale, word: &str) -> &'static str {
    let known = CLASSES.iter().find(|(known, _)| *known == word);
    known.map_or(Class::Other, |(_, class)| *class).label(locale)
}

/// Noise marks by their words; one that this version does not know stays as it is.
pub(super) fn noise_marks(locale: Locale, words: &[String]) -> Markup {
    html! {
        @if !words.is_empty() {
            div.marks { @for word in words { (badge::mark("quiet", noise(word).map_or(word.as_str(), |mark| mark.label(locale)))) } }
        }
    }
}

fn noise(word: &str) -> Option<NoiseMark> {
    serde_json::from_value(serde_json::Value::from(word)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_store_are_told_in_both_languages() {
        assert_eq!(
            class(Locale::English, "access-denied"),
            Class::AccessDenied.label(Locale::English)
        );
        assert_eq!(
            class(Locale::Chinese, "throttling"),
            Class::Throttling.label(Locale::Chinese)
        );
        let marks = ["self-probe".to_owned(), "<other>".to_owned()];
        let shown = noise_marks(Locale::English, &marks).0;
        assert!(
            shown.contains("&lt;other&gt;") && !shown.contains("self-probe"),
            "{shown}"
        );
    }
}
