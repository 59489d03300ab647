//! The waiting rows of one key.

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

/// The rows of one key that wait for its clock. The rows themselves are in the slab of the task.
///
/// Rows that arrive in order, nearly all of them, are appended to a queue; the few others go into a
/// tree. So a row costs a push in the common case and a logarithm in the worst, for any degree of
/// disorder.
#[derive(Debug)]
pub(super) struct WaitingRows {
    pub(super) newest: EventTime,
    in_order: VecDeque<HeldRow>,
    /// `None` until the first one: most keys never have any.
    stragglers: Option<Box<Stragglers>>,
    released: Released,
    /// Whether anything changed since the last seal.
    pub(super) dirty: bool,
    /// The last pass in which the clock moved.
    pub(super) moved_in: u64,
}

/// The rows that were released at the clock. Used only with a bound of 0.
#[derive(Debug)]
enum Released {
    None,
    /// One row of the newest time, with this identity.
    One(u64),
    #[expect(
        clippy::box_collection,
        reason = "few keys have it, and a pointer is smaller than a vector"
    )]
    /// Sorted by time and identity. A key with rows of equal times keeps this variant, so that no
    /// event allocates.
    Many(Box<Vec<(EventTime, u64)>>),
}

/// Places by time and identity.
type Stragglers = BTreeMap<(EventTime, u64), Place>;

#[derive(Clone, Copy, Debug)]
struct HeldRow {
    at: EventTime,
    place: Place,
}

impl HeldRow {
    /// Rows of equal time are compared by content. Few rows share a time, so few contents are
    /// hashed.
    fn cmp<E: Event>(&self, slab: &Slab<E>, at: EventTime, identity: u64) -> Ordering {
        self.at.cmp(&at).then_with(|| {
            let own = slab.get(self.place).map_or(0, tie_breaker);
            own.cmp(&identity)
        })
    }
}

/// The value that orders rows of one key and time.
fn tie_breaker<E: Event>(row: &Row<E>) -> u64 {
    if planted(Bug::TieByOffset) {
        row.offset.0
    } else {
        row.value.identity()
    }
}

/// The layout of the waiting rows in a snapshot, followed by the events' own encoding. Before 2 the
/// clock was always the newest time minus the bound, and all released rows were at the newest time.
const LAYOUT: u8 = 2;

/// Whether a row is new or a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Insertion {
    New,
    Duplicate,
}

impl Default for WaitingRows {
    fn default() -> Self {
        Self {
            newest: EventTime::BEFORE_ALL,
            in_order: VecDeque::new(),
            stragglers: None,
            released: Released::None,
            dirty: false,
            moved_in: 0,
        }
    }
}

impl WaitingRows {
    /// Holds the row until [`release`](Self::release).
    #[inline]
    pub(super) fn hold<E: Event>(
        &mut self,
        at: EventTime,
        place: Place,
        slab: &Slab<E>,
    ) -> Insertion {
        let held = HeldRow { at, place };
        let back = self.in_order.back();
        if back.is_none_or(|back| back.at < held.at) && self.stragglers.is_none() {
            self.in_order.push_back(held);
            return Insertion::New;
        }
        self.hold_out_of_order(held, slab)
    }

    /// Like [`hold`](Self::hold), for a row that is not newer than all waiting rows.
    #[inline(never)]
    fn hold_out_of_order<E: Event>(&mut self, held: HeldRow, slab: &Slab<E>) -> Insertion {
        let at = held.at;
        let identity = slab.get(held.place).map_or(0, tie_breaker);
        let found = self
            .in_order
            .binary_search_by(|other| other.cmp(slab, at, identity));
        if found.is_ok() && !planted(Bug::DedupeHorizonTooShort) {
            return Insertion::Duplicate;
        }
        let stragglers = self.stragglers.as_ref();
        if stragglers.is_some_and(|others| others.contains_key(&(at, identity))) {
            return Insertion::Duplicate;
        }
        let back = self.in_order.back();
        if back.is_none_or(|back| back.cmp(slab, at, identity).is_lt()) {
            self.in_order.push_back(held);
        } else {
            let stragglers = self.stragglers.get_or_insert_default();
            stragglers.insert((at, identity), held.place);
        }
        Insertion::New
    }

    /// The places of the rows.
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
    /// The number of rows.
    pub(super) fn len(&self) -> usize {
        self.in_order.len() + self.stragglers.as_ref().map_or(0, |rows| rows.len())
    }

    /// The time of the oldest row.
    pub(super) fn oldest(&self) -> Option<EventTime> {
        let stragglers = self.stragglers.as_ref();
        let straggler = stragglers.and_then(|rows| rows.first_key_value());
        let straggler = straggler.map(|((at, _), _)| *at);
        let first = self.in_order.front().map(|row| row.at);
        [first, straggler].into_iter().flatten().min()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty() && self.stragglers.is_none()
    }

    /// Records a row that is released immediately (only with a bound of 0) and to which the clock
    /// moves from `newest` or earlier. No other released row can have a duplicate any more.
    #[inline]
    pub(super) fn pass_newest(&mut self, at: EventTime, identity: u64) {
        self.newest = at;
        match &mut self.released {
            Released::Many(rows) => {
                rows.clear();
                rows.push((at, identity));
            }
            one => *one = Released::One(identity),
        }
    }

