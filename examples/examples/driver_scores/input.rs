//! Trips of some vehicles, as lines of JSON, and a plain loop over them.

use std::{collections::BTreeMap, fmt::Write as _, ops::Range};

use fleet_core::{
    dialect::{Dialect, FleetFlow},
    event::ContentHasher,
    time::TimeReader,
};
use fleet_scoring::{SeedFleetflow, TripSums};

use super::Fallible;

const VEHICLES: u64 = 20;
const DRIVERS: u64 = 33;
/// Samples of a trip.
const SAMPLES: u64 = 5;

/// The lines of these trips, the same for the same numbers. Drivers change vehicles, and the clock
/// of each vehicle is some hours apart from the others.
pub(crate) fn trips(numbers: Range<u64>) -> String {
    let mut lines = String::new();
    for number in numbers {
        let draw = |what: &str| {
            let mut content = ContentHasher::new();
            content.text(what).integer(number);
            content.finish()
        };
        let (vehicle, driver) = (number % VEHICLES, draw("driver") % DRIVERS);
        // A minute for each round of the vehicles.
        let minute = vehicle * 600 + number / VEHICLES;
        let (day, hour, minute) = (minute / 1440, minute / 60 % 24, minute % 60);
        let (month, day) = (day / 28 % 12 + 1, day % 28 + 1);
        let _ = write!(
            lines,
            r#"{{"vehicle_id":"car-{vehicle}","driver_id":"driver-{driver}","timestamp":"2024-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z","data":["#
        );
        for sample in 0..SAMPLES {
            let g = draw(&format!("sample {sample}")) % 1_600;
            let comma = if sample == 0 { "" } else { "," };
            let sign = if g < 800 { "-" } else { "" };
            let g = g % 800;
            let _ = write!(
                lines,
                r#"{comma}{{"speed_kmh":50,"g_force_long":{sign}0.{g:03},"g_force_lat":0.0}}"#
            );
        }
        lines.push_str("]}\n");
    }
    lines
}

/// The trips of a driver and their score.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Total {
    pub(crate) trips: i64,
    pub(crate) samples: i64,
    pub(crate) harsh_braking: i64,
    pub(crate) rapid_accel: i64,
    pub(crate) score: Option<i64>,
}

/// A plain loop over the lines, without pipelines, keys or logs.
#[derive(Default)]
pub(crate) struct Plain {
    pub(crate) trips: u64,
    drivers: BTreeMap<String, (i64, TripSums)>,
}

impl Plain {
    pub(crate) fn add(&mut self, lines: &str) -> Fallible<()> {
        let (dialect, profile) = (FleetFlow::default(), SeedFleetflow::default());
        let mut times = TimeReader::default();
        for line in lines.lines() {
            let request = dialect
                .read(line, &mut times)?
                .ok_or("a trip is filtered")?;
            let scored = profile.score_samples(&request.trip);
            let driver = request.trip.driver.as_str().to_owned();
            let own = self.drivers.entry(driver).or_default();
            own.0 += 1;
            own.1.merge(&scored.sums);
            self.trips += 1;
        }
        Ok(())
    }

    pub(crate) fn totals(&self) -> BTreeMap<String, Total> {
        let count = |count| i64::try_from(count).unwrap_or(i64::MAX);
        let profile = SeedFleetflow::default();
        let total = |(trips, sums): &(i64, TripSums)| Total {
            trips: *trips,
            samples: count(sums.samples),
            harsh_braking: count(sums.harsh_braking),
            rapid_accel: count(sums.rapid_accel),
            score: profile.score_sums(sums).value.map(i64::from),
        };
        let drivers = self.drivers.iter();
        drivers
            .map(|(driver, sums)| (driver.clone(), total(sums)))
            .collect()
    }
}
