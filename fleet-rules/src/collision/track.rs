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
