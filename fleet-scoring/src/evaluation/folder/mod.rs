//! A folder of labelled recordings as CSV files: the format, reading and writing.
//!
//! # The format
//! ```text
//! drives/
//!   labels.csv        required: who did what when
//!   recordings.csv    optional: what is known about each recording
//!   monday.csv        the samples of the recording "monday"
//!   tuesday.csv
//! ```
//! All files are UTF-8, with commas and a header line; the order of columns does not matter. A name
//! of a column that begins with `_` is left out. An empty cell is a missing reading, not 0.
//!
//! **Samples.** `time_s` is required: seconds from any origin, never decreasing. The others are
//! optional; the suffix is the unit, and `_g` may be `_mps2`, `_dps` (degrees per second) `_rps`
//! (radians per second), and `_kmh` `_mps` or `_mph`.
//!
//! | columns | what they are |
//! |---|---|
//! | `accel_forward_g`, `accel_left_g`, `accel_up_g` | acceleration along the vehicle's axes; the last two may be absent |
//! | `accel_x_g`, `accel_y_g`, `accel_z_g` | acceleration along the sensor's axes, whose position is unknown |
//! | `accel_east_g`, `accel_north_g`, `accel_up_g` | acceleration in the earth frame; the last may be absent |
//! | `gyro_forward_dps`, `gyro_left_dps`, `gyro_up_dps`; `gyro_x_dps`, `gyro_y_dps`, `gyro_z_dps` | rates of turn about the same axes |
//! | `yaw_rate_dps` | the rate of turn about the upward axis alone, positive to the left |
//! | `speed_kmh` | speed; rows between two fixes may be empty, repeated or interpolated |
//!
//! **Labels.** `recording,kind,start_s,end_s`, one row per event, in the seconds of `time_s`. A
//! `kind` is `HARSH_BRAKE`, `RAPID_ACCEL`, `HARSH_CORNER` or another kind of alert.
//!
//! **Recordings.** `recording`, and any of these columns:
//!
//! | column | values | if absent or empty |
//! |---|---|---|
//! | `style` | `calm`, `aggressive` | the trip is not ranked |
//! | `class` | `passenger`, `van`, `heavy`, `bus` | unknown |
//! | `gravity` | `included`, `removed` | included if the accelerometer reads more than 0.5 g most of the time |
//! | `kinds` | kinds with spaces between, for which the labels are complete | all kinds in `labels.csv`; harsh braking, acceleration and cornering if there are none |
//! | `distance_km` | kilometres driven | unknown |
//!
//! # Examples
//! ```
//! use fleet_scoring::{
//!     drives::DriveOptions,
//!     evaluation::folder::{read, write},
//! };
//! let folder = tempfile::tempdir()?;
//! let drive = DriveOptions { seconds: 20.0, ..DriveOptions::default() }.drive();
//! write(folder.path(), &[drive.labelled])?;
//! let again = read(folder.path())?;
//! assert!(again[0].recording.len() >= 1000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod columns;
mod index;
mod read;
mod samples;
mod write;

pub use read::read;
pub use write::write;

#[cfg(test)]
mod tests;
