use crate::{
    contracts::checkpoint::{DeadLetter, Saved},
    data::{
        Offset, State,
        state::{put_length, take_length},
    },
    planted::{Bug, planted},
    rows::Events,
};

/// The number under which a snapshot says that it is older than its position: past those of all nodes.
const REPLAY_NODE: u16 = u16::MAX - 2;

/// The form of that entry.
const LAYOUT: u8 = 1;

/// How many dead letters a replay may have to leave out, before a snapshot is taken for their sake. Our
/// choice: every commit writes their offsets, and these are 32 KiB.
const MOST_SKIPPED: usize = 4_096;

/// What of a commit is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Position, results, counts, and the state of every key that changed.
    State,
    /// All but the state: a restart computes it again from the last snapshot.
    Position,
}

/// Where the last snapshot of a partition stands, and what a replay from there has to leave out.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    /// None before the first.
    at: Option<Offset>,
    /// Records behind it that became dead letters: state must not see them though they may be readable now.
    dead: Vec<Offset>,
    /// The store has an entry that says so.
    is_noted: bool,
}

/// Records that are computed again for the sake of the state: their results are committed.
#[derive(Debug)]
pub(super) struct Replay {
    from: Offset,
    upto: Offset,
    /// Sorted.
    dead: Vec<Offset>,
}

/// Whether this entry of a snapshot is about the snapshot itself.
pub(super) fn is_of_replay(saved: &Saved) -> bool {
    saved.node == REPLAY_NODE
}

impl Snapshot {
    /// A snapshot at the position itself.
    pub(super) fn at(position: Option<Offset>) -> Self {
        Self {
            at: position,
            ..Self::default()
        }
    }

    /// Takes back where the snapshot stands; `None` when it cannot be read.
    pub(super) fn restore(saved: &Saved) -> Option<Self> {
        let from = &mut saved.bytes.as_deref()?;
        if u8::decode(0, from)? != LAYOUT {
            return None;
        }
        let at = Some(Offset(u64::decode(0, from)?));
        let mut dead = Vec::new();
        for _ in 0..take_length(from)? {
            dead.push(Offset(u64::decode(0, from)?));
        }
        let is_noted = true;
        from.is_empty().then_some(Self { at, dead, is_noted })
    }

    /// Where it stands; `None` before the first.
    pub(super) fn position(&self) -> Option<Offset> {
        self.at
    }

    /// Whether it stands before the position.
    pub(super) fn is_behind(&self) -> bool {
        self.is_noted
    }

    /// What is to be computed again before new records count.
    pub(super) fn replay(&self, position: Offset) -> Option<Replay> {
        let from = self.at.filter(|at| *at < position)?;
        let mut dead = self.dead.clone();
        dead.sort_unstable();
        Some(Replay {
            from,
            upto: position,
            dead,
        })
    }

    /// What the next commit writes: the state, too, where a replay would be impossible or dear without it.
    pub(super) fn choose(&self, wanted: Written, dead: &[DeadLetter]) -> Written {
        if self.at.is_none() || self.dead.len() + dead.len() > MOST_SKIPPED {
            Written::State
        } else {
            wanted
        }
    }

    /// The commit at `position` has this form: adds what a restart has to know.
    pub(super) fn note(
        &mut self,
        keep: Written,
        position: Offset,
        dead: &[DeadLetter],
        to: &mut Vec<Saved>,
    ) {
        let mut entry = |bytes| {
            to.push(Saved {
                node: REPLAY_NODE,
                key: "".into(),
                version: 0,
                bytes,
            });
        };
        match keep {
            Written::State => {
                if self.is_noted {
                    entry(None);
                }
                *self = Self::at(Some(position));
            }
            Written::Position => {
                self.dead.extend(dead.iter().map(|letter| letter.offset));
                self.is_noted = true;
                entry(Some(self.encode()));
            }
        }
    }

    /// # Layout
    /// `layout u8 · offset u64 · dead: count u32, offset u64 each`
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        LAYOUT.encode(&mut bytes);
        self.at.unwrap_or_default().0.encode(&mut bytes);
        put_length(self.dead.len(), &mut bytes);
        for offset in &self.dead {
            offset.0.encode(&mut bytes);
        }
        bytes
    }
}

