//! The naturalistic drives of `DrivePlotR` as labelled recordings.

use std::{collections::BTreeMap, path::Path};

use fleet_core::{Result, event::AlertKind};

use super::{Clock, Frame, Gravity, Interval, Labelled, Recording, VehicleClass, sheet::Sheet};

/// Samples at or beyond this are marked in the recording, g: its own column says so.
const MARKED_G: f64 = 0.35;
/// Kilometres in a mile.
const MILE_KM: f64 = 1.609_344;

/// What is read of one drive.
#[derive(Default)]
struct Columns {
    times: Vec<f64>,
    axes: [Vec<f32>; 3],
    speed: Vec<f32>,
    labels: Vec<Interval>,
    miles: Option<f64>,
}

/// Reads `nds_dev.csv`: one recording for each drive of one car, a sample each second.
///
/// The labels are the recorder's own marks of samples at or beyond 0.35 g, braking, accelerating or
/// lateral, one label for each sample and axis. No person has looked at them: a limit of 0.35 g
/// finds all of them, and a detector that knows better finds fewer. They show that a rule for
/// single samples is counted correctly, not what a detector is worth.
///
/// # Errors
/// If the file cannot be read, or lacks one of `drive`, `time_utc`, `speed_mph`, `accel_x`,
/// `accel_y`, `accel_z`, `accel_event` and `cumulative_drive_dist_mi`, or has a cell that is not a
/// number.
///
/// # Examples
/// ```
/// use fleet_scoring::evaluation::nds;
/// let error = nds::read("no/such/nds_dev.csv".as_ref()).unwrap_err();
/// assert!(error.to_string().contains("check the path"));
/// ```
pub fn read(path: &Path) -> Result<Vec<Labelled>> {
    let mut sheet = Sheet::open(path)?;
    let drive = sheet.required("drive")?;
    let time = sheet.required("time_utc")?;
    let speed = sheet.required("speed_mph")?;
    let marked = sheet.required("accel_event")?;
    let miles = sheet.required("cumulative_drive_dist_mi")?;
    let axes = [
        sheet.required("accel_x")?,
        sheet.required("accel_y")?,
        sheet.required("accel_z")?,
    ];
    let mut drives = BTreeMap::<String, Columns>::new();
    while sheet.next()? {
        let own = drives.entry(sheet.text(drive).to_owned()).or_default();
        let at = sheet.required_number(time)?;
        own.times.push(at);
        let since_first = at - own.times.first().copied().unwrap_or(at);
        own.speed.push(reading(sheet.number(speed)?, MILE_KM));
        own.miles = sheet.number(miles)?.or(own.miles);
        let mut accelerations = [None; 3];
        for ((column, acceleration), axis) in axes.iter().zip(&mut accelerations).zip(&mut own.axes)
        {
            *acceleration = sheet.number(*column)?;
            axis.push(reading(*acceleration, 1.0));
        }
        if sheet.text(marked).is_empty() {
            continue;
        }
        let [forward, lateral, _] = accelerations;
        let kinds = [
            (AlertKind::HarshBrake, forward.map(|g| -g)),
            (AlertKind::RapidAccel, forward),
            (AlertKind::HarshCorner, lateral.map(f64::abs)),
        ];
        for (kind, beyond) in kinds {
            if beyond.is_some_and(|g| g >= MARKED_G) {
                own.labels.push(Interval {
                    kind,
                    start_s: since_first,
                    end_s: since_first,
                });
            }
        }
    }
    Ok(drives.into_iter().map(labelled).collect())
}

#[expect(clippy::cast_possible_truncation, reason = "readings are f32")]
fn reading(value: Option<f64>, factor: f64) -> f32 {
    value.map_or(f32::NAN, |value| (value * factor) as f32)
}

fn labelled((drive, columns): (String, Columns)) -> Labelled {
    let first = columns.times.first().copied().unwrap_or(0.0);
    let times = columns.times.iter().map(|at| at - first).collect();
    Labelled {
        recording: Recording {
            name: format!("nds-{drive}"),
            clock: Clock::Times(times),
            frame: Frame::Vehicle,
            gravity: Gravity::Included,
            acceleration: Some(columns.axes),
            turn_rate: None,
            yaw_rate: None,
            speed: Some(columns.speed),
            class: Some(VehicleClass::Passenger),
        },
        labels: columns.labels,
        kinds: vec![
            AlertKind::HarshBrake,
            AlertKind::RapidAccel,
            AlertKind::HarshCorner,
        ],
        style: None,
        distance_km: columns.miles.map(|miles| miles * MILE_KM),
        cell: ["1Hz", "vehicle", "passenger"].map(str::to_owned).to_vec(),
    }
}
