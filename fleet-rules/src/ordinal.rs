//! Ordinals of alerts that share an event time.

use fleet_core::{EventTime, State};

/// Numbers the alerts that one vehicle raises at the same event time, so that their ids differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ordinals {
    at: EventTime,
    opened: u32,
}

impl Ordinals {
    pub(crate) const NONE: Self = Self {
        at: EventTime::BEFORE_ALL,
        opened: 0,
    };

    /// The number of the next alert raised at `now`, from 0.
    pub(crate) fn next(&mut self, now: EventTime) -> u64 {
        if self.at != now {
            (self.at, self.opened) = (now, 0);
        }
        let ordinal = self.opened;
        self.opened = self.opened.saturating_add(1);
        u64::from(ordinal)
    }
}

/// The compact form of newer states.
impl Ordinals {
    /// In [`encode_short`](Self::encode_short), the byte before a number of four bytes.
    const LONG: u8 = u8::MAX;

    /// # Layout
    /// `opened u8, or 255 and u32 · at i64, unless opened is 0`
    pub(crate) fn encode_short(&self, to: &mut Vec<u8>) {
        match u8::try_from(self.opened) {
            Ok(opened) if opened < Self::LONG => opened.encode(to),
            _ => {
                Self::LONG.encode(to);
                self.opened.encode(to);
            }
        }
        if self.opened > 0 {
            self.at.encode(to);
        }
    }

    pub(crate) fn decode_short(from: &mut &[u8]) -> Option<Self> {
        let opened = match u8::decode(0, from)? {
            Self::LONG => u32::decode(0, from)?,
            opened => opened.into(),
        };
        if opened == 0 {
            return Some(Self::NONE);
        }
        let at = EventTime::decode(0, from)?;
        Some(Self { at, opened })
    }
}

/// # Layout
/// `at i64 · opened u32`
impl State for Ordinals {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.at.encode(to);
        self.opened.encode(to);
    }
    fn decode(_: u16, from: &mut &[u8]) -> Option<Self> {
        let at = EventTime::decode(0, from)?;
        Some(Self {
            at,
            opened: u32::decode(0, from)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_of_one_time_are_numbered_from_0() {
        let at = EventTime::from_micros;
        let mut ordinals = Ordinals::NONE;
        let mut next = |time| ordinals.next(at(time));
        let numbers = [next(5), next(5), next(5), next(6), next(6), next(7)];
        assert_eq!(numbers, [0, 1, 2, 0, 1, 0]);
    }

    #[test]
    fn the_compact_form_takes_1_or_9_bytes_for_few_alerts_and_13_for_many() {
        let at = EventTime::from_micros(1_700_000_000_000_000);
        for (opened, length) in [(0, 1), (1, 9), (254, 9), (255, 13), (u32::MAX, 13)] {
            let at = if opened == 0 { Ordinals::NONE.at } else { at };
            let (ordinals, mut bytes) = (Ordinals { at, opened }, Vec::new());
            ordinals.encode_short(&mut bytes);
            assert_eq!(bytes.len(), length);
            let rest = &mut bytes.as_slice();
            assert_eq!(Ordinals::decode_short(rest), Some(ordinals));
            assert!(rest.is_empty());
            for cut in 0..length {
                assert_eq!(Ordinals::decode_short(&mut &bytes[..cut]), None);
            }
        }
    }
}
