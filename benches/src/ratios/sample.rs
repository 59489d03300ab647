//! Decoded events of 48 bytes, and the rules that both sides of `core` apply to them.

use arrayvec::ArrayString;
use fleet_core::{
    Event, EventTime, State,
    event::ContentHasher,
    state::{put_bytes, take_bytes},
};

/// The length of every id.
pub(crate) const ID_LENGTH: usize = 12;

/// A vehicle's id, stored inline.
pub(crate) type Id = ArrayString<ID_LENGTH>;

/// Three readings of one vehicle at one time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) vehicle: Id,
    /// Microseconds since 1970.
    pub(crate) at: i64,
    pub(crate) speed: f64,
    pub(crate) battery: f64,
    pub(crate) engine: f64,
}

const _: () = assert!(size_of::<Sample>() == 48);

impl Sample {
    /// Whether each of the three rules is true.
    #[inline]
    pub(crate) fn offends(&self) -> [bool; 3] {
        [self.speed > 80.0, self.battery < 15.0, self.engine > 100.0]
    }
}

impl Event for Sample {
    fn key(&self) -> &str {
        &self.vehicle
    }
    fn at(&self) -> EventTime {
        EventTime::from_micros(self.at)
    }
    fn identity(&self) -> u64 {
        let mut content = ContentHasher::new();
        content.number(self.speed).number(self.battery);
        content.number(self.engine);
        content.finish()
    }
}

impl State for Sample {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        put_bytes(self.vehicle.as_bytes(), to);
        self.at.encode(to);
        for value in [self.speed, self.battery, self.engine] {
            value.encode(to);
        }
    }
    fn decode(_: u16, from: &mut &[u8]) -> Option<Self> {
        let vehicle = std::str::from_utf8(take_bytes(from)?).ok()?;
        Some(Self {
            vehicle: Id::from(vehicle).ok()?,
            at: i64::decode(0, from)?,
            speed: f64::decode(0, from)?,
            battery: f64::decode(0, from)?,
            engine: f64::decode(0, from)?,
        })
    }
}

/// Generates this many events of this many vehicles, two a second each, in time order: the same in
/// every run.
pub(crate) fn samples(events: usize, vehicles: usize) -> std::sync::Arc<Vec<Sample>> {
    let mut random = super::random::Random::new();
    let sample = |event: usize| {
        let name = format!("car-{:08}", event % vehicles);
        let tick = i64::try_from(event / vehicles).unwrap();
        Sample {
            vehicle: Id::from(&name).unwrap(),
            at: 1_700_000_000_000_000 + tick * 500_000,
            speed: random.below(9_000) as f64 / 100.0,
            battery: 10.0 + random.below(900) as f64 / 10.0,
            engine: 60.0 + random.below(450) as f64 / 10.0,
        }
    };
    std::sync::Arc::new((0..events).map(sample).collect())
}
