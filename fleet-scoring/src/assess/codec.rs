//! The encoding of trips in saved state.

use fleet_core::{EventTime, State, odometry::Meter};

use super::{TripRecorder, TripSignals, recorder::Sums, signals::COLUMNS};
use crate::{
    sampling::Sampling,
    score::{
        codec::{put, take},
        exposure::whole,
    },
};

/// The layout of the meter that the states below contain.
pub(super) const METER_VERSION: u16 = 1;
// A meter of another layout needs another version of every state that contains one.
const _: () = assert!(<Meter as State>::VERSION == METER_VERSION);

/// # Layout
/// `last i64 · distance · unknown · driving · rows`; all but the first in groups of seven bits.
impl State for Sums {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.last.encode(to);
        put(self.distance_um, to);
        put(self.unknown_us, to);
        put(self.driving_us, to);
        put(self.rows as u64, to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        Some(Self {
            last: EventTime::decode(0, from)?,
            distance_um: take(from)?,
            unknown_us: take(from)?,
            driving_us: take(from)?,
            rows: usize::try_from(take(from)?).ok()?,
        })
    }
}

/// # Layout
/// `first i64 · sums · meter · moves u8 · signals`
impl State for TripRecorder {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.first.encode(to);
        self.sums.encode(to);
        self.meter.encode(to);
        u8::from(self.moves).encode(to);
        self.signals.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        Some(Self {
            first: EventTime::decode(0, from)?,
            sums: Sums::decode(version, from)?,
            meter: Meter::decode(METER_VERSION, from)?,
            moves: u8::decode(0, from)? == 1,
            signals: TripSignals::decode(version, from)?,
        })
    }
}

/// Of signals with times, which those of telemetry have.
///
/// # Layout
/// `rows · microseconds since the row before, each · bits of the columns u8 · columns of f32`
impl State for TripSignals {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        put(self.rows as u64, to);
        let mut before = 0;
        for row in 0..self.rows {
            let at = self.taken_s(row).unwrap_or_default();
            let micros = whole(at * 1e6);
            put(micros.saturating_sub(before), to);
            before = micros;
        }
        let columns = self.columns.iter().zip(0..);
        let bits = columns.filter(|(column, _)| !column.is_empty());
        bits.fold(0_u8, |bits, (_, place)| bits | 1 << place)
            .encode(to);
        for value in self.columns.iter().flatten() {
            value.encode(to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        let rows = usize::try_from(take(from)?).ok()?;
        let (mut times, mut micros) = (Vec::new(), 0_u64);
        for _ in 0..rows {
            micros = micros.checked_add(take(from)?)?;
            times.push(micros as f64 / 1e6);
        }
        let bits = u8::decode(0, from)?;
        let mut columns: [Vec<f32>; COLUMNS] = Default::default();
        for (column, place) in columns.iter_mut().zip(0..) {
            if bits & 1 << place != 0 {
                for _ in 0..rows {
                    column.push(f32::decode(0, from)?);
                }
            }
        }
        Some(Self {
            sampling: Sampling::Times(times),
            columns,
            rows,
        })
    }
}

// A column is one of the bits of a byte.
const _: () = assert!(COLUMNS <= 8);
