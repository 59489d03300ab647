//! The client of transactions. Each call blocks until the brokers have answered.

use std::{fmt, sync::Arc, thread, time::Duration};

use fleet_core::Result;
use rdkafka::{
    ClientConfig, TopicPartitionList,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
    message::OwnedHeaders,
    producer::{BaseProducer, BaseRecord, Producer as _},
};

use super::{
    error::{StoreError, is_fenced},
    outcomes::Outcomes,
    tx::Record,
};
use crate::{
    kafka::{
        config,
        contact::{Contact, now},
        error::KafkaError,
        probe,
        producer::{millis, with_header},
    },
    outbox::CONTENT_ID,
};

/// How often reports are looked for. `poll` of the client would wait for its whole time, and a
/// commit with records under way at least for a tenth of a second.
const LOOK: Duration = Duration::from_micros(200);

/// How long one call to abort waits before reports are taken again.
const ABORT: Duration = Duration::from_millis(50);

/// After how many records reports are looked for. Our choice: a look costs as much as a record.
const LOOK_AFTER: usize = 64;

/// The largest batch of the client by default (`batch.size`).
const BATCH_BYTES: usize = 1_000_000;

/// Positions of partitions, with what the brokers check of them.
pub(super) type Offsets = (Arc<ConsumerGroupMetadata>, TopicPartitionList);

/// Why a transaction is not committed, as far as is known.
#[derive(Debug)]
pub(super) enum Failed {
    /// It was aborted: a record of this topic was not taken, or a call failed.
    Aborted(Option<String>, ClientError),
    /// It was aborted: the group refused the positions.
    Fenced(ClientError),
    /// The client is of no use any more. What it did not commit, the brokers abort.
    Broken(ClientError),
    /// The same, and the transaction may be committed.
    Unknown(ClientError),
}

pub(super) struct Client {
    producer: BaseProducer<Outcomes>,
    /// The largest batch that it sends.
    pub(super) batch_bytes: usize,
    timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client, which fences all earlier ones of the same transactional id: what they have
    /// not committed is aborted when this returns.
    pub(super) fn open(
        config: &ClientConfig,
        batch_bytes: usize,
        timeout: Duration,
    ) -> Result<Self> {
        let mut config = config.clone();
        if batch_bytes < BATCH_BYTES {
            config.set("batch.size", batch_bytes.max(1).to_string());
        }
        let config = &config;
        let outcomes = Outcomes::new(Contact::new(config));
        let made = config.create_with_context(outcomes);
        let producer: BaseProducer<Outcomes> = made.map_err(|cause| config::refused(&cause))?;
        let client = Self {
            producer,
            batch_bytes,
            timeout,
        };
        let begun = client.patiently(|left| client.producer.init_transactions(left));
        begun.map_err(|cause| {
            let contact = &client.producer.context().contact;
            match contact.refusal(Duration::ZERO) {
                Some(refusal) => KafkaError::NotLetIn(probe::explain(config, &refusal)).into(),
                None => StoreError::client("begin with transactions", cause),
            }
        })?;
        Ok(client)
    }

    /// Commits records and positions in one transaction, or nothing.
    pub(super) fn commit(&self, records: &[Record], offsets: &[Offsets]) -> Result<(), Failed> {
        if let Err(cause) = self.producer.begin_transaction() {
            return Err(Failed::Broken(cause));
        }
        if let Err((topic, cause)) = self.produce(records) {
            return Err(self.abort(cause, |cause| Failed::Aborted(topic, cause)));
        }
        // After the records: whoever claims a partition next waits for the transactions that it
        // finds in the changelog. One that was let in by the group has its records there.
        for (fence, list) in offsets {
            let send = |left| self.producer.send_offsets_to_transaction(list, fence, left);
            if let Err(cause) = self.patiently(send) {
                return Err(self.abort(cause, |cause| {
                    if is_fenced(&cause) {
                        Failed::Fenced(cause)
                    } else {
                        Failed::Aborted(None, cause)
                    }
                }));
            }
        }
        match self.patiently(|left| self.producer.commit_transaction(left)) {
            Ok(()) => Ok(()),
            Err(ClientError::Transaction(cause)) if cause.txn_requires_abort() => {
                let cause = ClientError::Transaction(cause);
                Err(
                    match self.abort(cause, |cause| Failed::Aborted(None, cause)) {
                        // The brokers may have committed, and only the answer is lost.
                        Failed::Broken(cause) => Failed::Unknown(cause),
                        aborted => aborted,
                    },
                )
            }
            Err(cause) => Err(Failed::Unknown(cause)),
        }
    }