impl Replay {
    /// Where to read from.
    pub(super) fn from(&self) -> Offset {
        self.from
    }

    /// The first record that is new.
    pub(super) fn upto(&self) -> Offset {
        self.upto
    }

    /// Whether it is one of the dead letters that are left out.
    pub(super) fn leaves_out(&self, record: Offset) -> bool {
        record < self.upto && self.dead.binary_search(&record).is_ok()
    }

    /// Takes out of decoded events those that are computed again, without the dead letters.
    pub(super) fn take<E>(&self, events: &mut Events<E>) -> Events<E> {
        let whole = planted(Bug::ReplayTakesWholeBatches);
        let upto = if whole { Offset(u64::MAX) } else { self.upto };
        let mut again = events.take_before(upto);
        if !self.dead.is_empty() {
            again.retain(|at| self.dead.binary_search(&at).is_err());
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dead(offset: u64) -> DeadLetter {
        DeadLetter {
            offset: Offset(offset),
            stage: "decode".into(),
            reason: String::new(),
            raw: Vec::new(),
            length: 0,
        }
    }

    #[test]
    fn a_snapshot_behind_its_position_survives_a_restart_and_a_whole_one_needs_no_note() {
        let (mut snapshot, mut saved) = (Snapshot::at(Some(Offset(10))), Vec::new());
        snapshot.note(Written::Position, Offset(20), &[dead(17)], &mut saved);
        snapshot.note(
            Written::Position,
            Offset(30),
            &[dead(12), dead(25)],
            &mut saved,
        );
        let restored = Snapshot::restore(&saved[1]).unwrap();
        let replay = restored.replay(Offset(30)).unwrap();
        assert_eq!((replay.from(), replay.upto()), (Offset(10), Offset(30)));
        let of = |events: &Events<u64>| events.iter().map(|(_, at)| *at).collect::<Vec<_>>();
        let mut events = [9, 12, 17, 20, 25, 29, 30, 31]
            .map(|at| (Offset(at), at))
            .into_iter()
            .collect();
        assert_eq!(of(&replay.take(&mut events)), [9, 20, 29]);
        assert_eq!(of(&events), [30, 31]);

        saved.clear();
        snapshot.note(Written::State, Offset(40), &[], &mut saved);
        assert_eq!(
            (saved.len(), &saved[0].bytes),
            (1, &None),
            "the note is gone"
        );
        assert!(snapshot.replay(Offset(40)).is_none());
        saved.clear();
        snapshot.note(Written::State, Offset(50), &[], &mut saved);
        assert!(saved.is_empty());
    }

    #[test]
    fn a_damaged_note_is_refused() {
        let (mut snapshot, mut saved) = (Snapshot::at(Some(Offset(10))), Vec::new());
        snapshot.note(Written::Position, Offset(20), &[dead(17)], &mut saved);
        let bytes = saved[0].bytes.take().unwrap();
        for end in 0..bytes.len() {
            saved[0].bytes = Some(bytes[..end].to_vec());
            assert!(Snapshot::restore(&saved[0]).is_none(), "{end} bytes");
        }
        saved[0].bytes = Some([bytes, vec![0]].concat());
        assert!(Snapshot::restore(&saved[0]).is_none());
    }

    #[test]
    fn a_snapshot_is_taken_when_there_is_none_and_when_too_much_would_be_skipped() {
        assert_eq!(
            Snapshot::at(None).choose(Written::Position, &[]),
            Written::State
        );
        let (mut snapshot, many) = (Snapshot::at(Some(Offset(0))), vec![dead(1); MOST_SKIPPED]);
        assert_eq!(snapshot.choose(Written::Position, &many), Written::Position);
        snapshot.note(Written::Position, Offset(2), &many, &mut Vec::new());
        assert_eq!(snapshot.choose(Written::Position, &[]), Written::Position);
        assert_eq!(
            snapshot.choose(Written::Position, &[dead(2)]),
            Written::State
        );
    }
}
