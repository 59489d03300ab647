//! The records that the vehicles of a seed send, and the order in which they reach the logs.

use super::{Dice, brittle::cut_short};
use crate::{
    pipeline::tests::model::{BOUND, CARS, Reading, time},
    testing::{Log, Logged},
};

pub(super) const PARTITIONS: usize = 3;

/// The fewest records of a seed.
pub(super) const RECORDS: usize = 200;

/// Returns the logs of a seed. Each vehicle writes to one of them.
pub(super) fn logs(dice: &mut Dice) -> Vec<Log<Reading>> {
    let mut logs: [Vec<Arrival>; PARTITIONS] = Default::default();
    let mut id = 0;
    for second in 0.. {
        if usize::from(id) >= RECORDS {
            break;
        }
        for car in 0..CARS.len() {
            // Some seconds have no row, so that bursts end and windows stay empty. Some have two,
            // so that there are ties.
            for _ in 0..dice.roll(4).saturating_sub(1) {
                let kmh = 60 + dice.roll(40) as u16;
                for_each_copy(dice, |delay, dice| {
                    id += 1;
                    let reading = Reading {
                        car,
                        second,
                        kmh,
                        id,
                    };
                    let at = (second + delay, dice.roll(1 << 30));
                    logs[car % PARTITIONS].push((at, record(reading, dice)));
                });
            }
        }
    }
    let logs = logs.into_iter().enumerate().map(|(number, mut log)| {
        log.sort_unstable_by_key(|(place, _)| *place);
        let records = log.into_iter().map(|(_, record)| record);
        Log::new(&format!("memory/{number}"), records)
    });
    logs.collect()
}

/// How far a row may be ahead of its log, in seconds.
pub(super) const MAX_AHEAD: i64 = 4;

/// Gives each event the time at which its log appended it. The clocks of the logs are a little
/// behind those of the vehicles, and now and then they jump back.
pub(super) fn with_log_times(logs: Vec<Log<Reading>>, dice: &mut Dice) -> Vec<Log<Reading>> {
    let with_times = |log: Log<Reading>| {
        let mut newest = 0;
        let records = log.records.iter().map(|record| {
            let Logged::Event(event) = record else {
                return record.clone();
            };
            newest = event.second.max(newest);
            let jump = if dice.once_in(12) { dice.roll(20) } else { 0 };
            let behind = dice.pick(&[0, 1, 2, 2, 3, MAX_AHEAD]) + jump as i64;
            Logged::Timed {
                log: time(newest - behind),
                event: *event,
            }
        });
        Log::new(&log.partition.to_string(), records.collect::<Vec<_>>())
    };
    logs.into_iter().map(with_times).collect()
}

/// Counts the records that have a log time.
pub(super) fn timed(logs: &[Log<Reading>]) -> u64 {
    let records = logs.iter().flat_map(|log| log.records.iter());
    let is_timed = |record: &&Logged<Reading>| matches!(record, Logged::Timed { .. });
    records.filter(is_timed).count() as u64
}

/// When a record reaches its log, and the record.
type Arrival = ((i64, u64), Logged<Reading>);

/// Most records arrive once and within the bound, or exactly at it. Some arrive twice, some too
/// late.
fn for_each_copy(dice: &mut Dice, mut arrives: impl FnMut(i64, &mut Dice)) {
    let within = [0, BOUND, dice.roll(BOUND as u64 + 1) as i64];
    let delay = dice.pick(&within) + if dice.once_in(25) { BOUND } else { 0 };
    arrives(delay, dice);
    if dice.once_in(10) {
        let again = dice.roll(3 * BOUND as u64) as i64;
        arrives(again, dice);
    }
}

/// Returns the reading itself, or now and then a record that is malformed, filtered or out of
/// range.
fn record(reading: Reading, dice: &mut Dice) -> Logged<Reading> {
    match dice.roll(60) {
        0 | 1 => Logged::Malformed {
            raw: vec![b'{', reading.id as u8],
            reason: cut_short(reading.id),
        },
        2 => Logged::Filtered,
        // The order buffer refuses times before 1970.
        3 => Logged::Event(Reading {
            second: -1 - reading.second,
            ..reading
        }),
        _ => Logged::Event(reading),
    }
}
