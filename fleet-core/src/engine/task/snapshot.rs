//! The position of the last snapshot, which is behind the committed position if commits are
//! position-only.

use super::{CommitKind, Replay};
use crate::{
    contracts::checkpoint::{DeadLetter, Saved},
    data::{
        Mark, Offset, Position, State,
        state::{put_length, take_length},
    },
    engine::entries,
};

/// The version of the entry without a mark.
const LAYOUT: u8 = 1;
/// The version of the entry with a mark, which follows the dead letters.
const LAYOUT_WITH_MARK: u8 = 2;

/// The most dead letters that a replay may skip; beyond it, a snapshot is taken. Our choice: every
/// commit writes their offsets, and this many take 32 KiB.
const MAX_SKIPPED: usize = 4_096;

/// The position of the last snapshot of a partition, and the records that a replay from there
/// skips.
#[derive(Debug, Default)]
pub(super) struct LastSnapshot {
    /// `None` before the first snapshot.
    at: Option<Position>,
    /// Records after it that became dead letters. A replay must skip them even if they could be
    /// decoded now.
    dead: Vec<Offset>,
    /// Whether the store has an entry for it.
    is_stored: bool,
    /// Its states were saved under a description that the next commit replaces.
    is_outdated: bool,
}

impl LastSnapshot {
    /// Returns a snapshot at the committed position.
    pub(super) fn at(position: Option<Offset>) -> Self {
        Self {
            at: position.map(Position::from),
            ..Self::default()
        }
    }

    /// Sets the source's note at this snapshot.
    pub(super) fn set_mark(&mut self, mark: Option<Mark>) {
        if let Some(at) = &mut self.at {
            at.mark = mark;
        }
    }

    /// Decodes the entry. Returns `None` if it cannot be read.
    pub(super) fn restore(saved: &Saved) -> Option<Self> {
        let from = &mut saved.bytes.as_deref()?;
        let layout = u8::decode(0, from)?;
        if ![LAYOUT, LAYOUT_WITH_MARK].contains(&layout) {
            return None;
        }
        let mut at = Position::from(Offset(u64::decode(0, from)?));
        let mut dead = Vec::new();
        for _ in 0..take_length(from)? {
            dead.push(Offset(u64::decode(0, from)?));
        }
        if layout == LAYOUT_WITH_MARK {
            at.mark = Some(Mark::decode(Mark::VERSION, from)?);
        }
        let is_stored = true;
        from.is_empty().then_some(Self {
            at: Some(at),
            dead,
            is_stored,
            is_outdated: false,
        })
    }

    /// Returns its position, or `None` before the first snapshot.
    pub(super) fn position(&self) -> Option<&Position> {
        self.at.as_ref()
    }

    /// Returns whether it is behind the committed position.
    pub(super) fn is_behind(&self) -> bool {
        self.is_stored
    }

    /// Makes the next commit a snapshot, because it replaces the description of the states.
    pub(super) fn outdate(&mut self) {
        self.is_outdated = true;
    }

    /// Returns the replay that a restart at `position` needs, if any.
    pub(super) fn replay(&self, position: Offset) -> Option<Replay> {
        let at = self.at.as_ref()?;
        if at.next >= position {
            return None;
        }
        let mut dead = self.dead.clone();
        dead.sort_unstable();
        Some(Replay {
            upto: position,
            dead,
        })
    }

    /// Chooses the kind of the next commit: a snapshot if a replay would be impossible or costly
    /// without one, and otherwise as wanted.
    pub(super) fn choose(&self, wanted: CommitKind, dead: &[DeadLetter]) -> CommitKind {
        let skipped = self.dead.len() + dead.len();
        if self.at.is_none() || self.is_outdated || skipped > MAX_SKIPPED {
            CommitKind::Snapshot
        } else {
            wanted
        }
    }

    /// Records a commit of this kind at `position`, and adds the entry that a restart needs.
    pub(super) fn record(
        &mut self,
        kind: CommitKind,
        position: Position,
        dead: &[DeadLetter],
        to: &mut Vec<Saved>,
    ) {
        match kind {
            CommitKind::Snapshot => {
                if self.is_stored {
                    to.push(entries::last_snapshot(None));
                }
                *self = Self {
                    at: Some(position),
                    ..Self::default()
                };
            }
            CommitKind::PositionOnly => {
                self.dead.extend(dead.iter().map(|letter| letter.offset));
                self.is_stored = true;
                to.push(entries::last_snapshot(Some(self.encode())));
            }
        }
    }

