//! One metric, and how it is recorded: with the feature `metrics` through the recorder that the program has
//! installed, without it not at all.

/// What is measured, under which name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How its values are to be read.
    pub kind: Kind,
    /// What is counted.
    pub unit: Unit,
    /// What tells its series apart, besides `pipeline`.
    pub labels: &'static [&'static str],
    /// What it is, for people.
    pub about: &'static str,
}

/// How values of a metric are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Only grows; begins at 0 with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Many values, of which the distribution matters.
    Histogram,
}

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Things, or offsets as the source counts them.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
}

/// Names and values of labels.
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
        /// Tells the recorder unit and meaning.
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