    /// Records any other row that is released immediately. `clock` is the clock after it.
    #[inline(never)]
    pub(super) fn pass(&mut self, at: EventTime, clock: EventTime, identity: u64) -> Insertion {
        let row = (at, identity);
        if self.released_rows().eq([row]) {
            return Insertion::Duplicate;
        }
        let is_newest = at > self.newest;
        let insertion = self.change_released(|rows| {
            if is_newest {
                rows.retain(|(released, _)| *released >= clock);
            }
            let place = rows.binary_search(&row);
            if let Err(place) = place {
                rows.insert(place, row);
            }
            place.map_or(Insertion::New, |_| Insertion::Duplicate)
        });
        self.newest = self.newest.max(at);
        insertion
    }

    /// Holds a row although the bound is 0, because it is ahead of its log or such a row waits.
    /// `clock` is the clock after it.
    pub(super) fn hold_ahead<E: Event>(
        &mut self,
        (at, identity): (EventTime, u64),
        clock: EventTime,
        place: Place,
        slab: &Slab<E>,
    ) -> Insertion {
        let was_released = self.released_rows().any(|row| row == (at, identity));
        if was_released || self.hold(at, place, slab) == Insertion::Duplicate {
            return Insertion::Duplicate;
        }
        self.change_released(|rows| rows.retain(|(released, _)| *released >= clock));
        self.newest = self.newest.max(at);
        Insertion::New
    }

    /// Releases the rows up to `clock`, and records those that may still have duplicates. Used only
    /// with a bound of 0.
    pub(super) fn release_at<E: Event>(&mut self, clock: EventTime, slab: &mut Slab<E>) {
        let before = slab.released_len();
        // Not `release`: a second caller would keep the compiler from inlining it there.
        self.release_mixed(clock.next(), slab);
        for row in slab.released_from(before).iter() {
            if row.at == clock {
                self.pass(row.at, clock, row.value.identity());
            }
        }
    }

    /// Changes the list of released rows, which is kept as such from now on.
    fn change_released<T>(&mut self, change: impl FnOnce(&mut Vec<(EventTime, u64)>) -> T) -> T {
        let mut rows = match std::mem::replace(&mut self.released, Released::None) {
            Released::None => Box::default(),
            Released::One(identity) => Box::new(vec![(self.newest, identity)]),
            Released::Many(rows) => rows,
        };
        let result = change(&mut rows);
        self.released = Released::Many(rows);
        result
    }

    /// Whether a row of this time was released, the time of the clock. Used only with a bound of 0.
    pub(super) fn has_released_at(&self, clock: EventTime) -> bool {
        self.released_rows().any(|(at, _)| at == clock)
    }

    /// The released rows that may still have duplicates, by time and identity.
    fn released_rows(&self) -> impl Iterator<Item = (EventTime, u64)> {
        let (one, many) = match &self.released {
            Released::None => (None, &[][..]),
            Released::One(identity) => (Some((self.newest, *identity)), &[][..]),
            Released::Many(rows) => (None, rows.as_slice()),
        };
        one.into_iter().chain(many.iter().copied())
    }

    /// Releases the rows before `clock`, ordered by time and content.
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

    /// Like [`release`](Self::release), for a queue and a tree.
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
    /// `layout u8 · newest i64 · clock i64 · released: count u32, then time i64 and identity u64
    /// each · rows: count u32, then offset u64 and the event each`
    pub(super) fn encode<E: Event>(&self, clock: EventTime, slab: &Slab<E>, to: &mut Vec<u8>) {
        LAYOUT.encode(to);
        self.newest.encode(to);
        clock.encode(to);
        put_length(self.released_rows().count(), to);
        for (at, identity) in self.released_rows() {
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

    /// Decodes the waiting rows and the clock that [`encode`](Self::encode) appended. The rows get
    /// this key.
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
        let mut waiting = Self {
            newest,
            ..Self::default()
        };
        let is_old = layout == 1;
        let clock = if is_old {
            newest.before_by(bound)
        } else {
            EventTime::decode(0, from)?
        };
        let mut released = Vec::new();
        for _ in 0..take_length(from)? {
            let at = if is_old {
                newest
            } else {
                EventTime::decode(0, from)?
            };
            released.push((at, u64::decode(0, from)?));
        }
        waiting.released = match released.as_slice() {
            [] => Released::None,
            [(at, identity)] if *at == newest && bound == 0 => Released::One(*identity),
            _ => Released::Many(Box::new(released)),
        };
        for _ in 0..take_length(from)? {
            let offset = Offset(u64::decode(0, from)?);
            let place = slab.put(offset, E::decode(version, from)?);
            let row = slab.get_mut(place)?;
            let at = row.value.at();
            (row.key, row.at) = (key, at);
            waiting.hold(at, place, slab);
        }
        from.is_empty().then_some((waiting, clock))
    }
}

/// Whether the clock has passed this time. At the clock a tie may still arrive.
#[inline]
fn is_due(at: EventTime, clock: EventTime) -> bool {
    at < clock || planted(Bug::ReleaseAtClock) && at == clock
}
