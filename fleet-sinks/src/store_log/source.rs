//! The source: the lanes of a log as partitions.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use fleet_core::{
    Error, ErrorKind, Offset, Partition, Result, Source,
    source::{Batch, Position, Replayable, SourceEvent},
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    error::LogError,
    lanes::{LaneReader, PageLimits},
    options::LogSourceOptions,
    record::{LogRecord, LogRecords},
};

/// The time between two signs of life. Our choice: a tenth of the time after which a silent reader
/// counts as gone.
const BEAT: Duration = Duration::from_secs(30);
/// The time between two records of how far a reader has come, while it has more to read. Our
/// choice: a log trims four times a second, and a reader that commits more often writes no more.
const NOTE: Duration = Duration::from_millis(250);

/// Reads a log of a store. Each lane is a partition, named like `log:trips/0`; the offset is the
/// number of a row in its lane.
///
/// `log_source` of a store opens it, and registers the reader by its name: from then on the log
/// keeps every row until this reader has committed past it. A reader that is new begins with the
/// oldest row that is kept.
///
/// # Guarantees
/// The source is [`Replayable`] from every position that was committed. It gives the rows of a lane
/// in the order of their numbers, none left out. Rows that are deleted under a reader, because it
/// was dropped while it was running, are an error and no gap.
///
/// One process reads all lanes. Two pipelines that read the same log need readers of different
/// names.
///
/// # Examples
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use fleet_core::{Source, source::SourceEvent};
/// use fleet_sinks::{SqliteStore, store_log::{LogOptions, LogSourceOptions}};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let store = SqliteStore::open_in_memory("drivers")?;
/// store.make_log("trips", &LogOptions { lanes: 2, ..LogOptions::default() })?;
/// let mut source = store.log_source("trips", "drivers", LogSourceOptions::default())?;
/// let SourceEvent::Assigned(lanes) = source.next().await? else { panic!("first the lanes") };
/// assert_eq!(lanes[1].as_str(), "log:trips/1");
/// # Ok::<(), fleet_core::Error>(())
/// # }).unwrap();
/// # }
/// ```
///
/// # Cost
/// A log that is read to its end takes a small query every 100 ms. How far the reader has come is
/// recorded at most four times a second, in a transaction that deletes what nobody needs.
pub struct LogSource {
    reader: Arc<dyn LaneReader>,
    log: Arc<str>,
    options: LogSourceOptions,
    lanes: Vec<Lane>,
    assigned: bool,
    /// The lane that is asked first.
    turn: usize,
    /// What is being read. At most one, so that a page is asked for only when it has a place.
    reading: JoinSet<Result<Found>>,
    /// Whether the ends were looked at since the last batch, and the driver was told.
    looked: bool,
    idle: bool,
    look_at: Instant,
    note_at: Instant,
    beat_at: Instant,
}

/// What a task found.
enum Found {
    Ends {
        ends: Vec<u64>,
        noted: Vec<(u32, u64)>,
    },
    Page {
        index: usize,
        /// The start that asked for it.
        start: u64,
        rows: Result<Vec<LogRecord>>,
    },
}

#[derive(Debug)]
struct Lane {
    number: u32,
    partition: Partition,
    phase: Phase,
    paused: bool,
    /// How often it was started.
    starts: u64,
    /// The next row to read.
    at: u64,
    /// The end of the lane when it was last looked at.
    end: u64,
    /// Where reading ends for good, if it does not follow.
    stop: Option<u64>,
    /// A page that came while the lane was paused.
    held: Option<Vec<LogRecord>>,
    /// What the driver has committed, and what of that is recorded.
    committed: Option<u64>,
    noted: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    New,
    Reading,
    Closed,
}

impl Lane {
    fn new(log: &str, number: u32) -> Self {
        Self {
            number,
            partition: Partition::new(format!("log:{log}/{number}")),
            phase: Phase::New,
            paused: false,
            starts: 0,
            at: 0,
            end: 0,
            stop: None,
            held: None,
            committed: None,
            noted: None,
        }
    }

