//! Charts as inline SVG. Positions along the axis are percentages, so that text stays legible at any width.

use firstsight_engine::{Hour, Time};
use maud::{Markup, html};

use super::series::Series;
use crate::text;

const HEIGHT: i64 = 150;
const TOP: i64 = 20;
const BOTTOM: i64 = 126;
/// At most so many labels along the axis: they have to fit on a phone.
const LABELS: i64 = 5;

/// A chart of counts over time with its window highlighted. `id` names its parts within the page.
pub(super) fn bars(id: &str, what: &str, series: &Series) -> Markup {
    let top = round_up(series.peak());
    let title = format!("{what} {}", series.rate());
    let (title_id, desc_id) = (format!("{id}-title"), format!("{id}-desc"));
    html! {
        figure.chart {
            figcaption { strong { (title) } " " span.muted { (told(series)) } }
            div.plot {
                (scale(top))
                svg.bars role="img" aria-labelledby={ (title_id) " " (desc_id) } width="100%" height=(HEIGHT) {
                    title id=(title_id) { (title) }
                    desc id=(desc_id) { (told(series)) }
                    @for y in [TOP, (TOP + BOTTOM) / 2, BOTTOM] {
                        line.grid x1="0" x2="100%" y1=(y) y2=(y) {}
                    }
                    (band(series))
                    svg x="0" y=(TOP) width="100%" height=(BOTTOM - TOP) viewBox=(view(series)) preserveAspectRatio="none" {
                        (paths(series, top))
                    }
                    (labels(series))
                }
            }
        }
    }
}

/// A chart without axes, as large as a word.
pub(super) fn spark(label: &str, series: &Series) -> Markup {
    html! {
        svg.spark role="img" aria-label={ (label) ": " (told(series)) } width="140" height="26" viewBox=(view(series)) preserveAspectRatio="none" {
            (paths(series, series.peak()))
        }
    }
}

/// What the chart shows, in words.
fn told(series: &Series) -> String {
    format!(
        "{} in the window, {} in all; at most {} {}",
        text::thousands(series.in_window),
        text::thousands(series.total()),
        text::thousands(series.peak()),
        series.rate()
    )
}

fn view(series: &Series) -> String {
    format!("0 0 {} 1000", series.buckets.len())
}

fn paths(series: &Series, top: u64) -> Markup {
    let (before, window) = series.buckets.split_at(series.before.min(series.buckets.len()));
    let gap = if series.buckets.len() > 100 { 0 } else { 12 };
    html! {
        path.before d=(path(before, 0, top, gap)) {}
        path.window d=(path(window, before.len(), top, gap)) {}
    }
}

/// Bars as one path; what is not zero can be seen. `gap` is in hundredths of a bar.
fn path(counts: &[u64], first: usize, top: u64, gap: usize) -> String {
    let mut out = String::new();
    for (index, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let height = (u128::from(*count) * 1000 / u128::from(top.max(1))).clamp(25, 1000);
        let (left, right) = ((first + index) * 100 + gap, (first + index + 1) * 100 - gap);
        out.push_str(&format!(
            "M{} 1000V{}H{}V1000Z",
            hundredths(left),
            1000 - height,
            hundredths(right)
        ));
    }
    out
}

fn hundredths(number: usize) -> String {
    if number.is_multiple_of(100) {
        (number / 100).to_string()
    } else {
        format!("{}.{:02}", number / 100, number % 100)
    }
}

/// The vertical axis: nothing, half, all.
fn scale(top: u64) -> Markup {
    html! {
        svg.scale aria-hidden="true" width="52" height=(HEIGHT) {
            @for (y, label) in [(TOP, top), (BOTTOM, 0)] {
                text x="46" y=(y + 4) text-anchor="end" { (text::thousands(label)) }
            }
            @if top > 1 && top.is_multiple_of(2) {
                text x="46" y=((TOP + BOTTOM) / 2 + 4) text-anchor="end" { (text::thousands(top / 2)) }
            }
        }
    }
}

/// Where the window lies, with a word above it.
fn band(series: &Series) -> Markup {
    let start = percent(series.before as i64, series.buckets.len() as i64);
    let width = percent(
        series.buckets.len() as i64 - series.before as i64,
        series.buckets.len() as i64,
    );
    html! {
        rect.band x=(start) y=(TOP) width=(width) height=(BOTTOM - TOP) {}
        text.mark x="100%" y=(TOP - 7) text-anchor="end" { "window" }
    }
}

fn labels(series: &Series) -> Markup {
    let (step, show) = steps(series.hours());
    let first = (series.start + step - 1).div_euclid(step) * step;
    let ticks = (0..=LABELS)
        .map(|index| first + index * step)
        .filter(|tick| *tick < series.start + series.hours());
    html! {
        @for tick in ticks {
            @let share = (tick - series.start) * 100 / series.hours().max(1);
            @let x = percent(tick - series.start, series.hours());
            line.tick x1=(x) x2=(x) y1=(BOTTOM) y2=(BOTTOM + 4) {}
            @if share <= 94 {
                text x=(x) y=(BOTTOM + 18) text-anchor=(if share < 4 { "start" } else { "middle" }) {
                    (show(Hour::from_index(tick).start()))
                }
            }
        }
    }
}

/// Hours from one label to the next, and how a label is written.
fn steps(hours: i64) -> (i64, fn(Time) -> String) {
    let fits = |step: &i64| hours / *step <= LABELS;
    if let Some(step) = [1, 2, 3, 6, 12].into_iter().find(fits) {
        return (step, |time| text::clock(time).chars().take(5).collect());
    }
    let days = [1, 2, 3, 7, 14, 28, 56, 91].map(|days| days * 24);
    match days.into_iter().find(fits) {
        Some(step) => (step, day),
        None => ((hours / LABELS).max(1), |time| {
            text::date(time).chars().take(7).collect()
        }),
    }
}

/// `14 Mar`.
fn day(time: Time) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let date = text::date(time);
    let number = |range| {
        date.get(range)
            .and_then(|digits: &str| digits.parse::<usize>().ok())
    };
    match (
        number(5..7).and_then(|month| MONTHS.get(month.checked_sub(1)?)),
        number(8..10),
    ) {
        (Some(month), Some(day)) => format!("{day} {month}"),
        _ => date,
    }
}

/// Thousandths of a percent are finer than any screen.
fn percent(part: i64, whole: i64) -> String {
    let thousandths = part.max(0) as i128 * 100_000 / i128::from(whole.max(1));
    format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
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

    #[test]
    fn scales_end_at_round_numbers() {
        assert_eq!(
            [0, 1, 3, 41, 88, 101, 5000, u64::MAX].map(round_up),
            [1, 1, 5, 50, 100, 200, 5000, u64::MAX]
        );
    }

    #[test]
    fn bars_rise_with_their_counts_and_small_ones_can_be_seen() {
        assert_eq!(
            path(&[0, 10, 1], 0, 1000, 12),
            "M1.12 1000V975H1.88V1000ZM2.12 1000V975H2.88V1000Z"
        );
        assert_eq!(path(&[5], 3, 10, 0), "M3 1000V500H4V1000Z");
        assert_eq!(path(&[u64::MAX], 0, u64::MAX, 0), "M0 1000V0H1V1000Z");
    }

    #[test]
    fn labels_are_few_at_any_length() {
        for hours in [1, 5, 25, 49, 337, 721, 8761, 87_000_000] {
            let (step, _) = steps(hours);
            assert!(hours / step <= LABELS + 1, "{hours}: {step}");
        }
        assert_eq!(day("2026-03-04T00:00:00Z".parse().unwrap()), "4 Mar");
    }
}