    /// Produces records, and waits until all are on their brokers.
    fn produce(&self, records: &[Record]) -> Result<(), (Option<String>, ClientError)> {
        for (index, record) in records.iter().enumerate() {
            if index.is_multiple_of(LOOK_AFTER) {
                self.look()?;
            }
            self.send(record)?;
        }
        while self.producer.in_flight_count() > 0 {
            self.look()?;
            thread::sleep(LOOK);
        }
        self.look()
    }

    /// Takes reports, and returns the first record that was not taken.
    fn look(&self) -> Result<(), (Option<String>, ClientError)> {
        self.producer.poll(Duration::ZERO);
        match self.producer.context().take() {
            Some((topic, cause)) => Err((Some(topic), cause)),
            None => Ok(()),
        }
    }

    fn send(&self, record: &Record) -> Result<(), (Option<String>, ClientError)> {
        let mut next = BaseRecord::<[u8], [u8]>::to(&record.topic);
        next.partition = record.partition;
        next.key = record.key.as_deref();
        next.payload = record.value.as_deref();
        next.timestamp = record.at.and_then(millis);
        next.headers = headers(record);
        loop {
            match self.producer.send(next) {
                Ok(()) => return Ok(()),
                Err((cause, back)) if cause.rdkafka_error_code() == Some(Code::QueueFull) => {
                    next = back;
                    self.look()?;
                    thread::sleep(LOOK);
                }
                Err((cause, _)) => return Err((Some(record.topic.to_string()), cause)),
            }
        }
    }

    /// Aborts the transaction, because of this.
    fn abort(&self, cause: ClientError, failed: impl FnOnce(ClientError) -> Failed) -> Failed {
        if let ClientError::Transaction(error) = &cause
            && error.is_fatal()
        {
            return Failed::Broken(cause);
        }
        // The client waits for the answers to requests under way: one that came later could be
        // taken for a part of the next transaction. It takes no reports meanwhile: we do.
        let until = now() + self.timeout;
        loop {
            self.producer.poll(Duration::ZERO);
            match self.producer.abort_transaction(ABORT) {
                Ok(()) => break,
                Err(ClientError::Transaction(cause)) if cause.is_retriable() && now() < until => {}
                Err(cause) => return Failed::Broken(cause),
            }
        }
        self.producer.poll(Duration::ZERO);
        self.producer.context().take();
        failed(cause)
    }

    /// Repeats a call as long as it asks for it, within the timeout.
    fn patiently(
        &self,
        call: impl Fn(Duration) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let until = now() + self.timeout;
        loop {
            let left = until.saturating_duration_since(now());
            match call(left.max(LOOK)) {
                Err(ClientError::Transaction(cause)) if cause.is_retriable() && now() < until => {
                    thread::sleep(LOOK);
                }
                answer => return answer,
            }
        }
    }
}

/// The headers of a record, made here: beside the pipeline, which goes on.
fn headers(record: &Record) -> Option<OwnedHeaders> {
    let id = record.id?.to_string();
    let first = with_header(OwnedHeaders::new(), CONTENT_ID, id.as_bytes());
    let others = record.headers.iter();
    Some(others.fold(first, |all, (name, value)| with_header(all, name, value)))
}

/// The properties of a client of transactions.
pub(super) fn properties(base: &ClientConfig, id: &str, timeout: Duration) -> ClientConfig {
    let mut config = base.clone();
    let millis = timeout.as_millis().max(1).to_string();
    config.set("transactional.id", id);
    // If this process dies inside a transaction, its partitions are restored elsewhere when the
    // session has ended; they need not wait any longer.
    config.set("transaction.timeout.ms", &millis);
    // The client demands that it is no longer than that.
    config.set("delivery.timeout.ms", &millis);
    config
}
