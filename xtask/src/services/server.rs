//! The PostgreSQL of one run of tests or examples.

use xtask::postgres::{self, Instance, Options, VARIABLE};

use super::Install;
use crate::run::{Invocation, Report, StepOutcome};

/// Who provides it.
#[derive(Debug)]
pub(crate) enum Server {
    /// Whoever set [`VARIABLE`].
    Named,
    /// We do, for this run.
    Own(Box<Instance>),
    /// Nobody, for this reason.
    Absent(String),
}

impl Server {
    /// Takes the one that is named, or starts one; installs it first where that is allowed.
    fn start(install: Install) -> Result<Self, String> {
        if std::env::var_os(VARIABLE).is_some() {
            return Ok(Self::Named);
        }
        if !postgres::is_installed() {
            match install.postgres() {
                Err(why) if install == Install::Nothing => return Ok(Self::Absent(why)),
                installed => installed?,
            }
        }
        let instance = Instance::start(Options::default())?;
        Ok(Self::Own(Box::new(instance)))
    }

    /// The same as one step of a report: to do without is skipped visibly, and fails in CI, where it may
    /// always be installed.
    pub(crate) fn start_as_step(report: &mut Report, install: Install) -> Self {
        let mut server = Self::Absent("it did not start".to_owned());
        report.check("postgres", || match Self::start(install) {
            Ok(started) => {
                server = started;
                match &server {
                    Self::Absent(why) => StepOutcome::Skipped(why.clone()),
                    Self::Named | Self::Own(_) => StepOutcome::Passed,
                }
            }
            Err(why) => StepOutcome::failed(why),
        });
        server
    }

    /// Tells a command where it is; a named one is in its environment anyway.
    pub(crate) fn pass_to(&self, invocation: Invocation) -> Invocation {
        match self {
            Self::Own(instance) => invocation.hidden_env(VARIABLE, instance.url()),
            Self::Named | Self::Absent(_) => invocation,
        }
    }

    /// Why there is none.
    pub(crate) fn absent(&self) -> Option<&str> {
        match self {
            Self::Absent(why) => Some(why),
            Self::Named | Self::Own(_) => None,
        }
    }

    /// Stops what we started.
    pub(crate) fn stop_as_step(self, report: &mut Report) {
        if let Self::Own(instance) = self {
            report.check("postgres stopped", || match instance.stop() {
                Ok(()) => StepOutcome::Passed,
                Err(why) => StepOutcome::failed(why),
            });
        }
    }
}
