use std::{
    cmp::Ordering,
    collections::{BTreeMap, VecDeque},
};

use crate::{
    data::{
        EventTime, Offset, State,
        state::{put_length, take_length},
    },
    event::Event,
    planted::{Bug, planted},
    rows::{KeyId, Place, Row, Slab},
};

/// The rows of one key that wait for its clock; they lie in the slab of the task.
///
/// Rows that come in order, nearly all, go to the back of a queue; the few that do not, into a tree. So a
/// row costs a push in the common case and a logarithm in the worst, whatever the disorder.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) newest: EventTime,
    in_order: VecDeque<Held>,
    /// None until there is the first: most keys never have one.
    stragglers: Option<Box<Stragglers>>,
    left: Left,
    /// Changed since the last seal.
    pub(super) dirty: bool,
    /// The last pass in which its clock moved.
    pub(super) moved_in: u64,
}

/// With a bound of 0: the rows that left at the clock or ahead of it.
#[derive(Debug)]
enum Left {
    None,
    /// One of the newest time, of this identity.
    One(u64),
    #[expect(
        clippy::box_collection,
        reason = "few keys have it, and each pays for its room"
    )]
    /// By time and identity, in order. Keys whose rows share times stay here, so that no event allocates.
    Many(Box<Vec<(EventTime, u64)>>),
}

/// By time and identity.
type Stragglers = BTreeMap<(EventTime, u64), Place>;

#[derive(Clone, Copy, Debug)]
struct Held {
    at: EventTime,
    place: Place,
}

impl Held {
    /// Rows of one time are told apart by content; few rows share a time, so few contents are hashed.
    fn cmp<E: Event>(&self, slab: &Slab<E>, at: EventTime, identity: u64) -> Ordering {
        self.at.cmp(&at).then_with(|| {
            let own = slab.get(self.place).map_or(0, tie);
            own.cmp(&identity)
        })
    }
}

/// What breaks a tie of one key's time.
fn tie<E: Event>(row: &Row<E>) -> u64 {
    if planted(Bug::TieByOffset) {
        row.offset.0
    } else {
        row.value.identity()
    }
}

/// The form of a wait in a snapshot, before the events' own. Before 2 the clock was always the newest time
/// minus the bound, and all rows that left were at the newest time.
const LAYOUT: u8 = 2;

/// Whether a row was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    Duplicate,
}

impl Default for Wait {
    fn default() -> Self {
        Self {
            newest: EventTime::BEFORE_ALL,
            in_order: VecDeque::new(),
            stragglers: None,
            left: Left::None,
            dirty: false,
            moved_in: 0,
        }
    }
}

impl Wait {
    /// Keeps the row until [`release`](Self::release).
    #[inline]
    pub(super) fn hold<E: Event>(&mut self, at: EventTime, place: Place, slab: &Slab<E>) -> Taken {
        let held = Held { at, place };
        let back = self.in_order.back();
        if back.is_none_or(|back| back.at < held.at) && self.stragglers.is_none() {
            self.in_order.push_back(held);
            return Taken::Yes;
        }
        self.hold_late(held, slab)
    }

    /// As [`hold`](Self::hold), of a row that is not newer than all that wait.
    #[inline(never)]
    fn hold_late<E: Event>(&mut self, held: Held, slab: &Slab<E>) -> Taken {
        let at = held.at;
        let identity = slab.get(held.place).map_or(0, tie);
        let found = self
            .in_order
            .binary_search_by(|other| other.cmp(slab, at, identity));
        if found.is_ok() && !planted(Bug::DedupeHorizonTooShort) {
            return Taken::Duplicate;
        }
        let stragglers = self.stragglers.as_ref();
        if stragglers.is_some_and(|others| others.contains_key(&(at, identity))) {
            return Taken::Duplicate;
        }
        let back = self.in_order.back();
        if back.is_none_or(|back| back.cmp(slab, at, identity).is_lt()) {
            self.in_order.push_back(held);
        } else {
            let stragglers = self.stragglers.get_or_insert_default();
            stragglers.insert((at, identity), held.place);
        }
        Taken::Yes
    }

