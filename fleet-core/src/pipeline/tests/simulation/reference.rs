//! The expected results, computed by plain loops over the input without the engine.

use std::collections::{BTreeMap, HashSet};

use super::input::MAX_AHEAD;
use crate::{
    contracts::checkpoint::{Counts, Tallies},
    data::{EventTime, Partition},
    engine::order::Order,
    pipeline::tests::model::{BOUND, CARS, Reading, WINDOW, next_link, seconds, short, time},
    testing::{Log, Logged},
    window::{Summary, Window},
};

/// Everything that a finished pipeline must have written.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Truth {
    /// The rows of every table, sorted.
    pub(super) tables: BTreeMap<String, Vec<String>>,
    /// The rows that plain sinks must have seen, each at least once, and no others.
    pub(super) published: BTreeMap<&'static str, Vec<String>>,
    /// Sorted.
    pub(super) dead: Vec<String>,
    pub(super) counts: Counts,
    pub(super) tallies: Tallies,
    pub(super) keys: u64,
    pub(super) positions: BTreeMap<Partition, u64>,
}

/// The tables of the late rows: alone, and merged with the accepted ones.
pub(super) const LATE_TABLES: [&str; 2] = ["late", "arrived"];

/// Formats a dead letter as one line.
pub(super) fn dead_letter(
    partition: &Partition,
    offset: u64,
    (step, reason): (&str, &str),
    raw: &[u8],
) -> String {
    format!("{partition} {offset} {step}: {reason}: {raw:?}")
}

/// Formats a row of a plain sink as one line.
pub(super) fn published(at: EventTime, offset: u64, row: &impl std::fmt::Debug) -> String {
    format!("{at} {offset} {row:?}")
}

/// Returns why the table of readings refuses a row, if it does.
pub(super) fn refused_reading(reading: &Reading) -> Option<String> {
    (reading.kmh % 10 == 7).then(|| format!("{} km/h end in 7", reading.kmh))
}

/// Returns why the plain sink of edges refuses a row, if it does.
pub(super) fn refused_edge((_, after): (u16, u16)) -> Option<String> {
    (after % 10 == 3).then(|| format!("{after} km/h end in 3"))
}

/// Returns the word by which readings are counted.
pub(super) fn pace(reading: &Reading) -> &'static str {
    if reading.kmh > 80 { "fast" } else { "slow" }
}

/// A row that entered the graph.
struct Accepted {
    offset: u64,
    row: Reading,
    /// Older than its key's clock: windows see it, rules do not.
    belated: bool,
}

/// The newest row and the clock of one key, in seconds.
struct KeyTime {
    newest: i64,
    clock: i64,
}

impl Default for KeyTime {
    fn default() -> Self {
        let long_ago = i64::MIN / 2;
        Self {
            newest: long_ago,
            clock: long_ago,
        }
    }
}

impl KeyTime {
    /// Takes a row that the log appended at `log`, past which it does not move the clock.
    fn take(&mut self, second: i64, log: i64) {
        self.newest = self.newest.max(second);
        self.clock = self.clock.max(self.newest.min(log) - BOUND);
    }
}

/// Returns the results of all logs, with an allowed lateness of `lateness` seconds. For windows
/// that belated rows revise, these are the last revisions.
pub(super) fn truth(logs: &[Log<Reading>], lateness: i64) -> Truth {
    let mut truth = Truth::default();
    for log in logs {
        let accepted = truth.admit(log, lateness);
        for (car, name) in CARS.into_iter().enumerate() {
            let mut own: Vec<_> = accepted.iter().filter(|own| own.row.car == car).collect();
            own.sort_by_key(|own| (own.row.second, crate::event::Event::identity(&own.row)));
            truth.keys += u64::from(!own.is_empty());
            truth.readings(&log.partition, &own);
            truth.drive(name, &log.partition, &own);
        }
        let records = log.records.len() as u64;
        truth.positions.insert(log.partition.clone(), records);
    }
    for rows in truth.tables.values_mut() {
        rows.sort_unstable();
    }
    truth.dead.sort_unstable();
    truth.balance_sinks();
    truth
}

