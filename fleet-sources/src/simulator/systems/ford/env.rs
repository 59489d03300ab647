//! The environment variables of the Ford demo's producer, under their own names.

use super::model::{DEFAULT_ANOMALY_PROBABILITY, DEFAULT_EVENTS_PER_SECOND, FordModel};
use crate::simulator::env::{BadVariable, process_variable};

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
            events_per_second: DEFAULT_EVENTS_PER_SECOND,
            anomaly_probability: DEFAULT_ANOMALY_PROBABILITY,
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
        Self::from_vars(process_variable)
    }

    /// The vehicles.
    pub fn model(&self) -> FordModel {
        FordModel::default()
            .events_per_second(self.events_per_second)
            .anomaly_probability(self.anomaly_probability)
    }
}
