//! Where a partition begins: where the store says, if the topic still has it.

use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::Duration,
};

use fleet_core::{Error, Result};
use rdkafka::{
    Offset as At,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError as ClientError, RDKafkaErrorCode},
};

use super::{
    asker::Asker,
    context::{Context, listed},
    error::KafkaError,
    options::{AddedPartitions, StartAt},
    partitions,
    shared::{Claimed, Shared, name, now},
};

/// How often a partition is asked to begin where it should, while it is not ready for that.
const SEEK_AGAIN: Duration = Duration::from_millis(20);
/// How often to look whether the thread that polls has had a round.
const ROUND: Duration = Duration::from_millis(1);

/// A partition that is to be read from where the store says.
pub(super) struct Begin {
    /// What reads it.
    pub(super) consumer: Arc<BaseConsumer<Context>>,
    /// What asks the brokers.
    pub(super) asker: Asker,
    pub(super) shared: Arc<Shared>,
    pub(super) claimed: Claimed,
    pub(super) at: Option<u64>,
    pub(super) start_at: StartAt,
    pub(super) added: AddedPartitions,
    pub(super) timeout: Duration,
}

/// Where a partition began, and where it ended then.
pub(super) struct Began {
    pub(super) at: u64,
    pub(super) end: u64,
    /// How many partitions of the topic are read.
    pub(super) known: i32,
}

impl Begin {
    /// Asks the brokers, and waits for them. `None` if the partition is no longer ours.
    pub(super) fn run(self) -> Result<Option<Began>> {
        let (topic, number) = &self.claimed.place;
        let doing = |what: &str| format!("{what} partition {number} of topic {topic}");
        let known = partitions::known(&self.asker, topic, self.added, self.timeout)?;
        let takes = self.added == AddedPartitions::Take;
        if self.at.is_none() && !takes && *number >= known {
            let partition = name(&self.claimed.place).to_string();
            return Err(KafkaError::Added { partition, known }.into());
        }
        let (oldest, end) = (self.end(At::Beginning)?, self.end(At::End)?);
        let at = self.offset(oldest, end)?;
        if self.is_latest() && !self.remember(at, known)? {
            return Ok(None);
        }
        if !self.is_at_rest() {
            return Ok(None);
        }
        let (until, to) = (now() + self.timeout, At::Offset(at));
        // A partition that was assigned a moment ago is not ready for it yet.
        while let Err(cause) = self.consumer.seek(topic, *number, to, self.timeout) {
            if !self.shared.is_claimed(&self.claimed) {
                return Ok(None);
            }
            if now() >= until {
                return Err(KafkaError::client(doing("begin with"), cause));
            }
            thread::sleep(SEEK_AGAIN);
        }
        // Only now, or else the client would fetch from where the partition stood still.
        let this = std::slice::from_ref(&self.claimed.place);
        let resumed = listed(this, At::Invalid).and_then(|list| self.consumer.resume(&list));
        resumed.map_err(|cause| KafkaError::client(doing("read"), cause))?;
        Ok(Some(Began {
            at: at.unsigned_abs(),
            end: end.unsigned_abs(),
            known,
        }))
    }

    /// Whether it begins at the end, which will be elsewhere the next time.
    fn is_latest(&self) -> bool {
        self.at.is_none() && self.start_at == StartAt::Latest
    }

    /// Lets the group remember where it begins, until the store does. Returns whether it is still
    /// ours.
    fn remember(&self, at: i64, known: i32) -> Result<bool> {
        let (topic, number) = &self.claimed.place;
        let until = now() + self.timeout;
        loop {
            let told = partitions::beginning(&self.claimed.place, at, known)
                .and_then(|list| self.consumer.commit(&list, CommitMode::Sync));
            match told {
                Ok(()) => return Ok(true),
                Err(_) if !self.shared.is_claimed(&self.claimed) => return Ok(false),
                Err(cause) if now() >= until => {
                    let doing = format!("note where partition {number} of topic {topic} begins");
                    return Err(KafkaError::client(doing, cause));
                }
                // The group shares partitions out just now.
                Err(_) => thread::sleep(SEEK_AGAIN),
            }
        }
    }

    /// Waits until the thread that polls is done with what it may have been reading of the
    /// partition: it must not take away what comes after the seek. Returns whether it is still
    /// ours.
    fn is_at_rest(&self) -> bool {
        let round = self.shared.rounds.load(Ordering::SeqCst);
        self.shared.wake();
        while self.shared.is_claimed(&self.claimed) {
            if self.shared.rounds.load(Ordering::SeqCst) > round {
                return true;
            }
            thread::sleep(ROUND);
        }
        false
    }

    /// The offset to begin at, between the oldest and the end.
    fn offset(&self, oldest: i64, end: i64) -> Result<i64> {
        let partition = || name(&self.claimed.place).to_string();
        let Some(offset) = self.at else {
            return match self.start_at {
                StartAt::Earliest => Ok(oldest),
                StartAt::Latest => {
                    let place = &self.claimed.place;
                    let begun = partitions::begun(&self.asker, place, self.timeout)?;
                    let is_there = |at: &i64| (oldest..=end).contains(at);
                    Ok(begun.filter(is_there).unwrap_or(end))
                }
                StartAt::Time(time) => self.first_since(time.as_micros().div_euclid(1000), end),
                StartAt::Refuse => Err(KafkaError::Refused(partition()).into()),
            };
        };
        match i64::try_from(offset) {
            Ok(at) if at < oldest => Err(KafkaError::Retained {
                partition: partition(),
                offset,
                oldest,
            }
            .into()),
            Ok(at) if at <= end => Ok(at),
            _ => Err(KafkaError::Recreated {
                partition: partition(),
                offset,
                end,
            }
            .into()),
        }
    }

    /// The offset of the oldest record, or of the one that will be next.
    fn end(&self, which: At) -> Result<i64> {
        let unknown = || self.failed(ClientError::OffsetFetch(RDKafkaErrorCode::Fail));
        self.ask(which)?.ok_or_else(unknown)
    }

    /// The offset of the first record that is not older than this; the end if there is none.
    fn first_since(&self, millis: i64, end: i64) -> Result<i64> {
        let found = self.ask(At::Offset(millis.max(0)))?;
        Ok(found.unwrap_or(end))
    }

    /// The offset of a time, which may be the beginning or the end.
    ///
    /// One question for each: when the client asks for both ends at once, it can take an error
    /// about one of them for the other, and a backlog would be skipped.
    fn ask(&self, time: At) -> Result<Option<i64>> {
        let ask = || {
            let times = listed(std::slice::from_ref(&self.claimed.place), time)?;
            let found = self.asker.offsets_for_times(times, self.timeout)?;
            let elements = found.elements();
            let Some(first) = elements.first() else {
                return Ok(None);
            };
            first.error()?;
            Ok(match first.offset() {
                At::Offset(at) => Some(at),
                _ => None,
            })
        };
        ask().map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: ClientError) -> Error {
        let (topic, number) = &self.claimed.place;
        let doing = format!("ask for the ends of partition {number} of topic {topic}");
        KafkaError::client(doing, cause)
    }
}
