//! What a zip has to hand over: a merge of whole logs, without batches, waiting or restarts.

use std::time::Duration;

use super::lanes::Recorded;
use crate::{
    data::{EventTime, Offset},
    event::Telemetry,
    testing::Logged,
};

/// One record of the merged log: its input, its offset there, and what it is.
pub(super) type Merged = (usize, Offset, Logged<Telemetry>);

pub(super) fn time_of(record: &Recorded) -> Option<EventTime> {
    match record {
        Logged::Event(event) => Some(event.at()),
        Logged::Timed { log, .. } => Some(*log),
        Logged::Malformed { .. } | Logged::Filtered => None,
    }
}

/// Merges logs. Also returns how many records were too far ahead.
pub(super) fn merged(logs: &[&[Recorded]], max_ahead: Option<Duration>) -> (Vec<Merged>, u64) {
    let mut next = vec![0; logs.len()];
    let mut newest = vec![EventTime::MIN; logs.len()];
    let mut counts_as = vec![None; logs.len()];
    let (mut merged, mut ahead) = (Vec::new(), 0);
    loop {
        let head = |input: usize, next: &[usize], newest: &[EventTime]| {
            let record = logs[input].get(next[input])?;
            Some(time_of(record).unwrap_or(EventTime::MIN).max(newest[input]))
        };
        for input in 0..logs.len() {
            let Some(mut time) = head(input, &next, &newest).filter(|_| counts_as[input].is_none())
            else {
                continue;
            };
            let others = (0..logs.len()).filter(|other| *other != input);
            let heads = others.filter_map(|other| head(other, &next, &newest));
            let least = heads.filter(|time| *time > EventTime::MIN).min();
            if let (Some(max_ahead), Some(least)) = (max_ahead, least)
                && time > least + max_ahead
            {
                time = least + max_ahead;
                newest[input] = newest[input].min(time);
                let own = time_of(&logs[input][next[input]]);
                ahead += u64::from(own.is_some_and(|own| own > time));
            }
            counts_as[input] = Some(time);
        }
        let first = (0..logs.len()).filter_map(|input| Some((counts_as[input]?, input)));
        let Some((time, input)) = first.min() else {
            return (merged, ahead);
        };
        let record = logs[input][next[input]].clone();
        merged.push((input, Offset(next[input] as u64), record));
        next[input] += 1;
        newest[input] = newest[input].max(time);
        counts_as[input] = None;
    }
}
