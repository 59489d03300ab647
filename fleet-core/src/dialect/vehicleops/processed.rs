//! Processed telemetry of VehicleOps: what was sent, and what was found out about it.

use compact_str::CompactString;
use serde_json::Number;

use super::VehicleOps;
use crate::{
    data::time::Stamp,
    dialect::{Dialect, Maybe},
    event::{LimitSource, Telemetry},
};

/// What processing adds to telemetry (topic `fleet.telemetry.processed`). The system calls these
/// events enriched and does not say how, so the keys are our choice.
///
/// # Shape
/// The ten keys of the telemetry, then `distance_m speed_limit_kmh speed_limit_source alerts
/// processed_at`. [`VehicleOps`] reads the telemetry of such a record, this type reads the rest.
///
/// # Examples
/// ```
/// use fleet_core::dialect::{Dialect, Maybe, VehicleOps, vehicleops::Processed};
/// use fleet_core::{EventTime, event::LimitSource, time::TimeReader};
/// let line = r#"{"vehicle_id":"v","speed_kmh":92.5,"timestamp":"2024-02-15T14:32:18Z"}"#;
/// let event = VehicleOps::default().read(line, &mut TimeReader::default())?.unwrap();
/// let processed = Processed {
///     distance_m: Maybe::Null,
///     speed_limit_kmh: 80.into(),
///     speed_limit_source: LimitSource::Rule,
///     alerts: vec!["OVERSPEED".into()],
///     processed_at: EventTime::parse("2024-02-15T14:32:19Z")?.into(),
/// };
/// let mut record = Vec::new();
/// processed.write(&event, &mut record);
/// let record = String::from_utf8(record)?;
/// assert_eq!(record, line.replace('}', r#","distance_m":null,"speed_limit_kmh":80,"#)
///     + r#""speed_limit_source":"rule","alerts":["OVERSPEED"],"processed_at":"2024-02-15T14:32:19Z"}"#);
/// assert_eq!(serde_json::from_str::<Processed>(&record)?, processed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Processed {
    /// Metres since the vehicle's last fix. Null for the first one.
    #[serde(default)]
    pub distance_m: Maybe<Number>,
    /// The limit that the speed was compared with, km/h.
    pub speed_limit_kmh: Number,
    /// The origin of the limit.
    pub speed_limit_source: LimitSource,
    /// The alerts that this event opened, by the system's names.
    pub alerts: Vec<CompactString>,
    /// When it was processed, by the clock of the machine.
    pub processed_at: Stamp,
}

impl Processed {
    /// Appends the telemetry with what was added to it, without a line end.
    pub fn write(&self, event: &Telemetry, to: &mut Vec<u8>) {
        VehicleOps::default().write(event, to);
        let Ok(added) = serde_json::to_vec(self) else {
            return;
        };
        // The end of one object and the beginning of the other become a comma.
        if to.pop_if(|last| *last == b'}').is_some() {
            to.push(b',');
            to.extend_from_slice(added.get(1..).unwrap_or_default());
        }
    }
}