    /// Where to read to, as far as is known.
    fn limit(&self) -> u64 {
        self.stop.map_or(self.end, |stop| stop.min(self.end))
    }

    fn has_more(&self) -> bool {
        self.phase == Phase::Reading && (self.held.is_some() || self.at < self.limit())
    }

    fn may_be_asked(&self) -> bool {
        self.has_more() && self.held.is_none() && !self.paused
    }

    fn is_read_to_its_stop(&self) -> bool {
        let at_stop = self.stop.is_some_and(|stop| self.at >= stop);
        self.phase == Phase::Reading && !self.paused && self.held.is_none() && at_stop
    }

    fn news(&self) -> Option<(u32, u64)> {
        let committed = self.committed.filter(|done| self.noted != Some(*done))?;
        Some((self.number, committed))
    }
}

impl fmt::Debug for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("LogSource");
        f.field("log", &self.log).finish_non_exhaustive()
    }
}

impl LogSource {
    pub(crate) fn new(
        reader: impl LaneReader,
        log: &Arc<str>,
        lanes: u32,
        options: LogSourceOptions,
    ) -> Self {
        let now = Instant::now();
        Self {
            reader: Arc::new(reader),
            log: Arc::clone(log),
            options,
            lanes: (0..lanes).map(|number| Lane::new(log, number)).collect(),
            assigned: false,
            turn: 0,
            reading: JoinSet::new(),
            looked: false,
            idle: false,
            look_at: now,
            note_at: now,
            beat_at: now,
        }
    }

    /// The number of lanes.
    pub fn lanes(&self) -> usize {
        self.lanes.len()
    }

    fn lane(&mut self, partition: &Partition) -> Result<&mut Lane> {
        let log = Arc::clone(&self.log);
        let found = self
            .lanes
            .iter_mut()
            .find(|lane| lane.partition == *partition);
        found.ok_or_else(|| {
            let message = format!(
                "cannot start partition {partition}: this source reads the lanes of log {log}; \
                 open the source of {partition}"
            );
            Error::new(ErrorKind::Config, message)
        })
    }

    /// What can be told without reading.
    fn ready(&mut self) -> Option<SourceEvent<LogRecords>> {
        if !self.assigned {
            self.assigned = true;
            let all = self.lanes.iter().map(|lane| lane.partition.clone());
            return Some(SourceEvent::Assigned(all.collect()));
        }
        for lane in &mut self.lanes {
            if lane.is_read_to_its_stop() {
                lane.phase = Phase::Closed;
                return Some(SourceEvent::Closed(lane.partition.clone()));
            }
            if lane.paused {
                continue;
            }
            if let Some(rows) = lane.held.take() {
                lane.at = rows.last().map_or(lane.at, |row| row.offset.0 + 1);
                (self.looked, self.idle) = (false, false);
                let records = LogRecords::new(rows);
                let batch = Batch::new(lane.partition.clone(), Offset(lane.at), records);
                return Some(SourceEvent::Batch(batch));
            }
        }
        let started = self.lanes.iter().all(|lane| lane.phase != Phase::New);
        let caught_up = self.looked && started && !self.lanes.iter().any(Lane::has_more);
        if caught_up && !self.idle {
            self.idle = true;
            return Some(SourceEvent::Idle);
        }
        None
    }

    /// Begins to read a page, if a lane has one.
    fn ask_for_page(&mut self) -> bool {
        let count = self.lanes.len();
        let mut order = (0..count).map(|step| (self.turn + step) % count.max(1));
        let asked = order.find(|index| self.lanes.get(*index).is_some_and(Lane::may_be_asked));
        let Some((index, lane)) = asked.and_then(|index| Some((index, self.lanes.get(index)?)))
        else {
            return false;
        };
        // Lanes take turns, so that none waits for the others to end.
        self.turn = index + 1;
        let (number, from, start) = (lane.number, lane.at, lane.starts);
        let left = usize::try_from(lane.limit() - lane.at).unwrap_or(usize::MAX);
        let limits = PageLimits {
            rows: self.options.page_rows.max(1).min(left),
            bytes: self.options.page_bytes,
        };
        let reader = Arc::clone(&self.reader);
        self.reading.spawn(async move {
            let rows = reader.page(number, from, limits).await;
            Ok(Found::Page { index, start, rows })
        });
        true
    }

