//! The thread that polls, always: it serves rebalances and moves records into batches.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use rdkafka::{
    Message,
    consumer::{
        CommitMode, Consumer,
        base_consumer::{BaseConsumer, PartitionQueue},
    },
    error::{KafkaError as ClientError, RDKafkaErrorCode},
    message::{BorrowedMessage, Headers},
    metadata::MetadataTopic,
};

use super::{
    context::{Context, release},
    error::KafkaError,
    options::KafkaOptions,
    partitions, probe,
    records::{Builder, readable, time},
    shared::{Phase, Place, Shared, now},
};

/// The longest wait without a call of the client. New records and rebalances wake the thread, so
/// this only bounds what a lost call would cost.
const WAIT: Duration = Duration::from_millis(100);
/// How many callbacks are served before records are read again. Our choice: a client that logs all
/// it does logs hundreds of lines at once.
const SERVED: u32 = 1000;
/// The time between two tellings of positions to the group. Only tools read them. Our choice: soon
/// enough for those who watch, and far less work than a request for each commit of the store.
const TELL: Duration = Duration::from_secs(1);
/// How long the brokers may take to say whether a topic is there. Nothing is read meanwhile.
const ASK: Duration = Duration::from_secs(1);

/// The state of the thread.
pub(super) struct Poller {
    consumer: Arc<BaseConsumer<Context>>,
    shared: Arc<Shared>,
    options: KafkaOptions,
    /// What the source subscribed to.
    topics: Vec<String>,
    queues: BTreeMap<Place, PartitionQueue<Context>>,
    builder: Builder,
    /// When the group is told positions.
    tell_at: Instant,
    /// When to look whether a topic is still unknown.
    unknown: Option<Instant>,
}

impl Poller {
    pub(super) fn new(
        consumer: Arc<BaseConsumer<Context>>,
        shared: Arc<Shared>,
        options: KafkaOptions,
        topics: &[&str],
    ) -> Self {
        Self {
            consumer,
            shared,
            options,
            topics: topics.iter().copied().map(str::to_owned).collect(),
            queues: BTreeMap::new(),
            builder: Builder::default(),
            tell_at: now(),
            unknown: None,
        }
    }

    /// Polls until the source is dropped; then leaves the group.
    pub(super) fn run(mut self) {
        while !self.shared.stops.load(Ordering::SeqCst) {
            self.serve();
            self.complete_hand_overs();
            if now() >= self.tell_at {
                self.tell(&self.positions(None));
                self.tell_at = now() + TELL;
            }
            self.open_queues();
            self.give_up_unknown_topics();
            let more = self.drain();
            self.shared.rounds.fetch_add(1, Ordering::SeqCst);
            if !more {
                self.shared.wait(WAIT);
            }
        }
        self.tell(&self.positions(None));
        // Before the consumer: closing it serves the last rebalance, and leaves the group.
        self.queues.clear();
    }

    /// Serves rebalances and errors.
    fn serve(&mut self) {
        let context = Arc::clone(self.consumer.client().context());
        for _ in 0..SERVED {
            match self.consumer.poll(Duration::ZERO) {
                // A partition whose queue is not open yet stands still, so this is what the client
                // had fetched before; it is read again.
                Some(Ok(_) | Err(ClientError::PartitionEOF(_))) => {}
                Some(Err(error)) => self.fails(error, None),
                // It returns behind each log line and callback, as if nothing were left: rebalances
                // would wait for as many rounds.
                None if context.has_served.swap(false, Ordering::Relaxed) => {}
                None => break,
            }
        }
        let contact = &context.contact;
        if let Some(refusal) = contact.refusal(self.options.timeout) {
            let why = probe::explain(contact.config(), &refusal);
            self.shared.fail(KafkaError::NotLetIn(why).into());
            // Once, whatever the source does then.
            contact.make();
        }
    }

