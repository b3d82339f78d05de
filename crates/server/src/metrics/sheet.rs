//! What one scrape is answered.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Metric, Registry};

/// Names and values of labels.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Metrics with their values of one moment.
#[derive(Debug)]
pub(super) struct Sheet {
    registry: Registry,
}

impl Default for Sheet {
    fn default() -> Self {
        Self {
            registry: Registry::with_prefix("firstsight"),
        }
    }
}

impl Sheet {
    /// One value.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str, value: f64) {
        self.gauges(name, help, [(Labels::new(), value)]);
    }

    /// A value for each set of labels.
    pub(super) fn gauges(
        &mut self,
        name: &'static str,
        help: &'static str,
        values: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        self.write(
            name,
            help,
            values
                .into_iter()
                .map(|(labels, value)| (labels, Reading::Now(value))),
        );
    }

    /// A count for each set of labels; the name without `_total`.
    pub(super) fn counters(
        &mut self,
        name: &'static str,
        help: &'static str,
        values: impl IntoIterator<Item = (Labels, u64)>,
    ) {
        self.write(
            name,
            help,
            values
                .into_iter()
                .map(|(labels, value)| (labels, Reading::SoFar(value))),
        );
    }

    fn write(
        &mut self,
        name: &'static str,
        help: &'static str,
        readings: impl Iterator<Item = (Labels, Reading)>,
    ) {
        let readings: Vec<_> = readings.collect();
        if !readings.is_empty() {
            self.registry
                .register_collector(Box::new(Written { name, help, readings }));
        }
    }

    /// What is counted elsewhere.
    pub(super) fn register(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry.register(name, help, metric);
    }

    /// As text.
    pub(super) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A value.
#[derive(Clone, Copy, Debug)]
enum Reading {
    /// That goes up and down.
    Now(f64),
    /// That only goes up.
    SoFar(u64),
}

/// One metric, in the order that it was read in: the crate's own families have none.
#[derive(Debug)]
struct Written {
    name: &'static str,
    help: &'static str,
    readings: Vec<(Labels, Reading)>,
}

impl Collector for Written {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let kind = match self.readings.first() {
            Some((_, Reading::SoFar(_))) => MetricType::Counter,
            _ => MetricType::Gauge,
        };
        // As the registry writes what is registered.
        let help = format!("{}.", self.help);
        let mut metric = encoder.encode_descriptor(self.name, &help, None, kind)?;
        for (labels, reading) in &self.readings {
            let one = metric.encode_family(labels)?;
            match reading {
                Reading::Now(value) => ConstGauge::new(*value).encode(one)?,
                Reading::SoFar(value) => ConstCounter::new(*value).encode(one)?,
            }
        }
        Ok(())
    }
}
