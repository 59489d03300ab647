//! What the client of transactions calls back.

use std::sync::{Mutex, PoisonError};

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    error::KafkaError as ClientError,
    producer::{DeliveryResult, ProducerContext},
};

use crate::kafka::{contact::Contact, context::Logged};

/// Keeps the first record of a transaction that was not taken: one is enough to abort it.
#[derive(Debug)]
pub(super) struct Outcomes {
    pub(super) contact: Contact,
    failed: Mutex<Option<(String, ClientError)>>,
}

impl Outcomes {
    pub(super) fn new(contact: Contact) -> Self {
        Self {
            contact,
            failed: Mutex::default(),
        }
    }

    /// Takes the topic and the error of that record.
    pub(super) fn take(&self) -> Option<(String, ClientError)> {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl ClientContext for Outcomes {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.contact.log(facility, message);
        Logged.log(level, facility, message);
    }

    fn error(&self, error: ClientError, reason: &str) {
        self.contact.error(error.rdkafka_error_code(), reason);
        Logged.error(error, reason);
    }
}

impl ProducerContext for Outcomes {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        use rdkafka::Message;

        match result {
            Ok(_) => self.contact.make(),
            Err((cause, message)) => {
                let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
                failed.get_or_insert_with(|| (message.topic().to_owned(), cause.clone()));
            }
        }
    }
}
