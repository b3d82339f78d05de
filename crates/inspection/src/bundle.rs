//! What is delivered together, as the text that the state keeps with each delivery.

use firstsight_sink::DigestCause;

const CAPPED: &str = "cap:";
const AGGREGATED: &str = "agg:";

/// The text of a bundle: why its events are told together, and what tells it from others of its sink.
pub(crate) fn bundle_of(cause: DigestCause, key: &str) -> String {
    let prefix = match cause {
        DigestCause::Capped => CAPPED,
        DigestCause::Aggregated => AGGREGATED,
    };
    format!("{prefix}{key}")
}

/// Why the events of a bundle are told together.
pub(crate) fn cause_of(bundle: &str) -> DigestCause {
    if bundle.starts_with(CAPPED) {
        DigestCause::Capped
    } else {
        DigestCause::Aggregated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_tells_its_cause() {
        for cause in [DigestCause::Capped, DigestCause::Aggregated] {
            assert_eq!(cause_of(&bundle_of(cause, "night")), cause);
        }
    }
}
