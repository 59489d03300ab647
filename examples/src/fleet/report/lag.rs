//! How far pipelines are behind the topics that they read.

#[cfg(feature = "kafka")]
use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use fleet_core::Result;
#[cfg(not(feature = "kafka"))]
use fleet_core::{Error, ErrorKind};
use fleet_sinks::StoreSummary;
#[cfg(feature = "kafka")]
use fleet_sources::{KafkaOptions, TopicLag, topic_lag};
use serde_json::Value;

use crate::database::Database;
#[cfg(feature = "kafka")]
use crate::report::format::grouped;

/// The lag of each pipeline in each partition, by the name of the pipeline.
#[derive(Default)]
pub(crate) struct Lags {
    #[cfg(feature = "kafka")]
    of: BTreeMap<String, Vec<TopicLag>>,
}

#[cfg(feature = "kafka")]
impl Lags {
    /// Asks brokers about the positions in a database; without brokers nothing is known.
    ///
    /// # Errors
    /// Returns an error if the brokers do not answer.
    pub(crate) async fn ask(
        brokers: Option<&str>,
        db: &Database,
        pipelines: &[StoreSummary],
    ) -> Result<Self> {
        let mut of = BTreeMap::new();
        for StoreSummary { pipeline, .. } in pipelines {
            let Some(brokers) = brokers else { continue };
            let positions = db.positions(pipeline).await?;
            let lags = topic_lag(brokers, positions, KafkaOptions::default()).await?;
            if !lags.is_empty() {
                of.insert(pipeline.clone(), lags);
            }
        }
        Ok(Self { of })
    }

    /// Adds the lag of a pipeline to its report.
    pub(crate) fn add_json(&self, pipeline: &str, report: &mut Value) {
        let (Some(lags), Some(report)) = (self.of.get(pipeline), report.as_object_mut()) else {
            return;
        };
        let each = lags.iter().map(|lag| {
            let told = serde_json::json!({
                "committed": lag.committed.0,
                "behind": lag.behind,
                "age_s": lag.age.map(|age| age.as_secs_f64()),
            });
            (lag.partition.to_string(), told)
        });
        report.insert("lag".to_owned(), Value::Object(each.collect()));
    }

    /// Returns the lag of a pipeline as text: the sum, then each partition.
    pub(crate) fn text(&self, pipeline: &str) -> String {
        let Some(lags) = self.of.get(pipeline) else {
            return String::new();
        };
        let behind = lags.iter().map(|lag| lag.behind).sum();
        let oldest = lags.iter().filter_map(|lag| lag.age).max();
        // Writing to a string cannot fail.
        let mut text = String::new();
        let _ = writeln!(text, "  {:<12}{}", "lag", told(behind, oldest));
        for lag in lags {
            let (partition, told) = (&lag.partition, told(lag.behind, lag.age));
            let _ = writeln!(text, "    {partition}: {told}");
        }
        text
    }
}

#[cfg(feature = "kafka")]
fn told(behind: u64, age: Option<Duration>) -> String {
    let records = match behind {
        0 => return "nothing waits".to_owned(),
        1 => "1 record".to_owned(),
        behind => format!("{} records", grouped(behind)),
    };
    match age {
        Some(age) => format!("{records}, the oldest {:.1} s old", age.as_secs_f64()),
        None => format!("{records} of unknown age"),
    }
}

#[cfg(not(feature = "kafka"))]
impl Lags {
    /// Refuses brokers.
    #[expect(clippy::unused_async, reason = "a build with Kafka asks")]
    pub(crate) async fn ask(
        brokers: Option<&str>,
        _: &Database,
        _: &[StoreSummary],
    ) -> Result<Self> {
        if brokers.is_none() {
            return Ok(Self::default());
        }
        let message = "this build cannot ask Kafka: build it with `--features kafka`";
        Err(Error::new(ErrorKind::Config, message))
    }

    #[expect(clippy::unused_self, reason = "a build with Kafka knows")]
    pub(crate) fn add_json(&self, _: &str, _: &mut Value) {}

    #[expect(clippy::unused_self, reason = "a build with Kafka knows")]
    pub(crate) fn text(&self, _: &str) -> String {
        String::new()
    }
}
