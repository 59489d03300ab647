//! Draws the signals of trips and the events that were found.

use std::{fmt::Write as _, path::Path};

use fleet_core::{Error, ErrorKind, Result, event::Signal};
use fleet_scoring::{
    assess::TripSignals,
    evaluation::{Clock, Frame, Gravity, Interval, Recording, plot},
};

use super::method::Scored;
use crate::console::failure::usage_error;

/// Trips in one drawing at most. Our choice: viewers become slow with more.
const MOST_TRIPS: usize = 50;
/// The width of the drawing of one trip, pixels.
const WIDTH: u32 = 1200;

/// The drawings of trips, if any are asked for.
#[derive(Debug, Default)]
pub(crate) struct Plots {
    /// Each drawing with its height.
    drawings: Vec<(String, u32)>,
}

impl Plots {
    /// Draws a trip below the others.
    ///
    /// # Errors
    /// Refuses a trip without times, and more trips than a drawing can show.
    pub(crate) fn add(&mut self, scored: &Scored, signals: &TripSignals) -> Result<()> {
        let name = scored.name();
        if self.drawings.len() == MOST_TRIPS {
            return Err(usage_error(format!(
                "--plot shows at most {MOST_TRIPS} trips, and there are more: choose one with \
                 --trip, such as --trip {name}"
            )));
        }
        if !signals.is_timed() {
            return Err(usage_error(format!(
                "--plot needs times, and the samples of {name} have neither times nor a rate: \
                 give the samples per second as --rate"
            )));
        }
        // A single sample lasts no time: as wide as two pixels it can be seen.
        let least_s = signals.duration_s().unwrap_or_default() / f64::from(WIDTH) * 2.0;
        let found = scored.events().into_iter();
        let found = found.map(|(kind, start_s, end_s)| Interval {
            kind,
            start_s,
            end_s: end_s.max(start_s + least_s),
        });
        let drawing = plot(&recording(name, signals), &[], &found.collect::<Vec<_>>())?;
        let height = height_of(&drawing).ok_or_else(|| {
            Error::new(
                ErrorKind::Sink,
                format!("the drawing of {name} has no height"),
            )
        })?;
        self.drawings.push((drawing, height));
        Ok(())
    }

    /// Writes the drawing of all trips.
    ///
    /// # Errors
    /// Refuses to draw no trips; fails if the file cannot be written.
    pub(crate) fn write(self, path: &Path) -> Result<()> {
        if self.drawings.is_empty() {
            return Err(usage_error(
                "there is no trip to --plot: the input has none, or --trip names none of it".into(),
            ));
        }
        let height: u32 = self.drawings.iter().map(|(_, height)| height).sum();
        let mut svg = format!(
            "<svg width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\">\n"
        );
        let mut top = 0;
        for (drawing, height) in &self.drawings {
            let nested = drawing.replacen("<svg ", &format!("<svg y=\"{top}\" "), 1);
            let _ = writeln!(svg, "{nested}");
            top += height;
        }
        svg.push_str("</svg>\n");
        std::fs::write(path, svg).map_err(|cause| {
            let message = format!("cannot write the plot {}", path.display());
            Error::new(ErrorKind::Sink, message).because(cause)
        })
    }
}

/// The height that a drawing states, pixels.
fn height_of(drawing: &str) -> Option<u32> {
    let (_, after) = drawing.split_once(" height=\"")?;
    let (height, _) = after.split_once('"')?;
    height.parse().ok()
}

/// The trip as the evaluation draws recordings.
fn recording(name: &str, signals: &TripSignals) -> Recording {
    let column = |signal| signals.has(signal).then(|| signals.column(signal).to_vec());
    let (frame, axes) = match signals.frame() {
        Frame::Earth => (
            Frame::Earth,
            [
                Signal::AccelerationEast,
                Signal::AccelerationNorth,
                Signal::AccelerationVertical,
            ],
        ),
        _ => (
            Frame::Vehicle,
            [
                Signal::AccelerationLongitudinal,
                Signal::AccelerationLateral,
                Signal::AccelerationVertical,
            ],
        ),
    };
    let accelerates = axes.iter().any(|axis| signals.has(*axis));
    let missing = || vec![f32::NAN; signals.len()];
    let times = (0..signals.len()).filter_map(|sample| signals.time_s(sample));
    Recording {
        name: name.to_owned(),
        clock: Clock::Times(times.collect()),
        frame,
        gravity: Gravity::Removed,
        acceleration: accelerates.then(|| axes.map(|axis| column(axis).unwrap_or_else(missing))),
        turn_rate: None,
        yaw_rate: column(Signal::YawRate),
        speed: column(Signal::Speed),
        class: None,
    }
}