/// Returns the tables of rows that arrive in order, if no sink refuses any.
pub(crate) fn plain(rows: &[Reading]) -> BTreeMap<String, Vec<String>> {
    let mut tables = truth(&[Log::new("memory", rows.iter().copied())], 0).tables;
    tables.retain(|table, _| !LATE_TABLES.contains(&table.as_str()));
    let line = |row: &Reading| format!("{} {row:?}", time(row.second));
    let mut readings: Vec<_> = rows.iter().map(line).collect();
    readings.sort_unstable();
    tables.insert("readings".into(), readings);
    tables
}

impl Truth {
    /// Decides the fate of each record of one log. Returns the accepted rows.
    fn admit(&mut self, log: &Log<Reading>, lateness: i64) -> Vec<Accepted> {
        let mut accepted = Vec::new();
        let mut keys: BTreeMap<usize, KeyTime> = BTreeMap::new();
        let mut known = HashSet::new();
        for (offset, record) in (0..).zip(log.records.iter()) {
            self.counts.read += 1;
            let (row, log_time) = match record {
                Logged::Event(row) => (*row, None),
                Logged::Timed { log, event } => (*event, Some(*log)),
                Logged::Malformed { raw, reason } => {
                    let why = ("decode", reason.as_str());
                    self.bury(dead_letter(&log.partition, offset, why, raw));
                    continue;
                }
                Logged::Filtered => {
                    self.counts.filtered += 1;
                    continue;
                }
            };
            let log_second = log_time.map_or(i64::MAX, |log| log.as_micros() / 1_000_000);
            if row.second < 0 || row.second > log_second.saturating_add(MAX_AHEAD) {
                let order = Order::default().at_most_ahead(seconds(MAX_AHEAD));
                let reason = order.refusal(time(row.second), log_time);
                let why = ("order", reason.as_str());
                self.bury(dead_letter(&log.partition, offset, why, &[]));
                continue;
            }
            let key = keys.entry(row.car).or_default();
            let belated = row.second < key.clock;
            if row.second < key.clock - lateness {
                self.counts.late += 1;
                self.put("late", time(row.second), &row);
                self.put("arrived", time(row.second), &row);
            } else if known.insert((row.car, row.second, row.kmh)) {
                self.counts.accepted += 1;
                self.put("arrived", time(row.second), &row);
                accepted.push(Accepted {
                    offset,
                    row,
                    belated,
                });
                if !belated {
                    key.take(row.second, log_second);
                }
            } else {
                self.counts.duplicate += 1;
            }
        }
        accepted
    }

    /// Counts the dead letters of rows that are too far ahead of their log.
    pub(super) fn too_far_ahead(&self) -> u64 {
        let is_ahead = |letter: &&String| letter.contains("ahead of the log's");
        self.dead.iter().filter(is_ahead).count() as u64
    }

    fn bury(&mut self, letter: String) {
        self.counts.dead_lettered += 1;
        self.dead.push(letter);
    }

    fn put(&mut self, table: &str, at: EventTime, row: &impl std::fmt::Debug) {
        let rows = self.tables.entry(table.into()).or_default();
        rows.push(format!("{at} {row:?}"));
    }

    fn add(&mut self, tally: &str) {
        *self.tallies.entry(tally.into()).or_default() += 1;
    }

    fn refuse(&mut self, sink: &str, place: (&Partition, u64), reason: &str, row: &str) {
        self.add(&format!("sink.{sink}.dead_lettered"));
        let why = (sink, reason);
        self.dead
            .push(dead_letter(place.0, place.1, why, row.as_bytes()));
    }

    fn readings(&mut self, partition: &Partition, own: &[&Accepted]) {
        for Accepted { offset, row, .. } in own {
            self.add(&format!("seen.{}", pace(row)));
            match refused_reading(row) {
                Some(reason) => {
                    self.refuse(
                        "readings",
                        (partition, *offset),
                        &reason,
                        &format!("{row:?}"),
                    );
                }
                None => self.put("readings", time(row.second), row),
            }
        }
    }

