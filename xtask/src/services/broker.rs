//! The broker of Apache Kafka that one run of tests or examples shares.

use xtask::kafka::{Broker, VARIABLE};

use super::Install;
use crate::run::{Invocation, Report, StepOutcome, in_ci};

/// The variable that examples read, with the name that it has in the systems they rebuild.
const BOOTSTRAP: &str = "KAFKA_BOOTSTRAP_SERVERS";

/// Where the broker comes from.
#[derive(Debug)]
pub(crate) enum KafkaServer {
    /// The environment names it by [`VARIABLE`].
    Named(String),
    /// This run started it.
    Own(Box<Broker>),
    /// There is no broker, for this reason.
    Absent(String),
}

impl KafkaServer {
    /// Uses the broker that is named, or starts one, after installing it where that is allowed.
    fn start(install: Install) -> Result<Self, String> {
        if let Ok(named) = std::env::var(VARIABLE) {
            return Ok(Self::Named(named));
        }
        match install.kafka() {
            Err(why) if install == Install::Nothing => return Ok(Self::Absent(why)),
            installed => installed?,
        }
        Ok(Self::Own(Box::new(Broker::start()?)))
    }

    /// Starts the broker as one step of a report. A missing broker is a skipped step, but a failure
    /// in CI, which may always install it.
    pub(crate) fn start_as_step(report: &mut Report, install: Install) -> Self {
        let mut broker = Self::Absent("it did not start".to_owned());
        report.check("kafka", || match Self::start(install) {
            Ok(started) => {
                broker = started;
                match &broker {
                    Self::Absent(why) if in_ci() => StepOutcome::failed(why.clone()),
                    Self::Absent(why) => StepOutcome::Skipped(why.clone()),
                    Self::Named(_) | Self::Own(_) => StepOutcome::Passed,
                }
            }
            Err(why) => StepOutcome::failed(why),
        });
        broker
    }

    /// Gives a command the address, for tests and for examples.
    pub(crate) fn pass_to(&self, invocation: Invocation) -> Invocation {
        let address = match self {
            Self::Named(address) => address.clone(),
            Self::Own(broker) => broker.address(),
            Self::Absent(_) => return invocation,
        };
        invocation
            .hidden_env(VARIABLE, address.clone())
            .hidden_env(BOOTSTRAP, address)
    }

    /// Why there is no broker.
    pub(crate) fn absent(&self) -> Option<&str> {
        match self {
            Self::Absent(why) => Some(why),
            Self::Named(_) | Self::Own(_) => None,
        }
    }

    /// Stops the broker if this run started it.
    pub(crate) fn stop_as_step(self, report: &mut Report) {
        if let Self::Own(mut broker) = self {
            report.check("kafka stopped", || match broker.kill() {
                Ok(()) => StepOutcome::Passed,
                Err(why) => StepOutcome::failed(why),
            });
        }
    }
}
