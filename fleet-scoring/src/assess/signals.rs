//! The signals of a trip in columns that it owns.

use std::time::Duration;

use fleet_core::{
    event::{Signal, Telemetry, TripSamples},
    units::{Acceleration, Distance, Speed},
};
use ndarray::ArrayView1;

use crate::{
    Number, TripColumns,
    detect::{Clock, Frame, SignalColumns},
    motion::MOVING_KMH,
    sampling::Sampling,
    score::Exposure,
};

/// The signals that detectors read, in the order in which columns are kept.
const SIGNALS: [Signal; COLUMNS] = [
    Signal::AccelerationLongitudinal,
    Signal::AccelerationLateral,
    Signal::AccelerationVertical,
    Signal::AccelerationEast,
    Signal::AccelerationNorth,
    Signal::YawRate,
    Signal::Speed,
    Signal::Heading,
];
pub(super) const COLUMNS: usize = 8;

/// The signals of one trip: a column for each signal that any sample has.
///
/// # Units
/// Those of [`Signal`]: g, degrees per second, km/h, degrees. Times are seconds since the first
/// sample. A sample without a reading is NaN.
///
/// # Guarantees
/// A column that no sample has is empty, and takes no memory. Samples one by one give the same
/// columns as all of them at once.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, event::{Signal, Telemetry}, units::Speed};
/// use fleet_scoring::assess::TripSignals;
/// let car = VehicleId::new("car-1")?;
/// let row = |second: i64| {
///     let row = Telemetry::new(car.clone(), EventTime::from_micros(second * 1_000_000));
///     row.with_speed(Speed::from_kmh(36.0))
/// };
/// let signals = TripSignals::of_telemetry(&[row(5), row(7)]);
/// assert_eq!((signals.len(), signals.duration_s()), (2, Some(2.0)));
/// assert_eq!(signals.column(Signal::Speed), [36.0, 36.0]);
/// assert!(signals.column(Signal::YawRate).is_empty());
/// # Ok::<(), fleet_core::IdError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TripSignals {
    pub(super) sampling: Sampling,
    pub(super) columns: [Vec<f32>; COLUMNS],
    pub(super) rows: usize,
}

impl Default for TripSignals {
    fn default() -> Self {
        Self {
            sampling: Sampling::Times(Vec::new()),
            columns: Default::default(),
            rows: 0,
        }
    }
}

