//! The detector of `production`, over whole recordings and over chunks.

use super::{
    Detection, Filter, Forward, Frame, SignalColumns, Thresholds, VehicleClass,
    bleed::restore,
    columns::{ACCEL, COLUMNS, COURSE, GYRO, SPEED},
    judge::{Motion, impulse},
    leg::Leg,
    level::subtract_slow,
    orient::{self, LOST_DEG, Oriented, UNSIGNED_DEG},
    plane::Plane,
    record::Recorder,
    speed::{SpeedTrack, turning},
    stand::standing,
};
use crate::signal::{STEP_S, Unavailable};

/// Finds harsh and firm manoeuvres in the signals of a trip.
///
/// Every source goes the same way: samples are brought to a grid of 10 Hz by a filter whose
/// weights are all positive; the plane that is horizontal and the direction that is forward are
/// found from the whole trip, unless they are known; then levels with hysteresis, shortest
/// duration, change of speed, speed gate and yaw gate decide. Without acceleration, speed and
/// course take its place.
///
/// # Guarantees
/// Chunks give what the whole recording gives, bit for bit. Nothing is found across a gap. A
/// device that is mounted in another way, or an earth frame that is turned about the vertical,
/// gives the same manoeuvres up to rounding. What a recording cannot support is listed as
/// unavailable.
///
/// # Cost
/// Constant memory for each second of a trip, whatever its rate: 400 bytes while it is recorded,
/// and at most 24 hours of them.
///
/// # Examples
/// Two seconds of hard braking in a minute of driving, at 50 Hz:
/// ```
/// use fleet_scoring::detect::{Clock, Detector, Frame, Kind, SignalColumns, VehicleClass};
/// use ndarray::Array1;
/// let level = |n| if (1500..1600).contains(&n) { -0.5 } else { 0.0 };
/// let forward = Array1::from_iter((0..3000).map(level));
/// let columns = SignalColumns::new(Clock::Rate(50.0)).with_longitudinal(forward.view());
/// let detector = Detector::new(Frame::Vehicle, VehicleClass::Passenger);
/// let found = detector.detect(&columns);
/// assert_eq!(found.manoeuvres.len(), 1);
/// let brake = &found.manoeuvres[0];
/// assert_eq!(brake.kind, Kind::HarshBrake);
/// assert!((brake.start_s - 30.0).abs() < 0.2 && (brake.change_kmh + 35.3).abs() < 2.0);
///
/// let mut trip = detector.start();
/// for chunk in 0..30 {
///     trip.push(&columns.rows(chunk * 100..chunk * 100 + 100));
/// }
/// assert_eq!(trip.finish(), found);
/// ```
#[derive(Clone, Debug)]
pub struct Detector {
    frame: Frame,
    range_g: Option<f32>,
    bell: Thresholds,
    line: Thresholds,
}

/// The fewest samples of acceleration per second. Our choice: the filter passes up to 2 Hz, and
/// what a slower sensor shows of faster motion cannot be told from it.
const FEWEST_HZ: f64 = 4.5;
/// The longest interval of speeds, seconds: a harsh brake is over in 3.
const RAREST_SPEED_S: f64 = 1.6;
/// A corner by course alone turns by at least this, degrees (published by a maker of telematics).
const CORNER_TURN_DEG: f64 = 30.0;

impl Detector {
    /// A detector for recordings in this frame, of vehicles of this class.
    pub fn new(frame: Frame, class: VehicleClass) -> Self {
        Self {
            frame,
            range_g: None,
            bell: Thresholds::production(class, Filter::Bell),
            line: Thresholds::production(class, Filter::Line),
        }
    }

    /// Sets the range of the accelerometer, in the unit of its columns. Samples that reach it are
    /// missing: how far the acceleration went is unknown.
    #[must_use]
    pub fn with_range(mut self, range: f32) -> Self {
        self.range_g = Some(range);
        self
    }

    /// Replaces the levels for the filter that they name.
    #[must_use]
    pub fn with_thresholds(mut self, levels: Thresholds) -> Self {
        match levels.filter {
            Filter::Bell => self.bell = levels,
            Filter::Line => self.line = levels,
        }
        self
    }

