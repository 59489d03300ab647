//! The fate of each record that was produced.

use std::sync::{Mutex, PoisonError};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::KafkaError as ClientError,
    producer::{DeliveryResult, ProducerContext},
};

use super::{contact::Contact, context::Logged};

/// A record by the number of its write and its place in it. A write that was dropped leaves reports
/// behind, which the next one must not take for its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) write: u32,
    pub(super) index: u32,
}

impl Sent {
    pub(super) fn packed(self) -> usize {
        (self.write as usize) << 32 | self.index as usize
    }

    #[expect(clippy::cast_possible_truncation, reason = "each half has 32 bits")]
    fn unpacked(packed: usize) -> Self {
        Self {
            write: (packed >> 32) as u32,
            index: packed as u32,
        }
    }
}

/// Collects reports until the write takes them, and what the brokers say before the first one.
#[derive(Debug)]
pub(super) struct Reports {
    waiting: Mutex<Vec<(Sent, Option<ClientError>)>>,
    pub(super) contact: Contact,
}

impl Reports {
    pub(super) fn new(contact: Contact) -> Self {
        Self {
            waiting: Mutex::default(),
            contact,
        }
    }

    pub(super) fn take(&self) -> Vec<(Sent, Option<ClientError>)> {
        std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.contact.log(facility, message);
        Logged.log(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        self.contact.error(error.rdkafka_error_code(), reason);
        Logged.error(error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, sent: usize) {
        let refused = result.as_ref().err().map(|(error, _)| error.clone());
        if refused.is_none() {
            self.contact.make();
        }
        let mut reports = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        reports.push((Sent::unpacked(sent), refused));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_told_by_its_write_and_its_place() {
        for (write, index) in [(0, 0), (1, 0), (0, 1), (u32::MAX, 7), (7, u32::MAX)] {
            let sent = Sent { write, index };
            assert_eq!(Sent::unpacked(sent.packed()), sent);
        }
    }
}
