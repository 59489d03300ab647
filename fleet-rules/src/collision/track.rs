use std::time::Duration;

use compact_str::CompactString;
use fleet_core::{
    EventTime, State,
    event::{Perception, Telemetry},
    state::{decode_by_serde, encode_by_serde},
};

use crate::ordinal::Ordinals;

/// How long the vehicle's own speed is believed. Our choice: five rounds of a usual 1 Hz tracker.
const EGO_FOR: Duration = Duration::from_secs(5);
/// A longer pause starts the slope of a track anew. Our choice: a radar sees an object 20 times a second.
const SLOPE_PAUSE: Duration = Duration::from_secs(1);
/// Sightings that make a slope: three are the least, five smooth the noise of a distance. Our choice.
const LEAST_HITS: usize = 3;
const MOST_HITS: usize = 5;
/// A track that is not seen for so long is forgotten. Our choice.
const FORGET: Duration = Duration::from_secs(5);
/// Our choice: as many as an automotive radar reports at once, with room.
const MAX_TRACKS: usize = 64;

/// What is kept for one vehicle: its speed, and the objects it sees.
#[derive(Clone, Debug, PartialEq)]
pub struct CollisionState {
    /// When, and metres per second.
    ego: Option<(i64, f64)>,
    tracks: Vec<Track>,
    pub(super) ordinals: Ordinals,
}

/// One object over time; without a name, all objects that have none.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Track {
    name: Option<CompactString>,
    seen_at: i64,
    /// When, and metres: the newest sightings with a distance.
    hits: Vec<(i64, f64)>,
    /// Whether the last sighting that could be judged was a risk.
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
    pub(super) fn note_ego(&mut self, event: &Telemetry, now: EventTime) {
        if let Some(speed) = event.speed() {
            self.ego = Some((now.as_micros(), speed.as_mps()));
        }
    }

    /// The vehicle's own speed, if it is fresh.
    pub(super) fn ego_mps(&self, now: EventTime) -> Option<f64> {
        let (at, speed) = self.ego?;
        (elapsed(at, now) <= EGO_FOR).then_some(speed)
    }

    /// Takes out the track of a sighting, which is now part of it; [`keep`](Self::keep) puts it back.
    pub(super) fn sight(&mut self, seen: &Perception, now: EventTime) -> Track {
        self.tracks
            .retain(|track| elapsed(track.seen_at, now) <= FORGET);
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
        track.hit(seen, now);
        track
    }

    pub(super) fn keep(&mut self, track: Track) {
        // The newest is last, so the first is the one that can best be spared.
        if self.tracks.len() >= MAX_TRACKS {
            self.tracks.remove(0);
        }
        self.tracks.push(track);
    }
}

impl Track {
    fn hit(&mut self, seen: &Perception, now: EventTime) {
        self.seen_at = now.as_micros();
        // Sightings without a track are of many objects: no slope.
        let (Some(_), Some(gap)) = (&self.name, seen.distance.get()) else {
            return;
        };
        let stale = |(at, _): &(i64, f64)| elapsed(*at, now) > SLOPE_PAUSE;
        if self.hits.last().is_some_and(stale) {
            self.hits.clear();
        }
        if self.hits.len() >= MOST_HITS {
            self.hits.remove(0);
        }
        self.hits.push((now.as_micros(), gap.as_m()));
    }

    /// The rate of the distance, metres per second, by least squares over the newest sightings.
    pub(super) fn slope(&self) -> Option<f64> {
        let (count, first) = (self.hits.len(), self.hits.first()?.0);
        if count < LEAST_HITS {
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
