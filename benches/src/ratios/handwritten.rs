//! F1 as a hand-written loop: 256 KiB chunks, lines by memchr, borrowed fields by sonic-rs,
//! interned ids, state in a `Vec`, and a memo for the minute of the timestamp.
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "this is how such a loop is written"
)]

use std::{fs::File, io::Read, path::Path};

use rustc_hash::FxHashMap;
use serde::Deserialize;

#[derive(Deserialize)]
#[expect(dead_code, reason = "the job decodes the whole event")]
struct Event<'a> {
    vehicle_id: &'a str,
    fleet_id: &'a str,
    latitude: f64,
    longitude: f64,
    speed_kmh: f64,
    battery_pct: f64,
    engine_temp_c: f64,
    load_pct: f64,
    status: &'a str,
    timestamp: &'a str,
}

#[derive(Clone, Default)]
struct Vehicle {
    active: [bool; 3],
    minute: i64,
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
}

#[derive(Default)]
struct Memo {
    minute: [u8; 17],
    seconds: i64,
}

impl Memo {
    /// Parses a timestamp of the input into microseconds since 1970.
    fn micros(&mut self, text: &str) -> i64 {
        let bytes = text.as_bytes();
        let minute: [u8; 17] = bytes[..17].try_into().unwrap();
        if minute != self.minute {
            let number = |from: usize, to: usize| text[from..to].parse::<i64>().unwrap();
            let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
            // Howard Hinnant's algorithm for days from a civil date.
            let year = if month <= 2 { year - 1 } else { year };
            let era = year.div_euclid(400);
            let of_era = year - era * 400;
            let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
            let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
            self.seconds = days * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60;
            self.minute = minute;
        }
        let digit = |index: usize| i64::from(bytes[index] - b'0');
        let second = digit(17) * 10 + digit(18);
        let micros = (20..26).fold(0, |sum, index| sum * 10 + digit(index));
        (self.seconds + second) * 1_000_000 + micros
    }
}

/// Returns the number of alerts and of windows.
pub(crate) fn run(path: &Path) -> (u64, u64) {
    let mut file = File::open(path).unwrap();
    let mut buffer = vec![0u8; 256 * 1024];
    let mut held = 0;
    let mut ids: FxHashMap<String, usize> = FxHashMap::default();
    let mut vehicles: Vec<Vehicle> = Vec::new();
    let (mut alerts, mut windows) = (0, 0);
    let mut memo = Memo::default();
    loop {
        let read = file.read(&mut buffer[held..]).unwrap();
        if read == 0 {
            break;
        }
        let end = held + read;
        let mut from = 0;
        while let Some(length) = memchr::memchr(b'\n', &buffer[from..end]) {
            let event: Event<'_> = sonic_rs::from_slice(&buffer[from..from + length]).unwrap();
            from += length + 1;
            let id = if let Some(id) = ids.get(event.vehicle_id) {
                *id
            } else {
                ids.insert(event.vehicle_id.to_owned(), vehicles.len());
                vehicles.push(Vehicle {
                    minute: i64::MIN,
                    ..Vehicle::default()
                });
                vehicles.len() - 1
            };
            let vehicle = &mut vehicles[id];
            let minute = memo.micros(event.timestamp).div_euclid(60_000_000);
            let now = [
                event.speed_kmh > 80.0,
                event.battery_pct < 15.0,
                event.engine_temp_c > 100.0,
            ];
            for (now, was) in now.iter().zip(&mut vehicle.active) {
                alerts += u64::from(*now && !*was);
                *was = *now;
            }
            if minute != vehicle.minute {
                windows += u64::from(vehicle.count > 0);
                let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
                (vehicle.minute, vehicle.count, vehicle.sum) = (minute, 0, 0.0);
                (vehicle.min, vehicle.max) = (min, max);
            }
            vehicle.count += 1;
            vehicle.sum += event.speed_kmh;
            vehicle.min = vehicle.min.min(event.speed_kmh);
            vehicle.max = vehicle.max.max(event.speed_kmh);
        }
        buffer.copy_within(from..end, 0);
        held = end - from;
    }
    windows += vehicles.iter().filter(|vehicle| vehicle.count > 0).count() as u64;
    std::hint::black_box(&vehicles);
    (alerts, windows)
}
