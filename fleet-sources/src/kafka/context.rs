//! What the client calls back: rebalances, results of commits, logs and statistics.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};

use super::{
    contact::Contact,
    shared::{Fence, Place, Shared, now},
};

/// Called on the thread that polls.
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) contact: Contact,
    /// Whether something was called back since it was last asked: then more may wait.
    pub(super) has_served: AtomicBool,
    pub(super) hand_over: Duration,
    /// When which error was last told.
    pub(super) told: Mutex<Vec<(Option<RDKafkaErrorCode>, Instant)>>,
    /// Set before the first call.
    pub(super) consumer: OnceLock<Weak<BaseConsumer<Self>>>,
}

/// How often an error is told that goes on. The client repeats it many times a second.
const TELL_AGAIN: Duration = Duration::from_secs(10);

/// After how many microseconds without a word a broker does not tell where a partition ends, though
/// its connection seems to be there. Our choice: six fetches.
const SILENT_US: i64 = 3_000_000;

impl Context {
    /// Whether an error is to be told: it is new, or it has gone on for a while.
    pub(super) fn is_news(&self, code: Option<RDKafkaErrorCode>) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|(_, at)| now() < *at + TELL_AGAIN);
        let is_news = told.iter().all(|(known, _)| *known != code);
        if is_news {
            told.push((code, now()));
        }
        is_news
    }

    fn served(&self) {
        self.has_served.store(true, Ordering::Relaxed);
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.served();
        self.contact.log(facility, message);
        match level {
            RDKafkaLogLevel::Emerg
            | RDKafkaLogLevel::Alert
            | RDKafkaLogLevel::Critical
            | RDKafkaLogLevel::Error => tracing::error!(facility, "{message}"),
            RDKafkaLogLevel::Warning => tracing::warn!(facility, "{message}"),
            _ => tracing::debug!(facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code();
        // The end of a partition is not an error.
        if code != Some(RDKafkaErrorCode::PartitionEOF) {
            // The client tries again by itself; what does not pass is an error of a call, too.
            if self.is_news(code) {
                tracing::warn!("{error}: {reason}");
            }
            self.contact.error(code, reason);
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.served();
        // A broker has a number once another has told it; the first ones are tried without.
        let brokers = statistics.brokers.values();
        let up = brokers.filter(|broker| broker.nodeid >= 0 && broker.state == "UP");
        let up: Vec<_> = up.map(|broker| (broker.nodeid, broker.rxidle)).collect();
        if !up.is_empty() {
            self.contact.make();
        }
        let mut state = self.shared.lock();
        for (topic, told) in statistics.topics {
            let topic: Arc<str> = topic.into();
            for (number, partition) in told.partitions {
                let end = u64::try_from(partition.hi_offset).ok();
                let stable = u64::try_from(partition.ls_offset).ok();
                let part = state.parts.get_mut(&(Arc::clone(&topic), number));
                let Some(part) = part else { continue };
                // A fetch is answered after half a second, if nothing comes.
                part.is_followed = up.iter().any(|(broker, silent)| {
                    *broker == partition.leader && (!part.at_end || *silent < SILENT_US)
                });
                if let Some(end) = end {
                    part.ends_at(end, stable.unwrap_or(end));
                }
            }
        }
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        self.served();
        self.contact.make();
        let places = places(list);
        tracing::debug!(?places, ?what, "the group shares partitions out");
        if what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            let assigned = match self.consumer.get().and_then(Weak::upgrade) {
                Some(consumer) => assign(&consumer, &places),
                // It closes, and gives them back.
                None => Ok(()),
            };
            if let Err(error) = assigned {
                tracing::warn!(%error, "cannot take partitions");
            }
            self.shared
                .assigned(places, group_metadata(consumer).as_ref());
            return;
        }
        // Must be asked now: it is false again when the partitions are let go.
        if consumer.assignment_lost() || self.shared.stops.load(Ordering::SeqCst) {
            self.shared.lost(&places);
            release(consumer, &places);
        } else {
            self.shared.renew(group_metadata(consumer).as_ref());
            self.shared.leave(places, self.hand_over);
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        self.served();
        if let Err(error) = result
            && error.rdkafka_error_code() != Some(RDKafkaErrorCode::NoOffset)
        {
            // Only tools read what the group keeps; the store has the position.
            tracing::debug!(%error, "the group did not take a position");
        }
    }
}

/// What brokers check of commits. Taken now, while the group says what is ours: later it may stand
/// for an assignment without some of these partitions, and brokers would not notice.
fn group_metadata(consumer: &BaseConsumer<Context>) -> Option<Fence> {
    consumer.group_metadata().map(Fence::new)
}

fn places(list: &TopicPartitionList) -> Vec<Place> {
    let elements = list.elements();
    let place = elements
        .iter()
        .map(|element| (Arc::from(element.topic()), element.partition()));
    place.collect()
}

/// A list of these partitions, each at this offset.
pub(super) fn listed(places: &[Place], at: Offset) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(places.len());
    for (topic, number) in places {
        list.add_partition_offset(topic, *number, at)?;
    }
    Ok(list)
}

/// Takes partitions without reading them: the store has to say first where to begin. Until then
/// they stand still at a number, because a seek beside the question for an end can be lost.
///
/// They are paused before they are taken. Otherwise the client may have fetched that number, and
/// where retention has removed it, the refusal stops the partition for good.
fn assign(consumer: &Arc<BaseConsumer<Context>>, places: &[Place]) -> KafkaResult<()> {
    let list = listed(places, Offset::Offset(0))?;
    for (topic, number) in places {
        // Only to let the client know of the partition: it does not pause what it does not know.
        drop(consumer.split_partition_queue(topic, *number));
    }
    consumer.pause(&list)?;
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_assign(&list),
        _ => consumer.assign(&list),
    }
}

/// Lets partitions go, which completes the rebalance.
pub(super) fn release(consumer: &BaseConsumer<Context>, places: &[Place]) {
    let released = match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => {
            listed(places, Offset::Invalid).and_then(|list| consumer.incremental_unassign(&list))
        }
        _ => consumer.unassign(),
    };
    if let Err(error) = released {
        tracing::warn!(%error, "cannot let partitions go");
    }
}