    /// Finds the manoeuvres of a whole recording.
    pub fn detect(&self, recording: &SignalColumns<'_>) -> Detection {
        let mut trip = self.start();
        trip.push(recording);
        trip.finish()
    }

    /// Begins a recording that comes in chunks.
    pub fn start(&self) -> DetectTrip {
        DetectTrip {
            recorder: Recorder::new(self.range_g),
            detector: self.clone(),
        }
    }
}

/// A trip whose samples come in chunks. Its manoeuvres come out at its end.
#[derive(Clone, Debug)]
pub struct DetectTrip {
    detector: Detector,
    recorder: Recorder,
}

impl DetectTrip {
    /// Takes the next rows. The columns of the first chunk are those of the trip; a column that a
    /// later chunk lacks is missing there. Rows whose time is not later than that of the rows
    /// before are not read.
    pub fn push(&mut self, chunk: &SignalColumns<'_>) {
        self.recorder.push(chunk);
    }

    /// Ends the trip, and finds its manoeuvres with the evidence of all of it.
    pub fn finish(self) -> Detection {
        let (legs, has) = self.recorder.finish();
        let mut found = Detection::default();
        let mut sums = [0.0; 3];
        for leg in &legs {
            self.detector.leg(leg, has, &mut found, &mut sums);
        }
        found.impulse = impulse(sums);
        found
            .manoeuvres
            .sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        if legs.is_empty() {
            found.lacks("manoeuvres", "the recording has no rows with a time");
        }
        found
    }
}

impl Detector {
    fn leg(&self, leg: &Leg, has: [bool; COLUMNS], found: &mut Detection, sums: &mut [f64; 3]) {
        let speed = SpeedTrack::of(&leg.speed, leg.accel.len());
        if let Some(metres) = speed.distance_m() {
            *found.distance_km.get_or_insert(0.0) += metres / 1000.0;
        }
        let plane =
            Plane::of(leg, self.frame, has[ACCEL + 2], has[GYRO + 2]).filter(|_| has[ACCEL]);
        if let Some(plane) = plane {
            let pointed = self.frame != Frame::Earth || !plane.yaw.is_empty() || has[COURSE];
            if plane.rate_hz >= FEWEST_HZ && pointed {
                self.by_acceleration(leg, plane, speed, has, found, sums);
                return;
            }
            found.lacks(
                "harsh manoeuvres by acceleration",
                if pointed {
                    "samples that are rarer than 5 in a second show faster motion as slow"
                } else {
                    "without yaw rate or course, nothing says which way the vehicle points"
                },
            );
        }
        self.by_speed(leg, &speed, has, found, sums);
    }

    fn by_acceleration(
        &self,
        leg: &Leg,
        mut plane: Plane,
        speed: SpeedTrack,
        has: [bool; COLUMNS],
        found: &mut Detection,
        sums: &mut [f64; 3],
    ) {
        let still = standing(&plane, &leg.shake, &speed.kmh);
        let carried = self.frame == Frame::Earth && !plane.yaw.is_empty();
        if carried {
            orient::carry(&mut plane, &speed, &still);
        }
        if plane.levelled && (carried || self.frame != Frame::Earth) {
            restore(&mut plane, &still, &speed);
        }
        let mut yaw = None;
        let known = self.frame == Frame::Vehicle;
        let mut oriented = match self.frame {
            Frame::Vehicle => orient::known(&plane),
            Frame::Device => orient::fixed(&plane, &speed, &still),
            Frame::Earth if carried => orient::carried(&plane, &speed, &still),
            Frame::Earth => {
                let (_, rates) = turning(&leg.course, &speed, leg.accel.len());
                let or_zero = |rate: &f64| if rate.is_finite() { *rate } else { 0.0 };
                yaw = Some(rates.iter().map(or_zero).collect());
                orient::by_course(&plane, &leg.course_on_grid())
            }
        };
        if let Some(forward) = oriented.forward {
            found.forward.get_or_insert(Forward {
                angle_deg: forward.y.atan2(forward.x).to_degrees(),
                error_deg: oriented.error_deg.first().copied().unwrap_or(90.0),
            });
        }
        let Oriented { along, across, .. } = &mut oriented;
        subtract_slow(along, &plane.sound);
        subtract_slow(across, &plane.sound);
        found.measure(&plane.sound, &still);
        // Where a direction is known, its error is empty or smaller.
        let least = oriented.error_deg.iter().copied().reduce(f64::min);
        if plane.yaw.is_empty() && least.is_some_and(|error| error > LOST_DEG) {
            found.lacks(
                "manoeuvres",
                "without turn rates, and before stops or speeds say which way is forward, turns \
                 look like brakes",
            );
            return;
        }
        found.rate_hz.get_or_insert(plane.rate_hz);
        found.filter = Some(Filter::Bell);
        found.frame = Some(self.frame);
        if least.is_some_and(|error| error >= UNSIGNED_DEG) {
            found.lacks(
                "rapid accelerations",
                "nothing says which end of the vehicle's axis is the front",
            );
        }
        let sideways = self.frame != Frame::Vehicle || has[ACCEL + 1];
        if !sideways {
            found.lacks("harsh corners", "there is no lateral acceleration");
        }
        let mut motion = Motion {
            along: oriented.along,
            across: if sideways {
                oriented.across
            } else {
                Vec::new()
            },
            yaw: yaw.unwrap_or(plane.yaw),
            error_deg: oriented.error_deg,
            sound: plane.sound,
            kmh: speed.kmh,
            origin_s: leg.origin_s,
            known,
            levelled: plane.levelled,
        };
        motion.judge(&self.bell, &mut found.manoeuvres, sums);
    }