    /// Notes an error of the client, unless it passes by itself.
    fn fails(&mut self, error: ClientError, place: Option<&Place>) {
        use RDKafkaErrorCode as Code;
        let of = place.map_or_else(String::new, |(topic, number)| {
            format!(" partition {number} of topic {topic}")
        });
        let code = error.rdkafka_error_code();
        match (code, place) {
            // Said once, whatever follows.
            (Some(Code::UnknownTopicOrPartition | Code::UnknownTopic), _) => {
                tracing::warn!(%error, topics = ?self.topics, "Kafka{of}");
                self.unknown
                    .get_or_insert_with(|| now() + self.options.unknown_topic);
            }
            // The start says which offsets there are, and refuses the one that is not.
            (Some(Code::AutoOffsetReset | Code::OffsetOutOfRange), Some(place)) => {
                tracing::warn!(%error, "Kafka{of}");
                self.shared.begin_again(place);
            }
            // The client goes on behind such records, so nothing more of the partition is read.
            (Some(code), Some(place)) if let Some(why) = unreadable(code) => {
                self.shared.unreadable(place, why);
            }
            _ if matches!(error, ClientError::MessageConsumptionFatal(_)) => {
                self.shared
                    .fail(KafkaError::client(format!("read{of}"), error));
            }
            // The client asks for ever, and nobody would know that a setting is wrong.
            (Some(code), _) if let Some(what) = refused_setting(code) => {
                self.shared
                    .fail(KafkaError::Config(format!("{error}: {what}")).into());
            }
            (
                Some(
                    Code::TopicAuthorizationFailed
                    | Code::GroupAuthorizationFailed
                    | Code::ClusterAuthorizationFailed
                    | Code::InvalidTopic,
                ),
                _,
            ) => {
                self.shared
                    .fail(KafkaError::client(format!("read{of}"), error));
            }
            // The client connects again, asks again and fetches again.
            _ if self.consumer.client().context().is_news(code) => {
                tracing::warn!(%error, "Kafka{of}");
            }
            _ => {}
        }
    }

    /// Ends the run if a topic has been unknown for too long.
    fn give_up_unknown_topics(&mut self) {
        if self.unknown.take_if(|due| now() >= *due).is_none() {
            return;
        }
        // The client does not say which, and not whether it came back. Of a pattern none has to be
        // there.
        for topic in self.topics.iter().filter(|topic| !topic.starts_with('^')) {
            let Ok(metadata) = self.consumer.fetch_metadata(Some(topic), ASK) else {
                // The brokers do not answer: later.
                self.unknown = Some(now() + ASK);
                return;
            };
            let is_unknown = |topic: &MetadataTopic| topic.error().is_some();
            if metadata.topics().iter().any(is_unknown) {
                let seconds = self.options.unknown_topic.as_secs();
                let unknown = KafkaError::Unknown(topic.clone(), seconds);
                self.shared.fail(unknown.into());
            }
        }
    }

    /// Lets partitions go that the pipeline has released, or held for too long.
    fn complete_hand_overs(&self) {
        let mut state = self.shared.lock();
        let (over, waiting) = std::mem::take(&mut state.leaving)
            .into_iter()
            .partition(|leaving| {
                leaving.released.load(Ordering::SeqCst) || now() >= leaving.deadline
            });
        state.leaving = waiting;
        let over: Vec<super::shared::Leaving> = over;
        drop(state);
        for leaving in over {
            // While they are ours: the next member shall not seem to begin further back.
            self.tell(&self.positions(Some(&leaving.places)));
            let mut state = self.shared.lock();
            for place in &leaving.places {
                state.parts.remove(place);
            }
            drop(state);
            release(&self.consumer, &leaving.places);
        }
    }

    /// Takes the positions that the group was not told, of these partitions or of all.
    fn positions(&self, of: Option<&[Place]>) -> Vec<(Place, u64, i32)> {
        let mut state = self.shared.lock();
        let parts = state.parts.iter_mut();
        let wanted = parts.filter(|(place, _)| of.is_none_or(|of| of.contains(place)));
        let untold = wanted.filter_map(|(place, part)| {
            let upto = part.take_untold()?;
            Some((place.clone(), upto, part.known))
        });
        untold.collect()
    }

    /// Tells the group positions. Nothing waits for an answer.
    fn tell(&self, positions: &[(Place, u64, i32)]) {
        if positions.is_empty() || self.shared.store_tells.load(Ordering::SeqCst) {
            return;
        }
        let list = partitions::positions(positions);
        let told = list.and_then(|list| self.consumer.commit(&list, CommitMode::Async));
        if let Err(error) = told {
            tracing::debug!(%error, "the group did not take positions");
        }
    }

