//! The definition of one metric. The feature `metrics` records it through the recorder that the
//! program has installed; without the feature, nothing is recorded.

/// A metric: its name, kind, unit and labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// The kind.
    pub kind: Kind,
    /// The unit.
    pub unit: Unit,
    /// The labels, besides `pipeline`.
    pub labels: &'static [&'static str],
    /// A description.
    pub about: &'static str,
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A total that only increases, from 0 at the start of the process.
    Counter,
    /// A value that goes up and down.
    Gauge,
    /// A distribution of values.
    Histogram,
}

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A number of items, or of offsets as the source counts them.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
}

/// The names and values of labels.
pub(super) type Labels<'a> = &'a [(&'static str, &'a str)];

impl Metric {
    pub(super) const fn new(
        kind: Kind,
        unit: Unit,
        name: &'static str,
        labels: &'static [&'static str],
        about: &'static str,
    ) -> Self {
        Self {
            name,
            kind,
            unit,
            labels,
            about,
        }
    }
}

#[cfg(feature = "metrics")]
mod recorder {
    use super::{Kind, Labels, Metric, Unit};
    use ::metrics::Label;

    impl Metric {
        /// Describes the metric to the recorder.
        pub(in super::super) fn describe(&self) {
            let unit = match self.unit {
                Unit::Count => ::metrics::Unit::Count,
                Unit::Bytes => ::metrics::Unit::Bytes,
                Unit::Seconds => ::metrics::Unit::Seconds,
            };
            match self.kind {
                Kind::Counter => ::metrics::describe_counter!(self.name, unit, self.about),
                Kind::Gauge => ::metrics::describe_gauge!(self.name, unit, self.about),
                Kind::Histogram => ::metrics::describe_histogram!(self.name, unit, self.about),
            }
        }

        /// Adds to a counter.
        pub(in super::super) fn add(&self, pipeline: &str, labels: Labels<'_>, more: u64) {
            ::metrics::counter!(self.name, owned(pipeline, labels)).increment(more);
        }

        /// Sets a gauge.
        pub(in super::super) fn set(&self, pipeline: &str, labels: Labels<'_>, value: f64) {
            ::metrics::gauge!(self.name, owned(pipeline, labels)).set(value);
        }

        /// Adds a value to a histogram.
        pub(in super::super) fn sample(&self, pipeline: &str, labels: Labels<'_>, value: f64) {
            ::metrics::histogram!(self.name, owned(pipeline, labels)).record(value);
        }
    }

    fn owned(pipeline: &str, labels: Labels<'_>) -> Vec<Label> {
        let all = [("pipeline", pipeline)];
        let all = all.into_iter().chain(labels.iter().copied());
        all.map(|(name, value)| Label::new(name, value.to_owned()))
            .collect()
    }
}

#[cfg(not(feature = "metrics"))]
#[expect(clippy::unused_self, reason = "they record with the feature `metrics`")]
impl Metric {
    pub(super) fn describe(&self) {}
    pub(super) fn add(&self, _: &str, _: Labels<'_>, _: u64) {}
    pub(super) fn set(&self, _: &str, _: Labels<'_>, _: f64) {}
    pub(super) fn sample(&self, _: &str, _: Labels<'_>, _: f64) {}
}
