//! The state of collision detection: the vehicle's own speed, and the tracks of objects around it.

use std::time::Duration;

use compact_str::CompactString;
use fleet_core::{
    EventTime, State,
    event::{Perception, Telemetry},
    state::{decode_by_serde, encode_by_serde},
};

use crate::ordinal::Ordinals;

/// How long the vehicle's own speed stays valid. Our choice: five periods of a usual 1 Hz tracker.
const EGO_VALID_FOR: Duration = Duration::from_secs(5);
/// A longer pause restarts the slope of a track. Our choice: a radar reports an object 20 times a
/// second.
const SLOPE_PAUSE: Duration = Duration::from_secs(1);
/// The detections that a slope is fitted to: at least three, at most five, which smooths the noise
/// of the distance. Our choice.
const MIN_DETECTIONS: usize = 3;
const MAX_DETECTIONS: usize = 5;
/// A track is dropped after this long without a detection. Our choice.
const TRACK_TIMEOUT: Duration = Duration::from_secs(5);
/// The most tracks of one vehicle. Our choice: more than an automotive radar reports at once.
const MAX_TRACKS: usize = 64;

/// The state of one vehicle: its own speed, and the objects around it.
#[derive(Clone, Debug, PartialEq)]
pub struct CollisionState {
    /// Time in microseconds, and the vehicle's own speed in metres per second.
    ego: Option<(i64, f64)>,
    tracks: Vec<Track>,
    pub(super) ordinals: Ordinals,
}

/// One object over time. The track without a name stands for all detections without a track.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Track {
    name: Option<CompactString>,
    seen_at: i64,
    /// Time in microseconds and distance in metres of the newest detections.
    hits: Vec<(i64, f64)>,
    /// Whether the last detection that could be assessed was a risk.
    pub(super) active: bool,
}

impl Default for CollisionState {
    fn default() -> Self {
        Self {
            ego: None,
            tracks: Vec::new(),
            ordinals: Ordinals::NONE,
        }
    }
}

impl CollisionState {
    pub(super) fn update_ego(&mut self, event: &Telemetry, now: EventTime) {
        if let Some(speed) = event.speed() {
            self.ego = Some((now.as_micros(), speed.as_mps()));
        }
    }

    /// The vehicle's own speed, unless it is older than [`EGO_VALID_FOR`].
    pub(super) fn ego_mps(&self, now: EventTime) -> Option<f64> {
        let (at, speed) = self.ego?;
        (elapsed(at, now) <= EGO_VALID_FOR).then_some(speed)
    }

    /// Adds a detection to its track and takes the track out; [`put_back`](Self::put_back) returns
    /// it.
    pub(super) fn take_track(&mut self, seen: &Perception, now: EventTime) -> Track {
        self.tracks
            .retain(|track| elapsed(track.seen_at, now) <= TRACK_TIMEOUT);
        let known = self
            .tracks
            .iter()
            .position(|track| track.name == seen.track);
        let mut track = match known {
            Some(place) => self.tracks.remove(place),
            None => Track {
                name: seen.track.clone(),
                seen_at: now.as_micros(),
                hits: Vec::new(),
                active: false,
            },
        };
        track.detect(seen, now);
        track
    }

    pub(super) fn put_back(&mut self, track: Track) {
        // Tracks are sorted by their last detection: the first is the oldest.
        if self.tracks.len() >= MAX_TRACKS {
            self.tracks.remove(0);
        }
        self.tracks.push(track);
    }
}

impl Track {
    fn detect(&mut self, seen: &Perception, now: EventTime) {
        self.seen_at = now.as_micros();
        // Detections without a track belong to many objects and have no slope.
        let (Some(_), Some(gap)) = (&self.name, seen.distance.get()) else {
            return;
        };
        let stale = |(at, _): &(i64, f64)| elapsed(*at, now) > SLOPE_PAUSE;
        if self.hits.last().is_some_and(stale) {
            self.hits.clear();
        }
        if self.hits.len() >= MAX_DETECTIONS {
            self.hits.remove(0);
        }
        self.hits.push((now.as_micros(), gap.as_m()));
    }

    /// The rate of change of the distance, metres per second: a least-squares fit to the newest
    /// detections.
    pub(super) fn slope(&self) -> Option<f64> {
        let (count, first) = (self.hits.len(), self.hits.first()?.0);
        if count < MIN_DETECTIONS {
            return None;
        }
        let seconds = |at: i64| (at - first) as f64 / 1e6;
        let mean = |sum: f64| sum / count as f64;
        let mid_time = mean(self.hits.iter().map(|(at, _)| seconds(*at)).sum());
        let mid_gap = mean(self.hits.iter().map(|(_, gap)| gap).sum());
        let (mut across, mut along) = (0.0, 0.0);
        for (at, gap) in &self.hits {
            let time = seconds(*at) - mid_time;
            across += time * (gap - mid_gap);
            along += time * time;
        }
        (along > 0.0).then(|| across / along)
    }
}

fn elapsed(at: i64, now: EventTime) -> Duration {
    now.since(EventTime::from_micros(at))
}

