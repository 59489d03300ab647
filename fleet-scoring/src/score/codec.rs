//! The encoding of evidence in saved state.

use fleet_core::{
    ContentId, EventTime, State,
    state::{put_length, take_length},
};

use super::{
    Cause, Evidence, Exposure, ScoreSums, ScoredEvent,
    event::{Conditions, SEVERITIES},
    evidence::Known,
    sums::CauseSums,
};

/// # Layout
/// `trips · unmeasured · driven · causes: bits of those with sums u16, then watched · severities ·
/// conditions · impulse each`; whole numbers are in groups of seven bits, the lowest first.
impl State for ScoreSums {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        put(self.trips, to);
        put(self.unmeasured, to);
        put_exposure(self.driven, to);
        let used = self.causes.iter().zip(0_u16..);
        let bits = used.filter(|(sums, _)| **sums != CauseSums::default());
        bits.fold(0_u16, |bits, (_, place)| bits | 1 << place)
            .encode(to);
        for sums in self
            .causes
            .iter()
            .filter(|sums| **sums != CauseSums::default())
        {
            put_exposure(sums.watched, to);
            for tally in &sums.by_severity {
                put(tally.count, to);
                put_exposure(tally.extent, to);
            }
            for count in sums.by_conditions {
                put(count, to);
            }
            put(sums.impulse_mgs, to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        let mut all = Self {
            trips: take(from)?,
            unmeasured: take(from)?,
            driven: take_exposure(from)?,
            ..Self::default()
        };
        let bits = u16::decode(0, from)?;
        for (sums, place) in all.causes.iter_mut().zip(0_u16..) {
            if bits & 1 << place == 0 {
                continue;
            }
            sums.watched = take_exposure(from)?;
            for tally in &mut sums.by_severity {
                tally.count = take(from)?;
                tally.extent = take_exposure(from)?;
            }
            for count in &mut sums.by_conditions {
                *count = take(from)?;
            }
            sums.impulse_mgs = take(from)?;
        }
        Some(all)
    }
}

// A cause is one of the bits, and its place one byte.
const _: () = assert!(Cause::COUNT <= 16);

/// # Layout
/// `sums · events: count u32, then each, sorted by start and id`
impl State for Evidence {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.sums.encode(to);
        put_length(self.events.len(), to);
        for known in self.sorted() {
            put_event(&known, to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let mut evidence = Self {
            sums: Box::new(ScoreSums::decode(version, from)?),
            ..Self::default()
        };
        for _ in 0..take_length(from)? {
            let known = take_event(from)?;
            evidence.events.insert(known.event.id, known);
        }
        Some(evidence)
    }
}

const DISPUTED: u8 = 1;
const EXCUSED: u8 = 2;
const NIGHT: u8 = 4;
const RAIN: u8 = 8;

fn put_event(known: &Known, to: &mut Vec<u8>) {
    let event = &known.event;
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    event.id.0.encode(to);
    put(event.cause.index() as u64, to);
    put(event.severity_index() as u64, to);
    event.start.encode(to);
    event.end.encode(to);
    put(event.distance_um, to);
    put(event.impulse_mgs, to);
    let flags = flag(known.disputed, DISPUTED)
        | flag(event.excused, EXCUSED)
        | flag(event.conditions.night, NIGHT)
        | flag(event.conditions.rain, RAIN);
    flags.encode(to);
}

fn take_event(from: &mut &[u8]) -> Option<Known> {
    let id = ContentId(u128::decode(0, from)?);
    let cause = *Cause::ALL.get(usize::try_from(take(from)?).ok()?)?;
    let severity = *SEVERITIES.get(usize::try_from(take(from)?).ok()?)?;
    let start = EventTime::decode(0, from)?;
    let end = EventTime::decode(0, from)?;
    let (distance_um, impulse_mgs) = (take(from)?, take(from)?);
    let flags = u8::decode(0, from)?;
    let has = |flag: u8| flags & flag != 0;
    let event = ScoredEvent {
        id,
        cause,
        severity,
        start,
        end,
        distance_um,
        impulse_mgs,
        conditions: Conditions {
            night: has(NIGHT),
            rain: has(RAIN),
        },
        excused: has(EXCUSED),
    };
    let disputed = has(DISPUTED);
    Some(Known { event, disputed })
}

fn put_exposure(exposure: Exposure, to: &mut Vec<u8>) {
    put(exposure.distance_um, to);
    put(exposure.driving_us, to);
}

fn take_exposure(from: &mut &[u8]) -> Option<Exposure> {
    Some(Exposure {
        distance_um: take(from)?,
        driving_us: take(from)?,
    })
}

/// Seven bits in a byte; the eighth says that more follow.
const MORE: u8 = 0x80;

pub(crate) fn put(mut number: u64, to: &mut Vec<u8>) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            to.push(low & !MORE);
            return;
        }
        to.push(low | MORE);
    }
}

pub(crate) fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = u8::decode(0, from)?;
        number |= u64::from(byte & !MORE) << shift;
        if byte & MORE == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_back_and_a_cut_one_is_not() {
        for number in [
            0,
            1,
            127,
            128,
            16_383,
            16_384,
            1 << 40,
            u64::MAX - 1,
            u64::MAX,
        ] {
            let mut bytes = Vec::new();
            put(number, &mut bytes);
            assert_eq!(take(&mut bytes.as_slice()), Some(number));
            bytes.pop();
            assert_eq!(take(&mut bytes.as_slice()), None);
        }
    }
}