impl TripSignals {
    /// The signals of a vehicle's telemetry, which must be sorted by time.
    pub fn of_telemetry<'a>(events: impl IntoIterator<Item = &'a Telemetry>) -> Self {
        let mut signals = Self::default();
        let mut first = None;
        for event in events {
            let at = event.at();
            let first = *first.get_or_insert(at);
            signals.push(at.since(first), event);
        }
        signals
    }

    /// The signals of a trip's samples. If all samples have a time, the times take precedence over
    /// the rate; with neither, samples can only be counted.
    pub fn of_samples(trip: &TripSamples) -> Self {
        let samples = || trip.samples.iter();
        let column = |values: Vec<Option<f64>>| {
            if values.iter().all(Option::is_none) {
                return Vec::new();
            }
            values.into_iter().map(narrow).collect()
        };
        let along = samples().map(|one| one.longitudinal.map(Acceleration::as_g));
        let across = samples().map(|one| one.lateral.map(Acceleration::as_g));
        let speed = samples().map(|one| one.speed.map(Speed::as_kmh));
        let empty = Vec::new;
        let columns = [
            column(along.collect()),
            column(across.collect()),
            empty(),
            empty(),
            empty(),
            empty(),
            column(speed.collect()),
            empty(),
        ];
        let rows = trip.samples.len();
        let times: Option<Vec<f64>> = samples().map(|sample| sample.t_s).collect();
        let first = times.as_ref().and_then(|times| times.first().copied());
        let since = times.zip(first).map(|(times, first)| {
            let since = times.iter().map(|time| time - first);
            Sampling::of_times(since.collect(), rows)
        });
        let known = since.filter(Sampling::is_known);
        let by_rate = || trip.sample_rate_hz.map(Sampling::of_rate);
        Self {
            sampling: known.or_else(by_rate).unwrap_or(Sampling::Unknown),
            columns,
            rows,
        }
    }

    /// Sets the sample rate, samples per second, used instead of the times. A rate that is not
    /// finite and positive makes the times unknown.
    #[must_use]
    pub fn with_rate(mut self, hz: f64) -> Self {
        self.sampling = Sampling::of_rate(hz);
        self
    }

    /// Adds the readings of an event, at a time that is not before the last one.
    pub(super) fn push(&mut self, since_first: Duration, event: &Telemetry) {
        if let Sampling::Times(times) = &mut self.sampling {
            // Whole microseconds, as a saved state has them: the same number after a restart.
            times.push(since_first.as_micros() as f64 / 1e6);
        }
        for (column, signal) in self.columns.iter_mut().zip(SIGNALS) {
            let value = event.value(signal);
            if value.is_some() && column.is_empty() {
                column.resize(self.rows, f32::NAN);
            }
            if value.is_some() || !column.is_empty() {
                column.push(narrow(value));
            }
        }
        self.rows += 1;
    }

    /// Keeps only the first rows, as if the others had never been added.
    pub(super) fn truncate(&mut self, rows: usize) {
        if let Sampling::Times(times) = &mut self.sampling {
            times.truncate(rows);
        }
        for column in &mut self.columns {
            column.truncate(rows);
            if column.iter().all(|value| value.is_nan()) {
                column.clear();
            }
        }
        self.rows = self.rows.min(rows);
    }

    /// Forgets the first rows. Times still count from the row that was first.
    pub(super) fn forget(&mut self, rows: usize) {
        let rows = rows.min(self.rows);
        if let Sampling::Times(times) = &mut self.sampling {
            times.drain(..rows);
        }
        for column in &mut self.columns {
            column.drain(..rows.min(column.len()));
            if column.iter().all(|value| value.is_nan()) {
                column.clear();
            }
        }
        self.rows -= rows;
    }

    /// The number of samples, with or without readings.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The readings of a signal, one for each sample; empty if no sample has one, or if no
    /// detector reads the signal.
    pub fn column(&self, signal: Signal) -> &[f32] {
        let place = SIGNALS.iter().position(|one| *one == signal);
        let column = place.and_then(|place| self.columns.get(place));
        column.map_or(&[], Vec::as_slice)
    }

    /// Whether any sample has a reading of a signal.
    pub fn has(&self, signal: Signal) -> bool {
        !self.column(signal).is_empty()
    }

    /// Whether the times of the samples are known.
    pub fn is_timed(&self) -> bool {
        self.sampling.is_known()
    }

    /// The time from the first sample to this one, seconds, if times are known.
    pub fn time_s(&self, sample: usize) -> Option<f64> {
        self.sampling.since_first(sample)
    }

    /// When a sample was taken, seconds by the clock that [`forget`](Self::forget) leaves as it is.
    pub(super) fn taken_s(&self, sample: usize) -> Option<f64> {
        match &self.sampling {
            Sampling::Times(times) => times.get(sample).copied(),
            sampling => sampling.since_first(sample),
        }
    }

    /// The time from the first sample to the last, seconds, if there are samples with times.
    pub fn duration_s(&self) -> Option<f64> {
        self.time_s(self.rows.checked_sub(1)?)
    }

    /// The frame of the accelerations: that of the vehicle, or of the earth if only east and north
    /// are known.
    pub fn frame(&self) -> Frame {
        let along = self.has(Signal::AccelerationLongitudinal);
        let earth = self.has(Signal::AccelerationEast) && self.has(Signal::AccelerationNorth);
        if earth && !along {
            Frame::Earth
        } else {
            Frame::Vehicle
        }
    }

    /// Views of the columns, for a detector.
    pub fn views(&self) -> SignalColumns<'_> {
        let clock = match &self.sampling {
            Sampling::Times(times) => Clock::Times(ArrayView1::from(times.as_slice())),
            Sampling::Rate(hz) => Clock::Rate(*hz),
            // Samples without times are counted, and their events left out.
            Sampling::Unknown => Clock::Rate(f64::NAN),
        };
        let view = |signal| {
            let column = self.column(signal);
            (!column.is_empty()).then(|| ArrayView1::from(column))
        };
        let mut views = SignalColumns::new(clock);
        let along = view(Signal::AccelerationLongitudinal);
        let across = view(Signal::AccelerationLateral);
        let up = view(Signal::AccelerationVertical);
        let earth = view(Signal::AccelerationEast).zip(view(Signal::AccelerationNorth));
        match (along, across, up, earth) {
            (Some(along), Some(across), Some(up), _) => {
                views = views.with_acceleration([along, across, up]);
            }
            (Some(along), across, _, _) => {
                views = views.with_longitudinal(along);
                if let Some(across) = across {
                    views = views.with_lateral(across);
                }
            }
            (None, _, _, Some((east, north))) => views = views.with_east_north(east, north),
            (None, Some(across), _, None) => views = views.with_lateral(across),
            (None, None, _, None) => {}
        }
        if let Some(yaw) = view(Signal::YawRate) {
            views = views.with_yaw_rate(yaw);
        }
        if let Some(speed) = view(Signal::Speed) {
            views = views.with_speed(speed);
        }
        if let Some(course) = view(Signal::Heading) {
            views = views.with_course(course);
        }
        views
    }

    /// How much was driven, by speed alone: its integral over time, and the time that begins in
    /// motion. `None` without times or speed, and over pauses of more than 300 s.
    ///
    /// For telemetry, which may have odometers and positions, see
    /// [`TripRecorder`](super::TripRecorder).
    pub fn driven(&self) -> Option<Exposure> {
        let speed: Vec<f64> = self
            .column(Signal::Speed)
            .iter()
            .map(|v| v.wide())
            .collect();
        let mut driving_s = 0.0;
        let mut before: Option<(f64, bool)> = None;
        for (sample, kmh) in speed.iter().enumerate().filter(|(_, kmh)| kmh.is_finite()) {
            let now = self.time_s(sample)?;
            if let Some((then, true)) = before {
                driving_s += now - then;
            }
            before = Some((now, kmh.abs() >= MOVING_KMH));
        }
        let columns = TripColumns::new(vec![f64::NAN; speed.len()]).with_speed(speed);
        let columns = match &self.sampling {
            Sampling::Times(times) => columns.with_times(times.clone()),
            Sampling::Rate(hz) => columns.with_rate(*hz),
            Sampling::Unknown => columns,
        };
        let metres = columns.distance_m()?;
        let driving = Duration::try_from_secs_f64(driving_s).ok()?;
        Some(Exposure::new(Distance::from_m(metres), driving))
    }
}

/// The nearest number of single precision, NaN if there is none.
fn narrow(value: Option<f64>) -> f32 {
    value.map_or(f32::NAN, f32::nearest)
}