/// # Layout
/// `ordinals · ego and tracks as MessagePack`
impl State for CollisionState {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.ordinals.encode(to);
        encode_by_serde(&(&self.ego, &self.tracks), to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        let ordinals = Ordinals::decode(Ordinals::VERSION, from)?;
        let (ego, tracks) = decode_by_serde(from)?;
        Some(Self {
            ego,
            tracks,
            ordinals,
        })
    }
}

#[cfg(test)]
mod tests {
    use fleet_core::{VehicleId, units::Distance};

    use super::*;

    fn at(millis: i64) -> EventTime {
        EventTime::from_micros(millis * 1_000)
    }

    fn seen(track: &str, metres: f64) -> Perception {
        let mut seen = Perception::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
        seen.distance = Distance::from_m(metres).into();
        seen.track = Some(track.into());
        seen
    }

    /// The slope of a track with these detections: milliseconds and metres.
    fn slope(detections: &[(i64, f64)]) -> Option<f64> {
        let mut state = CollisionState::default();
        for (millis, metres) in detections {
            let track = state.take_track(&seen("a", *metres), at(*millis));
            state.put_back(track);
        }
        state.tracks.last().and_then(Track::slope)
    }

    #[test]
    fn a_slope_is_the_least_squares_fit_of_three_to_five_detections() {
        assert_eq!(slope(&[(0, 30.0), (500, 28.0)]), None);
        assert_eq!(slope(&[(0, 30.0), (500, 28.0), (1000, 26.0)]), Some(-4.0));
        // By hand: times -0.75 to 0.75 s and gaps 2, -1, 1, -2 m give -2.5 over 1.25.
        let noisy = [(0, 32.0), (500, 29.0), (1000, 31.0), (1500, 28.0)];
        assert_eq!(slope(&noisy), Some(-2.0));
        // The sixth detection drops the first, which does not lie on the line.
        let six = [
            (0, 90.0),
            (250, 20.0),
            (500, 21.0),
            (750, 22.0),
            (1000, 23.0),
            (1250, 24.0),
        ];
        assert_eq!(slope(&six), Some(4.0));
        let five = [
            (0, 90.0),
            (250, 20.0),
            (500, 21.0),
            (750, 22.0),
            (1000, 23.0),
        ];
        assert!(slope(&five).unwrap() < -50.0);
    }

    #[test]
    fn a_slope_is_exact_at_times_of_this_century() {
        let start = 1_700_000_000_000;
        let slope = slope(&[(start, 30.0), (start + 70, 28.6), (start + 140, 27.2)]);
        assert!((slope.unwrap() + 20.0).abs() < 1e-9, "{slope:?}");
    }

    #[test]
    fn detections_of_one_time_have_no_slope() {
        assert_eq!(slope(&[(0, 30.0), (0, 20.0), (0, 10.0)]), None);
    }

    #[test]
    fn a_pause_of_one_second_continues_a_slope_and_a_longer_one_restarts_it() {
        assert_eq!(slope(&[(0, 30.0), (1000, 28.0), (2000, 26.0)]), Some(-2.0));
        assert_eq!(slope(&[(0, 30.0), (1000, 28.0), (2001, 26.0)]), None);
    }

    #[test]
    fn the_vehicles_own_speed_is_valid_for_five_seconds() {
        let mut state = CollisionState::default();
        assert_eq!(state.ego_mps(at(0)), None);
        let event = Telemetry::new(VehicleId::new("car-1").unwrap(), at(0));
        state.update_ego(&event, at(0));
        assert_eq!(state.ego_mps(at(0)), None);
        let event = event.with_speed(fleet_core::units::Speed::from_mps(12.5));
        state.update_ego(&event, at(0));
        assert_eq!(state.ego_mps(at(5_000)), Some(12.5));
        assert_eq!(state.ego_mps(at(5_001)), None);
    }

    #[test]
    fn a_track_is_dropped_after_five_seconds_without_a_detection() {
        let mut state = CollisionState::default();
        let mut track = state.take_track(&seen("a", 9.0), at(0));
        track.active = true;
        state.put_back(track);
        let track = state.take_track(&seen("a", 9.0), at(5_000));
        assert!(track.active);
        state.put_back(track);
        assert!(!state.take_track(&seen("a", 9.0), at(10_001)).active);
    }

    #[test]
    fn the_least_recently_detected_of_65_tracks_is_dropped() {
        let mut state = CollisionState::default();
        for number in 0..64 {
            let mut track = state.take_track(&seen(&number.to_string(), 9.0), at(number));
            track.active = true;
            state.put_back(track);
        }
        assert_eq!(state.tracks.len(), 64);
        let first = state.take_track(&seen("0", 9.0), at(100));
        assert!(first.active, "64 tracks are kept");
        state.put_back(first);
        let track = state.take_track(&seen("64", 9.0), at(101));
        state.put_back(track);
        assert_eq!(state.tracks.len(), 64);
        assert!(!state.take_track(&seen("1", 9.0), at(102)).active);
        assert!(state.take_track(&seen("0", 9.0), at(103)).active);
    }
}
