//! Counts over time as SVG: bars, and marks above them. Positions along the axis are percentages, so that texts and marks stay
//! as they are at any width. Each bar can be a link, named by what it shows; a table says the same.

use firstsight_engine::{Hour, Time};
use firstsight_sink::text;
use maud::{Markup, html};

/// A stretch of time with its counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    /// When it begins.
    pub(crate) start: Time,
    /// What it counts.
    pub(crate) count: u64,
    /// How many marks stand above it.
    pub(crate) marks: u64,
    /// What it shows, in words.
    pub(crate) label: String,
    /// Where it leads.
    pub(crate) href: Option<String>,
}

/// A chart.
#[derive(Clone, Debug)]
pub(crate) struct Chart<'a> {
    /// Names its parts within the page.
    pub(crate) id: &'a str,
    /// What it shows.
    pub(crate) title: &'a str,
    /// The same in numbers: what is read where it cannot be seen.
    pub(crate) summary: &'a str,
    /// Oldest first.
    pub(crate) bars: &'a [Bar],
    /// The first bar that stands out.
    pub(crate) recent: usize,
    /// What bars and marks are, where there are marks.
    pub(crate) legend: Option<[&'a str; 2]>,
}

const HEIGHT: usize = 168;
const TOP: usize = 26;
const BOTTOM: usize = 142;
/// At most so many labels along the axis: they have to fit on a phone.
const LABELS: i64 = 6;

/// Draws it.
pub(crate) fn chart(chart: &Chart<'_>) -> Markup {
    let top = round_up(chart.bars.iter().map(|bar| bar.count).max().unwrap_or(0));
    let links = chart.bars.iter().any(|bar| bar.href.is_some());
    let (title, told) = (format!("{}-title", chart.id), format!("{}-told", chart.id));
    html! {
        figure.chart data-chart[links] {
            figcaption { strong id=(title) { (chart.title) } " " span.readout id=(told) { (chart.summary) }
                @if let Some([bars, marks]) = chart.legend {
                    span.legend { (swatch("fill")) (bars) } span.legend { (swatch("dot")) (marks) }
                }
            }
            div.plot {
                svg.scale aria-hidden="true" focusable="false" width="44" height=(HEIGHT) { (scale(top)) }
                svg.bars role=(if links { "group" } else { "img" }) aria-labelledby={ (title) " " (told) } width="100%" height=(HEIGHT) {
                    @for y in [TOP, (TOP + BOTTOM) / 2, BOTTOM] { line.grid x1="0" x2="100%" y1=(y) y2=(y) {} }
                    @for (index, bar) in chart.bars.iter().enumerate() { (column(chart, index, bar, top)) }
                    (labels(chart.bars))
                }
            }
        }
    }
}

/// A bit of what a chart draws, beside its name.
fn swatch(class: &str) -> Markup {
    html! { svg.swatch aria-hidden="true" focusable="false" width="10" height="10" {
        @if class == "dot" { circle.dot cx="5" cy="5" r="4" {} } @else { rect class=(class) width="10" height="10" {} }
    } }
}

/// The radius of a mark: more marks are larger, and none is too large for its bar.
const fn radius(marks: u64) -> &'static str {
    match marks {
        ..=1 => "2.5",
        2..=4 => "3.5",
        5..=19 => "4.5",
        _ => "6",
    }
}

/// A bar with its mark; a link over its whole height where it leads somewhere. Only the last one is reached with the tab key:
/// a script leads from it with arrows, and the table has them all.
fn column(chart: &Chart<'_>, index: usize, bar: &Bar, top: u64) -> Markup {
    let last = index + 1 == chart.bars.len();
    html! {
        @if let Some(href) = &bar.href {
            a.bar href=(href) aria-label=(bar.label) tabindex=(if last { "0" } else { "-1" }) {
                rect.hit x=(percent(index, chart.bars.len(), 0)) width=(percent(1, chart.bars.len(), 0)) y="4" height=(BOTTOM - 4) {}
                (shape(chart, index, bar, top))
            }
        } @else if bar.count > 0 || bar.marks > 0 {
            g.bar { title { (bar.label) } (shape(chart, index, bar, top)) }
        }
    }
}

fn shape(chart: &Chart<'_>, index: usize, bar: &Bar, top: u64) -> Markup {
    let full = (BOTTOM - TOP) as u128;
    let height = (u128::from(bar.count) * full / u128::from(top.max(1))).clamp(2, full);
    let class = if index >= chart.recent {
        "fill recent"
    } else {
        "fill"
    };
    html! {
        @if bar.count > 0 {
            rect class=(class) x=(percent(index, chart.bars.len(), 12)) width=(width(chart.bars.len())) y=(BOTTOM as u128 - height) height=(height) {}
        }
        @if bar.marks > 0 {
            circle.dot cx=(percent(index, chart.bars.len(), 50)) cy="13" r=(radius(bar.marks)) {}
        }
    }
}

