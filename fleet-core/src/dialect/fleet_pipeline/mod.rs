//! The self-driving data pipeline: telemetry, perception and driving events, one topic each.

mod alert;
mod driving;
mod event_target;
mod metric;
mod perception;
mod telemetry;
#[cfg(test)]
mod tests;

pub use alert::PipelineAlert;
pub use driving::PipelineDriving;
pub use metric::PipelineMetric;
pub use perception::PipelinePerception;
pub use telemetry::PipelineTelemetry;

use super::{Dialect, Lossy, Refused, has_key};
use crate::{data::time::NaiveTimeReader, event::FleetEvent};

#[cfg(test)]
pub(crate) use {perception::SCHEMA as PERCEPTION, telemetry::SCHEMA as TELEMETRY};

/// The keys that only perception events have; any of them may be absent.
const PERCEPTION_KEYS: [&str; 5] = [
    "\"object_class\"",
    "\"object_distance_m\"",
    "\"object_speed_kmh\"",
    "\"object_relative_direction\"",
    "\"confidence\"",
];

/// Any message of the self-driving pipeline, for files that mix its topics. A message with
/// `event_type` is a driving event, one with a key of an object or `confidence` a perception event,
/// and every other telemetry. Each single topic has a dialect too.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, FleetPipeline}, time::NaiveTimeReader};
/// let lines = [
///     r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","current_speed_kmh":61.2,"speed_limit_violation":false}"#,
///     r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","object_class":"cyclist","object_distance_m":4.5}"#,
///     r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:19","event_type":"intervention","event_detail":"takeover"}"#,
/// ];
/// for line in lines {
///     let event = FleetPipeline::default().read(line, &mut NaiveTimeReader::default())?.unwrap();
///     let mut again = Vec::new();
///     FleetPipeline::default().write(&event, &mut again);
///     assert_eq!(again, line.as_bytes());
/// }
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses what the dialect of that kind refuses.
#[derive(Clone, Copy, Debug, Default)]
pub struct FleetPipeline {
    telemetry: PipelineTelemetry,
    perception: PipelinePerception,
    driving: PipelineDriving,
}

impl FleetPipeline {
    /// Creates a dialect that keeps unknown keys and the order of all keys, and writes them back.
    pub fn keeping_unknown_keys() -> Self {
        Self {
            telemetry: PipelineTelemetry::keeping_unknown_keys(),
            perception: PipelinePerception::keeping_unknown_keys(),
            driving: PipelineDriving::keeping_unknown_keys(),
        }
    }
}

fn is_perception(record: &str) -> bool {
    PERCEPTION_KEYS.iter().any(|key| has_key(record, key))
}

impl Dialect for FleetPipeline {
    type Event = FleetEvent;
    type Memo = NaiveTimeReader;

    fn read(
        &self,
        record: &str,
        memo: &mut NaiveTimeReader,
    ) -> Result<Option<FleetEvent>, Refused> {
        if has_key(record, "\"event_type\"") {
            return Ok(self.driving.read(record, memo)?.map(Into::into));
        }
        if is_perception(record) {
            return Ok(self.perception.read(record, memo)?.map(Into::into));
        }
        Ok(self.telemetry.read(record, memo)?.map(Into::into))
    }

    fn write(&self, event: &FleetEvent, to: &mut Vec<u8>) {
        match event {
            FleetEvent::Telemetry(event) => self.telemetry.write(event, to),
            FleetEvent::Perception(event) => self.perception.write(event, to),
            FleetEvent::Driving(event) => self.driving.write(event, to),
        }
    }

    fn lossy(&self, event: &FleetEvent) -> Lossy {
        match event {
            FleetEvent::Telemetry(event) => self.telemetry.lossy(event),
            FleetEvent::Perception(perception) => {
                let mut record = Vec::new();
                self.write(event, &mut record);
                // Without any of these keys it would be read as telemetry.
                let recognised = std::str::from_utf8(&record).is_ok_and(is_perception);
                self.perception.lossy(perception).note("event", !recognised)
            }
            FleetEvent::Driving(event) => self.driving.lossy(event),
        }
    }
}