    /// Opens the queues of new partitions, and closes those of partitions that are gone.
    fn open_queues(&mut self) {
        let mut state = self.shared.lock();
        let new = std::mem::take(&mut state.new);
        self.queues
            .retain(|place, _| state.parts.contains_key(place));
        drop(state);
        for place in new {
            // First, because dropping it takes the callback of its successor away.
            self.queues.remove(&place);
            let Some(mut queue) = self.consumer.split_partition_queue(&place.0, place.1) else {
                continue;
            };
            let shared = Arc::clone(&self.shared);
            queue.set_nonempty_callback(move || shared.wake());
            self.queues.insert(place, queue);
        }
    }

    /// Moves records of each partition into a batch. Returns whether there may be more.
    fn drain(&mut self) -> bool {
        let mut more = false;
        let mut failed = Vec::new();
        for (place, queue) in &self.queues {
            let next = {
                let state = self.shared.lock();
                let part = state.parts.get(place);
                let reads = part.filter(|part| {
                    part.phase == Phase::Reading
                        && !part.is_broken
                        && part.waiting_bytes < self.options.buffer_bytes
                });
                match reads {
                    Some(part) => part.next,
                    None => continue,
                }
            };
            let mut position = next;
            let mut at_end = false;
            while self.builder.bytes() < self.options.batch_bytes {
                match queue.poll(Duration::ZERO) {
                    Some(Ok(message)) => {
                        at_end = false;
                        let offset = message.offset().unsigned_abs();
                        // A record before the position came from a fetch before a seek.
                        if offset >= position {
                            add(&mut self.builder, &message);
                            position = offset + 1;
                        }
                    }
                    Some(Err(ClientError::PartitionEOF(_))) => at_end = true,
                    Some(Err(error)) => {
                        failed.push((error, place.clone()));
                        break;
                    }
                    None => break,
                }
            }
            let read = !self.builder.is_empty();
            if !read && !at_end {
                continue;
            }
            let records = self.builder.finish(&place.0);
            let weight = records.weight();
            let mut state = self.shared.lock();
            state.is_busy();
            // It may have been handed over or claimed again meanwhile: then these are not its next.
            let part = state.parts.get_mut(place);
            if let Some(part) =
                part.filter(|part| part.phase == Phase::Reading && part.next == next)
            {
                part.at_end = at_end;
                part.next = position;
                part.end = part.end.max(position);
                if read {
                    part.push(records, weight);
                }
            }
            drop(state);
            self.shared.changed.notify_one();
            more |= read;
        }
        for (error, place) in failed {
            self.fails(error, Some(&place));
        }
        more
    }
}

/// What to do about a setting of the group that the brokers refuse, if that is what they say.
fn refused_setting(code: RDKafkaErrorCode) -> Option<&'static str> {
    use RDKafkaErrorCode as Code;
    Some(match code {
        Code::InvalidSessionTimeout => {
            "set session_timeout between group.min.session.timeout.ms and \
             group.max.session.timeout.ms of the brokers"
        }
        Code::InconsistentGroupProtocol => {
            "other members of the group share partitions by another protocol: use theirs, or stop \
             them first"
        }
        Code::InvalidGroupId => "the brokers do not take the name of the group",
        _ => return None,
    })
}

/// Why records cannot be read, if that is what the client says.
fn unreadable(code: RDKafkaErrorCode) -> Option<&'static str> {
    use RDKafkaErrorCode as Code;
    Some(match code {
        Code::NotImplemented => {
            "they are compressed in a way that this build cannot read: for zstd, enable the feature \
             `kafka-zstd` of fleet-sources"
        }
        Code::BadCompression => "they are compressed, and damaged",
        Code::BadMessage | Code::InvalidMessage => "they are damaged: their checksum is wrong",
        Code::MessageSizeTooLarge => "they are larger than receive.message.max.bytes",
        _ => return None,
    })
}

fn add(to: &mut Builder, message: &BorrowedMessage<'_>) {
    let time = time(message);
    let headers = message.headers();
    let headers = headers
        .into_iter()
        .flat_map(|all| (0..all.count()).map(move |index| readable(|| all.get(index))));
    let offset = message.offset().unsigned_abs();
    to.add(offset, (message.key(), message.payload()), time, headers);
}