    /// Adds the edges, windows, bursts and links of one vehicle, whose rows are in order.
    fn drive(&mut self, key: &str, partition: &Partition, own: &[&Accepted]) {
        let mut both: Vec<(i64, u8, u16)> = Vec::new();
        let (mut before, mut burst, mut last) = (0, 0u32, i64::MIN / 2);
        // Each has the offset of its last row.
        let mut windows: BTreeMap<i64, (Summary, u64)> = BTreeMap::new();
        for Accepted {
            offset,
            row,
            belated,
        } in own
        {
            let start = row.second.div_euclid(WINDOW) * WINDOW;
            let (window, last_of_window) = windows.entry(start).or_insert((Summary::EMPTY, 0));
            window.add(Some(f64::from(row.kmh)), time(row.second));
            *last_of_window = *offset;
            if *belated {
                continue;
            }
            if before <= 80 && row.kmh > 80 {
                let edge = (before, row.kmh);
                self.put("edges", time(row.second), &edge);
                both.push((row.second, 0, before));
                both.push((row.second, 1, row.kmh));
                let text = format!("{edge:?}");
                match refused_edge(edge) {
                    Some(reason) => self.refuse("live", (partition, *offset), &reason, &text),
                    None => {
                        self.publish("live", published(time(row.second), *offset, &edge));
                    }
                }
            }
            before = row.kmh;
            if row.second >= last + 3 && burst > 0 {
                self.put("bursts", time(last + 3), &burst);
                burst = 0;
            }
            (burst, last) = (burst + 1, row.second);
        }
        if burst > 0 {
            self.put("bursts", time(last + 3), &burst);
        }
        for (start, (value, offset)) in windows {
            let end = start + WINDOW;
            both.push((end, 2, short(&value)));
            let window = Window {
                key: key.into(),
                start: time(start),
                end: time(end),
                revision: 0,
                value,
            };
            self.put("windows", time(end), &window);
            self.publish("windows_live", published(time(end), offset, &window));
        }
        // Rows of the same time are in the order of the streams.
        both.sort_by_key(|(second, stream, _)| (*second, *stream));
        let mut link = 0;
        for (second, _, value) in both {
            link = next_link(link, value);
            self.put("both", time(second), &value);
            self.put("chain", time(second), &link);
        }
    }

    fn publish(&mut self, sink: &'static str, line: String) {
        self.published.entry(sink).or_default().push(line);
    }

    /// Counts the rows given to each sink: those it wrote and those it refused.
    fn balance_sinks(&mut self) {
        let tables = self.tables.iter().map(|(sink, rows)| (sink.as_str(), rows));
        let plain = self.published.iter().map(|(sink, rows)| (*sink, rows));
        for (sink, rows) in tables.chain(plain) {
            let name = |what: &str| format!("sink.{sink}.{what}");
            let written = rows.len() as u64;
            let refused = self.tallies.entry(name("dead_lettered")).or_default();
            let given = written + *refused;
            self.tallies.insert(name("written"), written);
            self.tallies.insert(name("given"), given);
        }
    }
}

/// Returns the last revision of each window of a table, sorted.
///
/// # Errors
/// Fails if a revision is missing or occurs twice.
pub(super) fn last_revisions(rows: &[String]) -> Result<Vec<String>, String> {
    let mut windows: BTreeMap<&str, Vec<(u64, &str)>> = BTreeMap::new();
    for row in rows {
        let parts = row.split_once("Window ").and_then(|(_, window)| {
            let (window, rest) = window.split_once(", revision: ")?;
            let (revision, value) = rest.split_once(", ")?;
            Some((window, (revision.parse().ok()?, value)))
        });
        let (window, revision) = parts.ok_or_else(|| format!("`{row}` is no window"))?;
        windows.entry(window).or_default().push(revision);
    }
    let last = windows.into_iter().map(|(window, mut revisions)| {
        revisions.sort_unstable();
        let whole = (0..)
            .zip(&revisions)
            .all(|(n, (revision, _))| n == *revision);
        match revisions.last().filter(|_| whole) {
            Some((_, value)) => Ok(format!("{window} {value}")),
            None => Err(format!("{window}: revisions {revisions:?}")),
        }
    });
    last.collect()
}
