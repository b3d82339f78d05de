//! Metrics of delivery.

use firstsight_daemon::{Control, DeliveryStatus};

use super::sheet::{Labels, Sheet};
use super::{flag, seconds};

fn of(sink: &str) -> Labels {
    vec![("sink", sink.to_owned())]
}

pub(super) fn write(control: &dyn Control, sheet: &mut Sheet) {
    let sinks = control.deliveries();
    let help = "Events that a sink took (delivered), refused for good (parked), and attempts that failed, since the start";
    sheet.counters("deliveries", help, sinks.iter().flat_map(results));
    let help = "Whether a sink took what it was sent last";
    sheet.gauges(
        "sink_up",
        help,
        sinks
            .iter()
            .map(|sink| (of(&sink.sink), flag(sink.error.is_none()))),
    );
    let last = sinks
        .iter()
        .filter_map(|sink| Some((of(&sink.sink), seconds(sink.last?))));
    sheet.gauges(
        "sink_last_delivery_timestamp_seconds",
        "When a sink took something last, since the epoch",
        last,
    );
}

fn results(sink: &DeliveryStatus) -> [(Labels, u64); 3] {
    let result = |word: &str, count| {
        let mut labels = of(&sink.sink);
        labels.push(("result", word.to_owned()));
        (labels, count)
    };
    [
        result("delivered", sink.delivered),
        result("parked", sink.parked),
        result("failed", sink.failed),
    ]
}