    /// # Layout
    /// `layout u8 · offset u64 · dead: count u32, offset u64 each · mark, if there is one`
    fn encode(&self) -> Vec<u8> {
        let (mut bytes, at) = (Vec::new(), self.at.clone().unwrap_or_default());
        let layout = match at.mark {
            Some(_) => LAYOUT_WITH_MARK,
            None => LAYOUT,
        };
        layout.encode(&mut bytes);
        at.next.0.encode(&mut bytes);
        put_length(self.dead.len(), &mut bytes);
        for offset in &self.dead {
            offset.0.encode(&mut bytes);
        }
        if let Some(mark) = &at.mark {
            mark.encode(&mut bytes);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::Events;

    fn dead(offset: u64) -> DeadLetter {
        DeadLetter::new(Offset(offset), "decode", "")
    }

    #[test]
    fn a_snapshot_behind_its_position_survives_a_restart_and_a_whole_one_needs_no_note() {
        let (mut snapshot, mut saved) = (LastSnapshot::at(Some(Offset(10))), Vec::new());
        snapshot.record(
            CommitKind::PositionOnly,
            Offset(20).into(),
            &[dead(17)],
            &mut saved,
        );
        snapshot.record(
            CommitKind::PositionOnly,
            Offset(30).into(),
            &[dead(12), dead(25)],
            &mut saved,
        );
        let restored = LastSnapshot::restore(&saved[1]).unwrap();
        let replay = restored.replay(Offset(30)).unwrap();
        assert_eq!(replay.upto(), Offset(30));
        let of = |events: &Events<u64>| events.iter().map(|(_, at)| *at).collect::<Vec<_>>();
        let mut events = [9, 12, 17, 20, 25, 29, 30, 31]
            .map(|at| (Offset(at), at))
            .into_iter()
            .collect();
        assert_eq!(of(&replay.take(&mut events)), [9, 20, 29]);
        assert_eq!(of(&events), [30, 31]);

        saved.clear();
        snapshot.record(CommitKind::Snapshot, Offset(40).into(), &[], &mut saved);
        assert_eq!(
            (saved.len(), &saved[0].bytes),
            (1, &None),
            "the note is gone"
        );
        assert!(snapshot.replay(Offset(40)).is_none());
        saved.clear();
        snapshot.record(CommitKind::Snapshot, Offset(50).into(), &[], &mut saved);
        assert!(saved.is_empty());
    }

    #[test]
    fn a_damaged_note_is_refused() {
        let (mut snapshot, mut saved) = (LastSnapshot::at(Some(Offset(10))), Vec::new());
        snapshot.record(
            CommitKind::PositionOnly,
            Offset(20).into(),
            &[dead(17)],
            &mut saved,
        );
        let bytes = saved[0].bytes.take().unwrap();
        for end in 0..bytes.len() {
            saved[0].bytes = Some(bytes[..end].to_vec());
            assert!(LastSnapshot::restore(&saved[0]).is_none(), "{end} bytes");
        }
        saved[0].bytes = Some([bytes, vec![0]].concat());
        assert!(LastSnapshot::restore(&saved[0]).is_none());
    }

    #[test]
    fn a_snapshot_is_taken_when_there_is_none_and_when_too_much_would_be_skipped() {
        assert_eq!(
            LastSnapshot::at(None).choose(CommitKind::PositionOnly, &[]),
            CommitKind::Snapshot
        );
        let (mut snapshot, many) = (
            LastSnapshot::at(Some(Offset(0))),
            vec![dead(1); MAX_SKIPPED],
        );
        assert_eq!(
            snapshot.choose(CommitKind::PositionOnly, &many),
            CommitKind::PositionOnly
        );
        snapshot.record(
            CommitKind::PositionOnly,
            Offset(2).into(),
            &many,
            &mut Vec::new(),
        );
        assert_eq!(
            snapshot.choose(CommitKind::PositionOnly, &[]),
            CommitKind::PositionOnly
        );
        assert_eq!(
            snapshot.choose(CommitKind::PositionOnly, &[dead(2)]),
            CommitKind::Snapshot
        );
    }
}
