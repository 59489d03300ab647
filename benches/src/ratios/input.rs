//! The input file of F1: VehicleOps telemetry of 1,000 vehicles in time order, two events a second
//! each.

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use super::random::Random;

/// A temporary file, removed on drop.
pub(crate) struct Input(PathBuf);

impl Input {
    /// Writes this many lines of about 234 bytes; the content is the same in every run.
    pub(crate) fn new(events: u32) -> Self {
        let name = format!("fleet-bench-{}-{events}.ndjson", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut file = BufWriter::new(File::create(&path).unwrap());
        let mut random = Random::new();
        let mut roll = |sides| random.below(sides);
        for event in 0..events {
            let (vehicle, tick) = (event % 1000 + 1, event / 1000);
            let (minute, second) = (32 + tick / 120, tick / 2 % 60);
            let (hour, minute) = (14 + minute / 60, minute % 60);
            let half = tick % 2 * 5;
            let (speed, battery) = (roll(9_000) as f64 / 100.0, 10.0 + roll(900) as f64 / 10.0);
            let (engine, load) = (
                60.0 + roll(450) as f64 / 10.0,
                20.0 + roll(750) as f64 / 10.0,
            );
            let (north, east) = (roll(100_000), roll(100_000));
            writeln!(
                file,
                "{{\"vehicle_id\":\"fleet-001-VH-{vehicle:03}\",\"fleet_id\":\"fleet-001\",\
                 \"latitude\":4.7{north:05},\"longitude\":-74.0{east:05},\"speed_kmh\":{speed:.2},\
                 \"battery_pct\":{battery:.1},\"engine_temp_c\":{engine:.1},\"load_pct\":{load:.1},\
                 \"status\":\"MOVING\",\
                 \"timestamp\":\"2024-02-15T{hour:02}:{minute:02}:{second:02}.{half}00000+00:00\"}}"
            )
            .unwrap();
        }
        file.flush().unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        // Ignore the error: a leftover file in the temporary folder does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}
