//! Events of 48 bytes that are decoded already, and what both sides of `core` compute from them.

use fleet_core::{Event, EventTime, State, event::ContentHasher};

/// Three readings of one vehicle at one time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The vehicle's id, filled up with spaces: a small inline string.
    pub(crate) vehicle: [u8; 16],
    /// Microseconds since 1970.
    pub(crate) at: i64,
    pub(crate) speed: f64,
    pub(crate) battery: f64,
    pub(crate) engine: f64,
}

const _: () = assert!(size_of::<Sample>() == 48);

impl Sample {
    /// What the three rules say, in their order.
    #[inline]
    pub(crate) fn offends(&self) -> [bool; 3] {
        [self.speed > 80.0, self.battery < 15.0, self.engine > 100.0]
    }
}

impl Event for Sample {
    fn key(&self) -> &str {
        std::str::from_utf8(&self.vehicle).unwrap_or_default()
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
        to.extend_from_slice(&self.vehicle);
        self.at.encode(to);
        for value in [self.speed, self.battery, self.engine] {
            value.encode(to);
        }
    }
    fn decode(_: u16, from: &mut &[u8]) -> Option<Self> {
        let (vehicle, rest) = from.split_first_chunk()?;
        *from = rest;
        Some(Self {
            vehicle: *vehicle,
            at: i64::decode(0, from)?,
            speed: f64::decode(0, from)?,
            battery: f64::decode(0, from)?,
            engine: f64::decode(0, from)?,
        })
    }
}

/// This many events of so many vehicles, two a second each, in time order: always the same.
pub(crate) fn samples(events: usize, vehicles: usize) -> std::sync::Arc<Vec<Sample>> {
    let mut random = super::random::Random::new();
    let sample = |event: usize| {
        let mut vehicle = [b' '; 16];
        let name = format!("vehicle-{:08}", event % vehicles);
        vehicle.copy_from_slice(name.as_bytes());
        let tick = i64::try_from(event / vehicles).unwrap();
        Sample {
            vehicle,
            at: 1_700_000_000_000_000 + tick * 500_000,
            speed: random.below(9_000) as f64 / 100.0,
            battery: 10.0 + random.below(900) as f64 / 10.0,
            engine: 60.0 + random.below(450) as f64 / 10.0,
        }
    };
    std::sync::Arc::new((0..events).map(sample).collect())
}
