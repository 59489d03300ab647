//! The environment variables of the systems that are simulated, under their own names.

use super::{FleetStreamModel, FordModel};

/// A variable whose value is no number in its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is `{value}`, which is no {wanted}: give one, or leave it out for {default}")]
pub struct BadVariable {
    name: &'static str,
    value: String,
    wanted: &'static str,
    default: f64,
}

/// What FleetStream reads from its environment.
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
    /// `KAFKA_BOOTSTRAP_SERVERS`: whom events are sent to.
    pub bootstrap_servers: String,
    /// `KAFKA_TOPIC`: the topic they are sent to.
    pub topic: String,
    /// `VEHICLE_ID`: the car, and the key of its events.
    pub vehicle_id: String,
}

impl Default for FleetStreamEnv {
    /// The defaults of FleetStream's description.
    fn default() -> Self {
        Self {
            bootstrap_servers: "localhost:9092".into(),
            topic: "vehicle.telemetry.raw".into(),
            vehicle_id: "TESTCAR01".into(),
        }
    }
}

impl FleetStreamEnv {
    /// Takes variables from wherever they are; one that is missing has its default.
    pub fn from_vars(mut of: impl FnMut(&'static str) -> Option<String>) -> Self {
        let default = Self::default();
        Self {
            bootstrap_servers: of("KAFKA_BOOTSTRAP_SERVERS").unwrap_or(default.bootstrap_servers),
            topic: of("KAFKA_TOPIC").unwrap_or(default.topic),
            vehicle_id: of("VEHICLE_ID").unwrap_or(default.vehicle_id),
        }
    }

    /// Takes them from the process.
    pub fn from_env() -> Self {
        Self::from_vars(process)
    }

    /// The car.
    pub fn model(&self) -> FleetStreamModel {
        FleetStreamModel::default().vehicle_id(&self.vehicle_id)
    }
}

/// What the Ford fleet demo's producer reads from its environment.
///
/// # Examples
/// ```
/// use fleet_sources::simulator::FordEnv;
/// let env = FordEnv::from_vars(|name| (name == "EVENTS_PER_SECOND").then(|| "50".into()))?;
/// assert_eq!((env.events_per_second, env.anomaly_probability), (50.0, 0.02));
/// assert!(FordEnv::from_vars(|_| Some("often".into())).is_err());
/// # Ok::<(), fleet_sources::simulator::BadVariable>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FordEnv {
    /// `EVENTS_PER_SECOND`: of all vehicles together.
    pub events_per_second: f64,
    /// `ANOMALY_PROBABILITY`: how many of them are anomalous.
    pub anomaly_probability: f64,
}

impl Default for FordEnv {
    /// The defaults of the demo's description.
    fn default() -> Self {
        Self {
            events_per_second: 10.0,
            anomaly_probability: 0.02,
        }
    }
}

impl FordEnv {
    /// Takes variables from wherever they are; one that is missing has its default.
    ///
    /// # Errors
    /// Refuses a rate that is no number above 0, and a probability that is none from 0 to 1.
    pub fn from_vars(
        mut of: impl FnMut(&'static str) -> Option<String>,
    ) -> Result<Self, BadVariable> {
        let mut number = |name, default, wanted, fits: fn(f64) -> bool| {
            let Some(value) = of(name) else {
                return Ok(default);
            };
            let read = value.trim().parse().ok().filter(|number| fits(*number));
            read.ok_or(BadVariable {
                name,
                value,
                wanted,
                default,
            })
        };
        let default = Self::default();
        Ok(Self {
            events_per_second: number(
                "EVENTS_PER_SECOND",
                default.events_per_second,
                "number above 0",
                |rate| rate.is_finite() && rate > 0.0,
            )?,
            anomaly_probability: number(
                "ANOMALY_PROBABILITY",
                default.anomaly_probability,
                "number from 0 to 1",
                |share| (0.0..=1.0).contains(&share),
            )?,
        })
    }

    /// Takes them from the process.
    ///
    /// # Errors
    /// As [`from_vars`](Self::from_vars).
    pub fn from_env() -> Result<Self, BadVariable> {
        Self::from_vars(process)
    }

    /// The vehicles.
    pub fn model(&self) -> FordModel {
        FordModel::default()
            .events_per_second(self.events_per_second)
            .anomaly_probability(self.anomaly_probability)
    }
}

/// A variable of the process; one that is no text is missing.
fn process(name: &'static str) -> Option<String> {
    std::env::var(name).ok()
}
