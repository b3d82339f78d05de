//! The judgement: which clusters of a window are new against history, how much that matters, and why.

pub mod input;
pub mod verdict;

use input::JudgeInput;
use verdict::Verdict;

/// Judges one window. A pure function: the same input gives the same bytes out.
#[must_use]
pub fn judge(input: &JudgeInput) -> Verdict {
    let _ = input;
    Verdict::default()
}