    /// Begins to look at the ends of the lanes, and records what is new.
    fn look(&mut self) {
        let now = Instant::now();
        self.look_at = now + self.options.poll;
        let noted = self.news();
        let beat = now >= self.beat_at;
        if beat {
            self.beat_at = now + BEAT;
        }
        let reader = Arc::clone(&self.reader);
        self.reading.spawn(async move {
            if beat || !noted.is_empty() {
                reader.note(&noted).await?;
            }
            let ends = reader.ends().await?;
            Ok(Found::Ends { ends, noted })
        });
    }

    fn take(&mut self, found: Found) -> Result<()> {
        match found {
            Found::Ends { ends, noted } => {
                for (lane, end) in self.lanes.iter_mut().zip(ends) {
                    lane.end = lane.end.max(end);
                }
                self.remember(&noted);
                self.looked = true;
            }
            Found::Page { index, start, rows } => {
                // A lane that was started again meanwhile goes on from another row, and nobody
                // needs those that are gone.
                let lane = self.lanes.get_mut(index);
                if let Some(lane) = lane.filter(|lane| lane.starts == start) {
                    lane.held = Some(rows?);
                }
            }
        }
        Ok(())
    }

    fn news(&self) -> Vec<(u32, u64)> {
        self.lanes.iter().filter_map(Lane::news).collect()
    }

    fn remember(&mut self, noted: &[(u32, u64)]) {
        for (number, done) in noted {
            let mut lanes = self.lanes.iter_mut();
            if let Some(lane) = lanes.find(|lane| lane.number == *number) {
                lane.noted = Some(*done);
            }
        }
    }
}

#[async_trait]
impl Source for LogSource {
    type Payload = LogRecords;

    async fn next(&mut self) -> Result<SourceEvent<LogRecords>> {
        loop {
            if let Some(event) = self.ready() {
                return Ok(event);
            }
            if self.reading.is_empty() && !self.ask_for_page() {
                sleep_until(self.look_at).await;
                self.look();
            }
            // A dropped future leaves the task in the set.
            match self.reading.join_next().await {
                Some(Ok(found)) => {
                    let found = found?;
                    self.take(found)?;
                }
                Some(Err(why)) => {
                    let (log, why) = (self.log.to_string(), why.to_string());
                    return Err(LogError::Task { log, why }.into());
                }
                None => {}
            }
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        let reader = Arc::clone(&self.reader);
        let follow = self.options.follow;
        let lane = self.lane(partition)?;
        let start = reader.start(lane.number, at.map(|at| at.next.0)).await?;
        lane.phase = Phase::Reading;
        lane.paused = false;
        lane.starts += 1;
        (lane.at, lane.end) = (start.at, start.end);
        lane.stop = (!follow).then_some(start.end);
        lane.held = None;
        (lane.committed, lane.noted) = (None, None);
        (self.looked, self.idle) = (false, false);
        Ok(())
    }

    fn follows(&self) -> bool {
        self.options.follow
    }

    fn pause(&mut self, partition: &Partition) {
        if let Ok(lane) = self.lane(partition) {
            lane.paused = true;
        }
    }

    fn resume(&mut self, partition: &Partition) {
        if let Ok(lane) = self.lane(partition) {
            lane.paused = false;
        }
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        let lane = self
            .lanes
            .iter()
            .find(|lane| lane.partition == *partition)?;
        Some(Offset(lane.end))
    }

    /// Records how far the reader has come, and lets the log delete what no reader needs.
    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        self.lane(partition)?.committed = Some(upto.next.0);
        let now = Instant::now();
        if self.options.follow && now < self.note_at {
            // The next call does it, or the next look.
            return Ok(());
        }
        let news = self.news();
        if news.is_empty() {
            return Ok(());
        }
        self.reader.note(&news).await?;
        self.remember(&news);
        self.note_at = now + NOTE;
        self.beat_at = now + BEAT;
        Ok(())
    }
}

impl Replayable for LogSource {}
