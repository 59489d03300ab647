//! The client that produces: hands records over in order, and collects the fate of each.

use std::{fmt, time::Duration};

use fleet_core::{Error, EventTime, Result};
use rdkafka::{
    ClientConfig,
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _},
};

use super::{
    config,
    contact::{Contact, Why},
    error::KafkaError,
    probe,
    reports::{Reports, Sent},
};

/// How often reports are looked for, and a full queue is tried again. `poll` of the client would
/// wait for its whole time even if a report came at once.
const LOOK: Duration = Duration::from_micros(500);

/// After how many records reports are looked for. Until then they count as unsent, and fill the
/// queue. Our choice: a look costs as much as a record.
const LOOK_AFTER: u32 = 64;

/// A record to be produced.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) topic: &'a str,
    pub(crate) key: Option<&'a [u8]>,
    pub(crate) value: Option<&'a [u8]>,
    pub(crate) at: Option<EventTime>,
    pub(crate) headers: OwnedHeaders,
}

/// Adds a header.
pub(crate) fn with_header(headers: OwnedHeaders, key: &str, value: &[u8]) -> OwnedHeaders {
    let value = Some(value);
    headers.insert(Header { key, value })
}

/// A producer of numbered writes: the reports of one that was dropped are not taken for those of
/// the next.
pub(crate) struct Producer {
    client: BaseProducer<Reports>,
    /// The number of the current write.
    write: u32,
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").finish_non_exhaustive()
    }
}

impl Producer {
    /// Makes a client. It asks no broker yet.
    pub(crate) fn open(config: &ClientConfig) -> Result<Self> {
        let reports = Reports::new(Contact::new(config));
        let made = config.create_with_context(reports);
        Ok(Self {
            client: made.map_err(|cause| config::refused(&cause))?,
            write: 0,
        })
    }

    /// Begins another write.
    pub(crate) fn begin(&mut self) {
        self.write = self.write.wrapping_add(1);
    }

    /// Hands a record to the client, which sends it with others. Waits while its queue is full.
    pub(crate) async fn send(&self, index: u32, record: Outgoing<'_>) -> Result<(), ClientError> {
        let sent = Sent {
            write: self.write,
            index,
        };
        let mut next = BaseRecord::<[u8], [u8], usize>::with_opaque_to(record.topic, sent.packed())
            .headers(record.headers);
        next.key = record.key;
        next.payload = record.value;
        next.timestamp = record.at.and_then(millis);
        if sent.index.is_multiple_of(LOOK_AFTER) {
            self.client.poll(Duration::ZERO);
        }
        loop {
            match self.client.send(next) {
                Ok(()) => return Ok(()),
                Err((cause, back)) if cause.rdkafka_error_code() == Some(Code::QueueFull) => {
                    next = back;
                    let before = self.client.in_flight_count();
                    self.client.poll(Duration::ZERO);
                    if self.client.in_flight_count() < before {
                        continue;
                    }
                    if let Some(cause) = self.refused() {
                        return Err(cause);
                    }
                    tokio::time::sleep(LOOK).await;
                }
                Err((cause, _)) => return Err(cause),
            }
        }
    }

    /// Waits for this many reports of the current write, and returns those of records that were not
    /// taken, in order. If all brokers refuse us at the first contact, it waits no longer, and
    /// returns one error for all.
    pub(crate) async fn settle(&self, waiting: usize) -> Vec<(u32, ClientError)> {
        let mut reports = Vec::with_capacity(waiting);
        self.collect(waiting, &mut reports).await;
        let refused = |(index, cause): (u32, Option<ClientError>)| Some((index, cause?));
        let mut failed: Vec<_> = reports.into_iter().filter_map(refused).collect();
        failed.sort_unstable_by_key(|(index, _)| *index);
        failed
    }

    /// Waits for this many reports of the current write. If the future is dropped, those that came
    /// are in the list. If all brokers refuse us at the first contact, one error stands for all
    /// that are missing.
    pub(crate) async fn collect(&self, waiting: usize, to: &mut Vec<(u32, Option<ClientError>)>) {
        let all = to.len() + waiting;
        while to.len() < all {
            self.client.poll(Duration::ZERO);
            let reports = self.client.context().take();
            if reports.is_empty() {
                if let Some(cause) = self.refused() {
                    to.push((0, Some(cause)));
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
            let ours = reports.into_iter();
            let ours = ours.filter(|(sent, _)| sent.write == self.write);
            to.extend(ours.map(|(sent, cause)| (sent.index, cause)));
        }
    }

    /// The error of each record, if no broker lets us in.
    fn refused(&self) -> Option<ClientError> {
        let refused = self.client.context().contact.refusal(Duration::MAX)?;
        let code = match refused.why {
            Why::Login => Code::Authentication,
            _ => Code::SSL,
        };
        Some(ClientError::MessageProduction(code))
    }

    /// The error of a write to a topic that failed for this cause. It says why, if no broker has
    /// let us in yet.
    pub(crate) async fn failed(&self, topic: &str, cause: ClientError) -> Error {
        let contact = &self.client.context().contact;
        // The write waited long enough, so a suspicion counts.
        if let Some(refusal) = contact.refusal(Duration::ZERO) {
            let config = contact.config().clone();
            let told = tokio::task::spawn_blocking(move || probe::explain(&config, &refusal)).await;
            if let Ok(why) = told {
                return KafkaError::NotLetIn(why).into();
            }
        }
        let topic = topic.to_owned();
        KafkaError::Produce { topic, cause }.into()
    }
}

/// The timestamp of a record, in milliseconds. Kafka has none before 1970.
pub(super) fn millis(at: EventTime) -> Option<i64> {
    Some(at.as_micros().div_euclid(1000)).filter(|millis| *millis >= 0)
}
