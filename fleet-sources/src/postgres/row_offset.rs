//! The position of a row within a history, and its encoding as an offset.

use fleet_core::{EventTime, Offset};

/// The bits of an offset that count rows of one microsecond.
const TIE_BITS: u32 = 18;

/// How many rows of one microsecond have distinct offsets. Our choice: enough for a fleet of
/// 260,000 vehicles that all report at the same microsecond.
pub(super) const MAX_TIES: u64 = 1 << TIE_BITS;

/// The longest history, microseconds: what the other bits of an offset can count, 814 days.
pub(super) const MAX_SPAN: u64 = 1 << (u64::BITS - TIE_BITS);

/// The time of a row, and the number of rows of the same microsecond before it.
///
/// Its offset counts from the beginning of the history. Rows that expire from the table, or that
/// arrive at other times, therefore do not shift the offsets of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowOffset {
    pub(super) at: EventTime,
    pub(super) tie: u64,
}

impl RowOffset {
    pub(super) fn encode(self, from: EventTime) -> Offset {
        let since = self.at.as_micros().saturating_sub(from.as_micros());
        let since = u64::try_from(since).unwrap_or(0);
        Offset((since << TIE_BITS) | self.tie)
    }

    pub(super) fn decode(offset: Offset, from: EventTime) -> Self {
        let since = i64::try_from(offset.0 >> TIE_BITS).unwrap_or(i64::MAX);
        Self {
            at: EventTime::from_micros(from.as_micros().saturating_add(since)),
            tie: offset.0 & (MAX_TIES - 1),
        }
    }

    /// The offset of the next row, which has this time.
    pub(super) fn next(self, at: EventTime) -> Self {
        let tie = if at == self.at { self.tie + 1 } else { 0 };
        Self { at, tie }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_grow_with_rows_and_decode_to_the_same_rows() {
        let from = EventTime::from_micros(1_700_000_000_000_000);
        let at = |micros: i64| EventTime::from_micros(from.as_micros() + micros);
        let rows = [
            (0, 0),
            (0, 1),
            (0, MAX_TIES - 1),
            (1, 0),
            (86_400_000_000, 7),
        ];
        let rows = rows.map(|(micros, tie)| RowOffset {
            at: at(micros),
            tie,
        });
        let offsets = rows.map(|row| row.encode(from));
        assert!(offsets.is_sorted_by(|a, b| a < b));
        assert_eq!(offsets.map(|offset| RowOffset::decode(offset, from)), rows);
    }
}
