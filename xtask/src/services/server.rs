//! The PostgreSQL server that one run of tests or examples shares.

use xtask::postgres::{self, Instance, Options, VARIABLE};

use super::Install;
use crate::run::{Invocation, Report, StepOutcome};

/// Where the server comes from.
#[derive(Debug)]
pub(crate) enum Server {
    /// The environment names it by [`VARIABLE`].
    Named,
    /// This run started it.
    Own(Box<Instance>),
    /// There is no server, for this reason.
    Absent(String),
}

impl Server {
    /// Uses the server that is named, or starts one, after installing it where that is allowed.
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

    /// Starts the server as one step of a report. A missing server is a skipped step, but a failure
    /// in CI, which may always install it.
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

    /// Gives a command the URL. If the server is named, the command inherits the variable.
    pub(crate) fn pass_to(&self, invocation: Invocation) -> Invocation {
        match self {
            Self::Own(instance) => invocation.hidden_env(VARIABLE, instance.url()),
            Self::Named | Self::Absent(_) => invocation,
        }
    }

    /// Why there is no server.
    pub(crate) fn absent(&self) -> Option<&str> {
        match self {
            Self::Absent(why) => Some(why),
            Self::Named | Self::Own(_) => None,
        }
    }

    /// Stops the server if this run started it.
    pub(crate) fn stop_as_step(self, report: &mut Report) {
        if let Self::Own(instance) = self {
            report.check("postgres stopped", || match instance.stop() {
                Ok(()) => StepOutcome::Passed,
                Err(why) => StepOutcome::failed(why),
            });
        }
    }
}
