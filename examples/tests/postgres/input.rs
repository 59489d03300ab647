//! Generated lines of VehicleOps telemetry with known fates.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

const VEHICLES: u64 = 40;

/// The first seconds have no late or duplicate lines, because there is nothing before them.
const QUIET_LINES: u64 = 40 * VEHICLES;

/// The lines of each fate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fates {
    /// `vehicle time speed` of each good line, with the number of rows it must have: one.
    pub(crate) rows: BTreeMap<String, u32>,
    /// The bytes of each unreadable line, with the number of dead letters it must have: one.
    pub(crate) dead: BTreeMap<String, u32>,
    pub(crate) read: u64,
    pub(crate) late: u64,
    pub(crate) duplicate: u64,
}

/// A file that grows until it is stopped, as fast as a fleet of ten thousand vehicles sends, so
/// that every fault hits a busy worker.
pub(crate) struct Feed {
    stop: Arc<AtomicBool>,
    writer: JoinHandle<Fates>,
}

/// Lines per batch, and the pause between batches: ten thousand lines per second.
const BATCH: u64 = 200;
const PAUSE: Duration = Duration::from_millis(20);

impl Feed {
    pub(crate) fn start(path: &Path) -> Self {
        let mut file = File::create(path).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let writer = thread::spawn(move || {
            let mut fates = Fates::default();
            while !stopped.load(Ordering::SeqCst) {
                let batch: String = (fates.read..fates.read + BATCH)
                    .map(|number| line(number, &mut fates) + "\n")
                    .collect();
                fates.read += BATCH;
                file.write_all(batch.as_bytes()).unwrap();
                thread::sleep(PAUSE);
            }
            fates
        });
        Self { stop, writer }
    }

    /// Ends the file and returns the fates of its lines.
    pub(crate) fn stop(self) -> Fates {
        self.stop.store(true, Ordering::SeqCst);
        self.writer.join().unwrap()
    }
}

fn line(number: u64, fates: &mut Fates) -> String {
    // Primes, so that every kind of line occurs for every vehicle.
    let disturbed = number > QUIET_LINES;
    if disturbed && number.is_multiple_of(97) {
        let line = format!("{{\"vehicle_id\":\"broken\",\"speed_kmh\":{number} oops");
        *fates.dead.entry(line.clone()).or_default() += 1;
        return line;
    }
    if disturbed && number.is_multiple_of(103) {
        fates.late += 1;
        return event(number - QUIET_LINES, 500, 1.0);
    }
    // Repeats the line of a second ago, unless that one was not a plain line either.
    let before = number.wrapping_sub(VEHICLES);
    let plain =
        !before.is_multiple_of(97) && !before.is_multiple_of(103) && !before.is_multiple_of(101);
    if disturbed && number.is_multiple_of(101) && plain {
        fates.duplicate += 1;
        return event(before, 0, speed(before));
    }
    let mut row = vehicle(number);
    let _ = write!(row, " {} {:?}", time(number, 0), speed(number));
    *fates.rows.entry(row).or_default() += 1;
    event(number, 0, speed(number))
}

fn event(number: u64, milliseconds: i64, speed_kmh: f64) -> String {
    let (vehicle, time) = (vehicle(number), time(number, milliseconds));
    format!(
        "{{\"vehicle_id\":\"{vehicle}\",\"speed_kmh\":{speed_kmh:?},\"timestamp\":\"{time}Z\"}}"
    )
}

fn vehicle(number: u64) -> String {
    format!("car-{:02}", number % VEHICLES)
}

/// Returns speeds around the limit of 80, so that alerts open and close all the time.
fn speed(number: u64) -> f64 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57) as f64 + 0.5
}

fn time(number: u64, milliseconds: i64) -> String {
    let start: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let seconds = i64::try_from(number / VEHICLES).unwrap();
    let at = start + SignedDuration::from_millis(seconds * 1000 + milliseconds);
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
