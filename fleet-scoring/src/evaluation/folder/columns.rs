//! The columns of samples: names, units, and which signal each is.

use fleet_core::Result;

use crate::evaluation::{Frame, sheet::Sheet};

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Acceleration(Frame, usize),
    TurnRate(Frame, usize),
    /// An upward axis, which the vehicle and the earth share.
    AccelerationUp,
    YawRate,
    Speed,
}

/// Standard gravity, m/s².
const G: f64 = 9.806_65;

/// The suffixes of a quantity, each with the factor that makes it our unit.
type Units = &'static [(&'static str, f64)];

const SIGNALS: [(&str, Units, Signal); 16] = {
    use Frame::{Device, Earth, Vehicle};
    use Signal::{Acceleration, AccelerationUp, Speed, TurnRate, YawRate};
    const ACCEL: Units = &[("_g", 1.0), ("_mps2", 1.0 / G)];
    const TURN: Units = &[("_dps", 1.0), ("_rps", 180.0 / std::f64::consts::PI)];
    // A mile is 1.609344 km.
    const SPEED: Units = &[("_kmh", 1.0), ("_mps", 3.6), ("_mph", 1.609_344)];
    [
        ("accel_forward", ACCEL, Acceleration(Vehicle, 0)),
        ("accel_left", ACCEL, Acceleration(Vehicle, 1)),
        ("accel_up", ACCEL, AccelerationUp),
        ("accel_x", ACCEL, Acceleration(Device, 0)),
        ("accel_y", ACCEL, Acceleration(Device, 1)),
        ("accel_z", ACCEL, Acceleration(Device, 2)),
        ("accel_east", ACCEL, Acceleration(Earth, 0)),
        ("accel_north", ACCEL, Acceleration(Earth, 1)),
        ("gyro_forward", TURN, TurnRate(Vehicle, 0)),
        ("gyro_left", TURN, TurnRate(Vehicle, 1)),
        ("gyro_up", TURN, TurnRate(Vehicle, 2)),
        ("gyro_x", TURN, TurnRate(Device, 0)),
        ("gyro_y", TURN, TurnRate(Device, 1)),
        ("gyro_z", TURN, TurnRate(Device, 2)),
        ("yaw_rate", TURN, YawRate),
        ("speed", SPEED, Speed),
    ]
};

/// One column of the file that is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) place: usize,
    pub(super) signal: Signal,
    /// What makes a number of the file one of ours.
    pub(super) factor: f64,
}

/// The columns of a header, without `time_s`.
pub(super) fn columns(sheet: &Sheet) -> Result<Vec<Column>> {
    let mut columns: Vec<Column> = Vec::new();
    for (place, name) in sheet.header().iter().enumerate() {
        if name == "time_s" || name.starts_with('_') {
            continue;
        }
        let Some((signal, factor)) = signal(name) else {
            let known: Vec<_> = SIGNALS
                .iter()
                .map(|(name, units, _)| {
                    units
                        .first()
                        .map_or_else(String::new, |(unit, _)| format!("{name}{unit}"))
                })
                .collect();
            let what = format!(
                "the column '{name}' is unknown: name it time_s, {}, or begin its name with _ to \
                 leave it out",
                known.join(", ")
            );
            return Err(sheet.fault(&what));
        };
        if columns.iter().any(|column| column.signal == signal) {
            let what = format!("'{name}' is there in two units: remove one of the columns");
            return Err(sheet.fault(&what));
        }
        columns.push(Column {
            place,
            signal,
            factor,
        });
    }
    Ok(columns)
}

fn signal(name: &str) -> Option<(Signal, f64)> {
    SIGNALS.iter().find_map(|(stem, units, signal)| {
        let unit = name.strip_prefix(stem)?;
        let (_, factor) = units.iter().find(|(known, _)| *known == unit)?;
        Some((*signal, *factor))
    })
}

/// The frame of the columns; that of the vehicle if there is no acceleration.
pub(super) fn frame(sheet: &Sheet, columns: &[Column]) -> Result<Frame> {
    let mut frames = columns.iter().filter_map(|column| match column.signal {
        Signal::Acceleration(frame, _) | Signal::TurnRate(frame, _) => Some(frame),
        Signal::AccelerationUp | Signal::YawRate | Signal::Speed => None,
    });
    let frame = frames.next().unwrap_or(Frame::Vehicle);
    if frames.any(|other| other != frame) {
        return Err(sheet.fault(
            "the columns are of more than one frame: keep forward, left, up, or x, y, z, or east, \
             north, up",
        ));
    }
    let has = |axis| {
        let mut signals = columns.iter().map(|column| column.signal);
        signals.any(|signal| signal == Signal::Acceleration(frame, axis))
    };
    let any = (0..3).any(has) || columns.iter().any(|c| c.signal == Signal::AccelerationUp);
    let needed: &[(usize, &str)] = match frame {
        Frame::Vehicle => &[(0, "accel_forward_g")],
        Frame::Device => &[(0, "accel_x_g"), (1, "accel_y_g"), (2, "accel_z_g")],
        Frame::Earth => &[(0, "accel_east_g"), (1, "accel_north_g")],
    };
    match needed.iter().find(|(axis, _)| any && !has(*axis)) {
        Some((_, name)) => Err(sheet.fault(&format!(
            "the column '{name}' is missing beside the other axes: add it, or remove them"
        ))),
        None => Ok(frame),
    }
}