    fn by_speed(
        &self,
        leg: &Leg,
        speed: &SpeedTrack,
        has: [bool; COLUMNS],
        found: &mut Detection,
        sums: &mut [f64; 3],
    ) {
        let interval = leg.speed.interval_s();
        if !has[SPEED] || interval.is_none() {
            found.lacks(
                "manoeuvres",
                "there is neither acceleration at 5 Hz nor speed",
            );
            return;
        }
        if interval.is_some_and(|interval| interval > RAREST_SPEED_S) {
            found.lacks("manoeuvres", "a harsh brake is over between two speeds");
            return;
        }
        found.rate_hz = found.rate_hz.or(interval.map(f64::recip));
        found.filter = found.filter.or(Some(Filter::Line));
        let sound: Vec<bool> = speed
            .change_g
            .iter()
            .map(|change| change.is_finite())
            .collect();
        let still: Vec<bool> = speed.kmh.iter().map(|kmh| *kmh < 2.0).collect();
        found.measure(&sound, &still);
        let or_zero = |value: &f64| if value.is_finite() { *value } else { 0.0 };
        let (mut across, mut yaw) = (Vec::new(), Vec::new());
        if has[COURSE] {
            let (lateral, rates) = turning(&leg.course, speed, leg.accel.len());
            across = lateral.iter().map(or_zero).collect();
            yaw = rates.iter().map(or_zero).collect();
        } else {
            found.lacks("harsh corners", "speed alone has no lateral acceleration");
        }
        let mut motion = Motion {
            along: speed.change_g.iter().map(or_zero).collect(),
            across,
            yaw,
            sound,
            kmh: Vec::new(),
            origin_s: leg.origin_s,
            known: true,
            ..Motion::default()
        };
        let before = found.manoeuvres.len();
        motion.judge(&self.line, &mut found.manoeuvres, sums);
        let new = found.manoeuvres.split_off(before);
        found.manoeuvres.extend(new.into_iter().filter(|one| {
            let across = one.kind != super::Kind::HarshCorner;
            across || motion.turned_deg(one.start_s, one.end_s) >= CORNER_TURN_DEG
        }));
    }
}

impl Detection {
    fn lacks(&mut self, what: &'static str, reason: &'static str) {
        let lack = Unavailable::new(what, reason);
        if !self.unavailable.contains(&lack) {
            self.unavailable.push(lack);
        }
    }

    fn measure(&mut self, sound: &[bool], still: &[bool]) {
        let points = sound.iter().filter(|sound| **sound).count();
        let moving = sound
            .iter()
            .zip(still)
            .filter(|(sound, still)| **sound && !**still)
            .count();
        self.measured_s += points as f64 * STEP_S;
        self.moving_s += moving as f64 * STEP_S;
    }
}
