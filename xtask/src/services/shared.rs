//! The servers that one run of tests or examples shares.

use super::{Install, KafkaServer, Server};
use crate::run::{Invocation, Report};

/// PostgreSQL and Apache Kafka, started where they are wanted.
#[derive(Debug)]
pub(crate) struct Servers {
    postgres: Server,
    kafka: KafkaServer,
}

impl Servers {
    /// Starts each server that `wanted` names as one step of a report.
    pub(crate) fn start(
        report: &mut Report,
        install: Install,
        wanted: impl Fn(&str) -> bool,
    ) -> Self {
        let none = || "it is not needed".to_owned();
        Self {
            postgres: if wanted("postgres") {
                Server::start_as_step(report, install)
            } else {
                Server::Absent(none())
            },
            kafka: if wanted("kafka") {
                KafkaServer::start_as_step(report, install)
            } else {
                KafkaServer::Absent(none())
            },
        }
    }

    /// Gives a command their addresses.
    pub(crate) fn pass_to(&self, invocation: Invocation) -> Invocation {
        self.kafka.pass_to(self.postgres.pass_to(invocation))
    }

    /// Why a service is missing, if it is.
    pub(crate) fn absent(&self, service: &str) -> Option<String> {
        match service {
            "postgres" => self.postgres.absent().map(str::to_owned),
            "kafka" => self.kafka.absent().map(str::to_owned),
            other => Some(format!("needs {other}")),
        }
    }

    /// Stops those that this run started.
    pub(crate) fn stop(self, report: &mut Report) {
        self.kafka.stop_as_step(report);
        self.postgres.stop_as_step(report);
    }
}
