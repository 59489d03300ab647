//! The samples of one recording.

use std::path::Path;

use fleet_core::Result;

use super::columns::{Signal, columns, frame};
use crate::evaluation::{Clock, Gravity, Recording, sheet::Sheet};

/// A recording, and the time of its first sample in the file.
pub(super) struct Samples {
    pub(super) recording: Recording,
    pub(super) first_s: f64,
}

/// Above this magnitude an accelerometer reads gravity: half of it. Driving alone rarely passes it.
const HALF_GRAVITY: f32 = 0.5;

pub(super) fn read(path: &Path, name: &str) -> Result<Samples> {
    let mut sheet = Sheet::open(path)?;
    let time = sheet.required("time_s")?;
    let columns = columns(&sheet)?;
    let frame = frame(&sheet, &columns)?;
    let mut times: Vec<f64> = Vec::new();
    let mut readings: Vec<Vec<f32>> = vec![Vec::new(); columns.len()];
    while sheet.next()? {
        let at = sheet.required_number(time)?;
        if let Some(before) = times.last().filter(|before| at < **before) {
            let what = format!("{at} is before {before} in the row above: sort the rows by time");
            return Err(sheet.fault_in(time, &what));
        }
        times.push(at);
        for (column, values) in columns.iter().zip(&mut readings) {
            #[expect(clippy::cast_possible_truncation, reason = "readings are f32")]
            let value = sheet
                .number(column.place)?
                .map_or(f32::NAN, |value| (value * column.factor) as f32);
            values.push(value);
        }
    }
    let Some(first_s) = times.first().copied() else {
        return Err(sheet.fault("there are no samples: add rows, or remove the file"));
    };
    for at in &mut times {
        *at -= first_s;
    }
    let samples = times.len();
    let mut take = |wanted: &dyn Fn(Signal) -> bool| {
        let place = columns.iter().position(|column| wanted(column.signal))?;
        readings.get_mut(place).map(std::mem::take)
    };
    let mut axes = |of: &dyn Fn(usize, Signal) -> bool| {
        let axes = [0, 1, 2].map(|axis| take(&|signal| of(axis, signal)));
        let any = axes.iter().any(Option::is_some);
        any.then(|| axes.map(|axis| axis.unwrap_or_else(|| vec![f32::NAN; samples])))
    };
    let acceleration = axes(&|axis, signal| match signal {
        Signal::Acceleration(_, of) => of == axis,
        Signal::AccelerationUp => axis == 2,
        _ => false,
    });
    let turn_rate = axes(&|axis, signal| matches!(signal, Signal::TurnRate(_, of) if of == axis));
    let recording = Recording {
        name: name.to_owned(),
        clock: Clock::Times(times),
        frame,
        gravity: gravity(acceleration.as_ref()),
        acceleration,
        turn_rate,
        yaw_rate: take(&|signal| signal == Signal::YawRate),
        speed: take(&|signal| signal == Signal::Speed),
        class: None,
    };
    Ok(Samples { recording, first_s })
}

/// Whether most samples of an accelerometer read more than half of gravity.
fn gravity(axes: Option<&[Vec<f32>; 3]>) -> Gravity {
    let Some([first, second, third]) = axes else {
        return Gravity::Removed;
    };
    let (mut above, mut below) = (0_u64, 0_u64);
    for ((x, y), z) in first.iter().zip(second).zip(third) {
        let part = |value: &f32| if value.is_nan() { 0.0 } else { *value };
        let (x, y, z) = (part(x), part(y), part(z));
        if (x * x + y * y + z * z).sqrt() > HALF_GRAVITY {
            above += 1;
        } else {
            below += 1;
        }
    }
    if above > below {
        Gravity::Included
    } else {
        Gravity::Removed
    }
}

/// The rate that most pauses between samples have, whole samples per second; 0 if there are none.
pub(super) fn usual_rate(recording: &Recording) -> f64 {
    let Clock::Times(times) = &recording.clock else {
        return 0.0;
    };
    let pauses = times.iter().zip(times.iter().skip(1));
    let mut pauses: Vec<f64> = pauses.map(|(one, next)| next - one).collect();
    pauses.retain(|pause| *pause > 0.0);
    pauses.sort_by(f64::total_cmp);
    pauses
        .get(pauses.len() / 2)
        .map_or(0.0, |pause| pause.recip().round())
}
