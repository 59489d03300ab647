//! The environment variables of the Ford demo's producer, under their own names.

use super::model::{DEFAULT_ANOMALY_PROBABILITY, DEFAULT_EVENTS_PER_SECOND, FordModel};
use crate::simulator::env::{BadVariable, process_variable};

/// The environment variables of the Ford fleet demo's producer.
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
    /// `EVENTS_PER_SECOND`: the rate of all vehicles together.
    pub events_per_second: f64,
    /// `ANOMALY_PROBABILITY`: the share of events that are anomalous.
    pub anomaly_probability: f64,
}

impl Default for FordEnv {
    /// The defaults in the demo's description.
    fn default() -> Self {
        Self {
            events_per_second: DEFAULT_EVENTS_PER_SECOND,
            anomaly_probability: DEFAULT_ANOMALY_PROBABILITY,
        }
    }
}

impl FordEnv {
    /// Looks the variables up with `of`; a missing one has its default.
    ///
    /// # Errors
    /// If the rate is not a number above 0, or the probability not a number from 0 to 1.
    pub fn from_vars(
        mut of: impl FnMut(&'static str) -> Option<String>,
    ) -> Result<Self, BadVariable> {
        let mut number = |name, default, wanted, fits: fn(f64) -> bool| {
            let Some(value) = of(name) else {
                return Ok(default);
            };
            let parsed = value.trim().parse().ok().filter(|number| fits(*number));
            parsed.ok_or(BadVariable {
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

    /// Reads the variables of the process.
    ///
    /// # Errors
    /// The same as [`from_vars`](Self::from_vars).
    pub fn from_env() -> Result<Self, BadVariable> {
        Self::from_vars(process_variable)
    }

    /// The model of the vehicles.
    pub fn model(&self) -> FordModel {
        FordModel::default()
            .events_per_second(self.events_per_second)
            .anomaly_probability(self.anomaly_probability)
    }
}
