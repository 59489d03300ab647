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
}
