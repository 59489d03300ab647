use fleet_core::{EventTime, Offset};

/// Bits for the rows of one microsecond.
const TIE_BITS: u32 = 18;

/// How many rows of one microsecond are told apart. Our choice: a fleet of a quarter of a million whose clocks are exact.
pub(super) const MAX_TIES: u64 = 1 << TIE_BITS;

/// The longest history, microseconds: what is left of an offset. More than two years.
pub(super) const MAX_SPAN: u64 = 1 << (u64::BITS - TIE_BITS);

/// Where a row lies in a history: its time, and how many rows of that microsecond come before it.
///
/// The offset is made of both, counted from the history's beginning, so that neither rows that are dropped with age nor
/// rows that come in at other times move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: EventTime,
    pub(super) tie: u64,
}

impl Place {
    pub(super) fn offset(self, from: EventTime) -> Offset {
        let since = self.at.as_micros().saturating_sub(from.as_micros());
        let since = u64::try_from(since).unwrap_or(0);
        Offset((since << TIE_BITS) | self.tie)
    }

    pub(super) fn of(offset: Offset, from: EventTime) -> Self {
        let since = i64::try_from(offset.0 >> TIE_BITS).unwrap_or(i64::MAX);
        Self {
            at: EventTime::from_micros(from.as_micros().saturating_add(since)),
            tie: offset.0 & (MAX_TIES - 1),
        }
    }

    /// The place of the next row, which has this time.
    pub(super) fn next(self, at: EventTime) -> Self {
        let tie = if at == self.at { self.tie + 1 } else { 0 };
        Self { at, tie }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_grow_with_places_and_are_read_back() {
        let from = EventTime::from_micros(1_700_000_000_000_000);
        let at = |micros: i64| EventTime::from_micros(from.as_micros() + micros);
        let places = [
            (0, 0),
            (0, 1),
            (0, MAX_TIES - 1),
            (1, 0),
            (86_400_000_000, 7),
        ];
        let places = places.map(|(micros, tie)| Place {
            at: at(micros),
            tie,
        });
        let offsets = places.map(|place| place.offset(from));
        assert!(offsets.is_sorted_by(|a, b| a < b));
        assert_eq!(offsets.map(|offset| Place::of(offset, from)), places);
    }
}
