//! Counts over time, as large as a word.

use maud::{Markup, html};

/// Bars without axes; `label` says in words what they show. The last `recent` ones stand out.
pub(crate) fn bars(label: &str, counts: &[u64], recent: usize) -> Markup {
    let top = counts.iter().copied().max().unwrap_or(0).max(1);
    let split = counts.len().saturating_sub(recent);
    html! {
        svg.spark role="img" aria-label=(label) viewBox={ "0 0 " (counts.len().max(1) * 10) " 100" } preserveAspectRatio="none" {
            @for (index, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                @let height = (u128::from(*count) * 100 / u128::from(top)).clamp(6, 100);
                rect.recent[index >= split] x=(index * 10 + 1) width="8" y=(100 - height) height=(height) {}
            }
        }
    }
}