    /// Where the rows lie.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> {
        let queued = self.in_order.iter().map(|held| held.place);
        queued.chain(self.straggling())
    }

    fn straggling(&self) -> impl Iterator<Item = Place> {
        self.stragglers
            .iter()
            .flat_map(|rows| rows.values().copied())
    }

    /// Whether no row waits.
    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty() && self.stragglers.is_none()
    }

    /// Notes a row that leaves at once, which only a bound of 0 allows, where the clock goes to it from `newest` or
    /// before: no other that left may still have a duplicate.
    #[inline]
    pub(super) fn pass_newest(&mut self, at: EventTime, identity: u64) {
        self.newest = at;
        match &mut self.left {
            Left::Many(rows) => {
                rows.clear();
                rows.push((at, identity));
            }
            one => *one = Left::One(identity),
        }
    }

    /// Notes any row that leaves at once; `clock` is the one after it.
    #[inline(never)]
    pub(super) fn pass(&mut self, at: EventTime, clock: EventTime, identity: u64) -> Taken {
        let row = (at, identity);
        if self.left_rows().eq([row]) {
            return Taken::Duplicate;
        }
        let mut rows = match std::mem::replace(&mut self.left, Left::None) {
            Left::None => Box::default(),
            Left::One(identity) => Box::new(vec![(self.newest, identity)]),
            Left::Many(rows) => rows,
        };
        if at > self.newest {
            rows.retain(|(left, _)| *left >= clock);
        }
        let place = rows.binary_search(&row);
        if let Err(place) = place {
            rows.insert(place, row);
        }
        self.left = Left::Many(rows);
        self.newest = self.newest.max(at);
        place.map_or(Taken::Yes, |_| Taken::Duplicate)
    }

    /// The rows that left and may still have duplicates, by time and identity.
    fn left_rows(&self) -> impl Iterator<Item = (EventTime, u64)> {
        let (one, many) = match &self.left {
            Left::None => (None, &[][..]),
            Left::One(identity) => (Some((self.newest, *identity)), &[][..]),
            Left::Many(rows) => (None, rows.as_slice()),
        };
        one.into_iter().chain(many.iter().copied())
    }

    /// Gives the rows before `clock`, in the order of (time, content).
    #[inline]
    pub(super) fn release<E: Event>(&mut self, clock: EventTime, slab: &mut Slab<E>) {
        if self.stragglers.is_some() {
            return self.release_mixed(clock, slab);
        }
        while let Some(held) = self.in_order.front().filter(|held| is_due(held.at, clock)) {
            slab.release(held.place);
            self.in_order.pop_front();
        }
    }

    /// As [`release`](Self::release), of a queue and a tree.
    #[inline(never)]
    fn release_mixed<E: Event>(&mut self, clock: EventTime, slab: &mut Slab<E>) {
        let mut stragglers = self.stragglers.take().unwrap_or_default();
        loop {
            let queued = self.in_order.front().filter(|held| is_due(held.at, clock));
            let straggler = stragglers
                .first_key_value()
                .filter(|((at, _), _)| is_due(*at, clock));
            let from_queue = match (queued, straggler) {
                (None, None) => break,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some(held), Some(((at, identity), _))) => held.cmp(slab, *at, *identity).is_lt(),
            };
            let next = if from_queue {
                self.in_order.pop_front().map(|held| held.place)
            } else {
                stragglers.pop_first().map(|(_, place)| place)
            };
            if let Some(place) = next {
                slab.release(place);
            }
        }
        self.stragglers = Some(stragglers).filter(|rows| !rows.is_empty());
    }

    /// # Layout
    /// `layout u8 · newest i64 · clock i64 · left: count u32, then time i64 and identity u64 each · rows: count
    /// u32, then offset u64 and the event each`
    pub(super) fn encode<E: Event>(&self, clock: EventTime, slab: &Slab<E>, to: &mut Vec<u8>) {
        LAYOUT.encode(to);
        self.newest.encode(to);
        clock.encode(to);
        put_length(self.left_rows().count(), to);
        for (at, identity) in self.left_rows() {
            at.encode(to);
            identity.encode(to);
        }
        if planted(Bug::BufferNotInSnapshot) {
            return put_length(0, to);
        }
        put_length(self.places().count(), to);
        for place in self.places() {
            if let Some(row) = slab.get(place) {
                row.offset.0.encode(to);
                row.value.encode(to);
            }
        }
    }

    /// The wait and its clock, as [`encode`](Self::encode) appended them; its rows are those of this key.
    pub(super) fn decode<E: Event>(
        version: u16,
        (key, bound): (KeyId, i64),
        slab: &mut Slab<E>,
        from: &mut &[u8],
    ) -> Option<(Self, EventTime)> {
        let layout = u8::decode(0, from)?;
        if !(1..=LAYOUT).contains(&layout) {
            return None;
        }
        let newest = EventTime::decode(0, from)?;
        let mut wait = Self {
            newest,
            ..Self::default()
        };
        let is_old = layout == 1;
        let clock = if is_old {
            newest.before_by(bound)
        } else {
            EventTime::decode(0, from)?
        };
        let mut left = Vec::new();
        for _ in 0..take_length(from)? {
            let at = if is_old {
                newest
            } else {
                EventTime::decode(0, from)?
            };
            left.push((at, u64::decode(0, from)?));
        }
        wait.left = match left.as_slice() {
            [] => Left::None,
            [(at, identity)] if *at == newest && bound == 0 => Left::One(*identity),
            _ => Left::Many(Box::new(left)),
        };
        for _ in 0..take_length(from)? {
            let offset = Offset(u64::decode(0, from)?);
            let place = slab.put(offset, E::decode(version, from)?);
            let row = slab.get_mut(place)?;
            let at = row.value.at();
            (row.key, row.at) = (key, at);
            wait.hold(at, place, slab);
        }
        from.is_empty().then_some((wait, clock))
    }
}

/// Whether a clock has passed this time: at it, a tie may still come.
#[inline]
fn is_due(at: EventTime, clock: EventTime) -> bool {
    at < clock || planted(Bug::ReleaseAtClock) && at == clock
}