/// The same as a table: a row for each bar that counts something, the newest first.
pub(crate) fn table(title: &str, heads: [&str; 3], bars: &[Bar]) -> Markup {
    html! {
        details.numbers {
            summary { (title) }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    thead { tr { th scope="col" { (heads[0]) } th.n scope="col" { (heads[1]) } th.n scope="col" { (heads[2]) } } }
                    tbody {
                        @for bar in bars.iter().rev().filter(|bar| bar.count > 0 || bar.marks > 0) {
                            tr {
                                th scope="row" {
                                    @if let Some(href) = &bar.href { a href=(href) { (text::minute(bar.start)) } } @else { (text::minute(bar.start)) }
                                }
                                td.n { (text::thousands(bar.count)) }
                                td.n { (text::thousands(bar.marks)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn scale(top: u64) -> Markup {
    html! {
        text x="38" y=(TOP + 4) text-anchor="end" { (text::thousands(top)) }
        @if top > 1 && top.is_multiple_of(2) {
            text x="38" y=((TOP + BOTTOM) / 2 + 4) text-anchor="end" { (text::thousands(top / 2)) }
        }
        text x="38" y=(BOTTOM + 4) text-anchor="end" { "0" }
    }
}

/// Round hours or days beneath the axis.
fn labels(bars: &[Bar]) -> Markup {
    let (Some(first), Some(second)) = (bars.first(), bars.get(1)) else {
        return html! {};
    };
    let (start, per) = (
        first.start.hour().index(),
        (second.start.hour().index() - first.start.hour().index()).max(1),
    );
    let hours = per * bars.len() as i64;
    let step = [1, 2, 3, 6, 12, 24, 48, 72, 168, 336]
        .into_iter()
        .find(|step| hours / step <= LABELS);
    let step = step.unwrap_or_else(|| (hours / LABELS / 24 + 1) * 24);
    let begin = (start + step - 1).div_euclid(step) * step;
    let ticks = (0..=LABELS)
        .map(|index| begin + index * step)
        .filter(|tick| *tick < start + hours);
    html! {
        @for tick in ticks {
            @let share = ((tick - start) * 100_000 / hours.max(1)).max(0) as usize;
            @let x = format!("{}.{:03}%", share / 1000, share % 1000);
            line.tick x1=(x) x2=(x) y1=(BOTTOM) y2=(BOTTOM + 4) {}
            @if share <= 94_000 {
                text x=(x) y=(BOTTOM + 18) text-anchor=(if share < 4_000 { "start" } else { "middle" }) { (tick_label(tick, step)) }
            }
        }
    }
}

/// The time of day; the date where a day begins.
fn tick_label(hour: i64, step: i64) -> String {
    let time = Hour::from_index(hour).start();
    if step >= 24 || hour.rem_euclid(24) == 0 {
        text::date(time).chars().skip(5).collect()
    } else {
        text::clock(time).chars().take(5).collect()
    }
}

/// The place of a bar among all; `inside` is in hundredths of its width.
fn percent(index: usize, of: usize, inside: usize) -> String {
    let thousandths = (index * 100 + inside) * 1000 / of.max(1);
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
}

/// A bar's width, with the gap to the next left out.
fn width(of: usize) -> String {
    percent(0, of, 76)
}

/// The least 1, 2 or 5 times a power of ten that is not less.
fn round_up(number: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [1, 2, 5] {
            match power.checked_mul(step) {
                Some(round) if round >= number => return round,
                Some(_) => {}
                None => return u64::MAX,
            }
        }
        let Some(next) = power.checked_mul(10) else {
            return u64::MAX;
        };
        power = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(number: usize, per: i64) -> Vec<Bar> {
        let start = "2026-03-12T11:00:00Z".parse::<Time>().unwrap().hour();
        let bar = |index: usize| Bar {
            start: start.plus(per * index as i64).start(),
            count: index as u64,
            marks: u64::from(index % 5 == 4),
            label: format!("bar {index}"),
            href: index.is_multiple_of(2).then(|| format!("/events?n={index}")),
        };
        (0..number).map(bar).collect()
    }

    fn drawn(bars: &[Bar]) -> String {
        chart(&Chart {
            id: "c",
            title: "T",
            summary: "S",
            bars,
            recent: 3,
            legend: Some(["B", "M"]),
        })
        .0
    }

    #[test]
    fn bars_lie_side_by_side_and_rise_with_their_counts() {
        let drawn = drawn(&bars(4, 1));
        assert!(
            drawn.contains(r#"<rect class="fill" x="28.000%" width="19.000%" y="119" height="23">"#),
            "{drawn}"
        );
        assert!(
            drawn.contains(r#"<rect class="fill recent" x="78.000%" width="19.000%" y="73" height="69">"#),
            "{drawn}"
        );
    }

    #[test]
    fn a_bar_that_leads_somewhere_is_a_named_link_and_one_of_them_has_the_tab_key() {
        let drawn = drawn(&bars(5, 1));
        assert_eq!(drawn.matches(r#"tabindex="0""#).count(), 1);
        assert!(
            drawn.contains(r#"<a class="bar" href="/events?n=4" aria-label="bar 4" tabindex="0">"#),
            "{drawn}"
        );
        assert_eq!(
            drawn.matches("<circle").count(),
            1 + 1,
            "one of the bars, one of the legend"
        );
    }

    #[test]
    fn labels_are_few_at_any_length() {
        for (number, per) in [
            (1, 1),
            (2, 1),
            (24, 1),
            (48, 1),
            (56, 3),
            (56, 6),
            (60, 24),
            (1000, 24),
        ] {
            let labels = labels(&bars(number, per)).0.matches("<text").count();
            assert!(labels <= 7, "{number} of {per}: {labels}");
        }
        assert!(labels(&bars(48, 1)).0.contains(">12:00<"));
        assert!(labels(&bars(48, 1)).0.contains(">03-13<"));
    }

    #[test]
    fn nothing_to_draw_is_drawn_without_a_fault() {
        assert!(drawn(&[]).contains("<svg"));
        let greatest = Bar {
            count: u64::MAX,
            ..bars(1, 1).remove(0)
        };
        assert!(drawn(&[greatest]).contains(r#"height="116""#));
    }

    #[test]
    fn the_table_leaves_out_what_counts_nothing() {
        let table = table("N", ["a", "b", "c"], &bars(3, 1)).0;
        assert_eq!(table.matches("<tr>").count(), 1 + 2);
    }
}
