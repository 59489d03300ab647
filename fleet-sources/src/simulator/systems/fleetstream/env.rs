//! The environment variables of FleetStream's producer, under their own names.

use super::model::{DEFAULT_VEHICLE_ID, FleetStreamModel};
use crate::simulator::env::process_variable;

/// The environment variables of FleetStream's producer.
///
/// # Examples
/// ```
/// use fleet_sources::simulator::{FleetStreamEnv, Model};
/// let env = FleetStreamEnv::from_vars(|name| (name == "VEHICLE_ID").then(|| "TAXI7".into()));
/// assert_eq!(env.vehicle_id, "TAXI7");
/// assert_eq!(env.topic, "vehicle.telemetry.raw");
/// assert!(env.model().settings().ends_with("vehicle_id=TAXI7"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetStreamEnv {
    /// `KAFKA_BOOTSTRAP_SERVERS`: the brokers that events are sent to.
    pub bootstrap_servers: String,
    /// `KAFKA_TOPIC`: the topic that events are sent to.
    pub topic: String,
    /// `VEHICLE_ID`: the id of the car, which is also the key of its events.
    pub vehicle_id: String,
}

impl Default for FleetStreamEnv {
    /// The defaults in FleetStream's description.
    fn default() -> Self {
        Self {
            bootstrap_servers: "localhost:9092".into(),
            topic: "vehicle.telemetry.raw".into(),
            vehicle_id: DEFAULT_VEHICLE_ID.into(),
        }
    }
}

impl FleetStreamEnv {
    /// Looks the variables up with `of`; a missing one has its default.
    pub fn from_vars(mut of: impl FnMut(&'static str) -> Option<String>) -> Self {
        let default = Self::default();
        Self {
            bootstrap_servers: of("KAFKA_BOOTSTRAP_SERVERS").unwrap_or(default.bootstrap_servers),
            topic: of("KAFKA_TOPIC").unwrap_or(default.topic),
            vehicle_id: of("VEHICLE_ID").unwrap_or(default.vehicle_id),
        }
    }

    /// Reads the variables of the process.
    pub fn from_env() -> Self {
        Self::from_vars(process_variable)
    }

    /// The model of the car.
    pub fn model(&self) -> FleetStreamModel {
        FleetStreamModel::default().vehicle_id(&self.vehicle_id)
    }
}
