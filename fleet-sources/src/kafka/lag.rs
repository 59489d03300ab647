//! The lag of a partition in time: how long its oldest uncommitted record has been in the log.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use fleet_core::EventTime;

use super::records::{KafkaRecord, KafkaRecords};

/// What was read of a partition and is not committed: for each batch, the offset after it and the
/// time of its first record.
#[derive(Debug, Default)]
pub(super) struct Uncommitted(VecDeque<(u64, Option<EventTime>)>);

impl Uncommitted {
    /// Notes a batch that was read.
    pub(super) fn read(&mut self, records: &KafkaRecords, next: u64) {
        let first = records.iter().next().and_then(KafkaRecord::time);
        self.0.push_back((next, first));
    }

    /// Forgets what is committed.
    pub(super) fn committed(&mut self, upto: u64) {
        while self.0.front().is_some_and(|(next, _)| *next <= upto) {
            self.0.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How long ago the log took the first record of the oldest batch that ends after `committed`.
    /// Zero if there is none and the partition is read to its end; `None` if nobody knows.
    pub(super) fn lag(&self, committed: u64, at_end: bool, now: EventTime) -> Option<Duration> {
        let mut batches = self.0.iter();
        let Some((_, first)) = batches.find(|(next, _)| *next > committed) else {
            return at_end.then_some(Duration::ZERO);
        };
        let micros = now.as_micros().saturating_sub((*first)?.as_micros());
        // The clock of the broker or the producer may be ahead of ours.
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }
}

/// The time of this machine, to compare with timestamps of records.
#[expect(
    clippy::disallowed_methods,
    reason = "records have times of other machines"
)]
pub(super) fn now() -> EventTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    EventTime::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{super::records::Builder, *};

    fn at(seconds: i64) -> EventTime {
        EventTime::from_micros(seconds * 1_000_000)
    }

    /// Records of these offsets, each taken at the second of its offset.
    fn records(offsets: std::ops::Range<u64>) -> KafkaRecords {
        let mut builder = Builder::default();
        for offset in offsets {
            let time = Some(at(i64::try_from(offset).unwrap()));
            builder.add(offset, (None, None), time, std::iter::empty());
        }
        builder.finish(&Arc::from("t"))
    }

    #[test]
    fn the_lag_is_the_age_of_the_oldest_batch_that_is_not_committed() {
        let mut read = Uncommitted::default();
        assert_eq!(read.lag(0, false, at(9)), None, "nobody knows");
        assert_eq!(read.lag(0, true, at(9)), Some(Duration::ZERO));
        read.read(&records(5..8), 8);
        read.read(&records(8..20), 20);
        let lag = |read: &Uncommitted, committed| read.lag(committed, false, at(30));
        assert_eq!(lag(&read, 0), Some(Duration::from_secs(25)));
        assert_eq!(lag(&read, 7), Some(Duration::from_secs(25)));
        assert_eq!(lag(&read, 8), Some(Duration::from_secs(22)));
        read.committed(8);
        assert_eq!(lag(&read, 0), Some(Duration::from_secs(22)));
        assert_eq!(lag(&read, 20), None);
        let ahead = read.lag(8, false, at(0));
        assert_eq!(ahead, Some(Duration::ZERO), "a clock ahead of ours");
        read.clear();
        assert_eq!(read.lag(0, true, at(30)), Some(Duration::ZERO));
    }
}
