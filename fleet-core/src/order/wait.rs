use std::{
    cmp::Ordering,
    collections::{BTreeMap, VecDeque, btree_map},
    time::Duration,
};

use smallvec::SmallVec;

use crate::{
    EventTime, Offset, State,
    event::Event,
    planted::{Bug, planted},
    state::{put_length, take_length},
};

/// The rows of one key that wait for its clock.
///
/// Rows that come in order, nearly all, go to the back of a queue; the few that do not, into a tree. So a
/// row costs a push in the common case and a logarithm in the worst, whatever the disorder.
#[derive(Debug)]
pub(super) struct Wait<E> {
    pub(super) newest: EventTime,
    in_order: VecDeque<Held<E>>,
    stragglers: BTreeMap<(EventTime, u64), (Offset, E)>,
    /// With a bound of 0: the rows that left at the clock or ahead of it, by time and identity.
    left: SmallVec<[(EventTime, u64); 1]>,
    /// Changed since the last seal.
    pub(super) dirty: bool,
    /// Changed since the last release.
    pub(super) moved: bool,
}

#[derive(Debug)]
struct Held<E> {
    at: EventTime,
    offset: Offset,
    event: E,
}

impl<E: Event> Held<E> {
    /// Rows of one time are told apart by content; few rows share a time, so few contents are hashed.
    fn cmp(&self, at: EventTime, identity: &impl Fn() -> u64) -> Ordering {
        self.at
            .cmp(&at)
            .then_with(|| tie(self.event.identity(), self.offset).cmp(&identity()))
    }
}

/// What breaks a tie of one key's time.
fn tie(identity: u64, offset: Offset) -> u64 {
    if planted(Bug::TieByOffset) {
        offset.0
    } else {
        identity
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

impl<E> Default for Wait<E> {
    fn default() -> Self {
        Self {
            newest: EventTime::BEFORE_ALL,
            in_order: VecDeque::new(),
            stragglers: BTreeMap::new(),
            left: SmallVec::new(),
            dirty: false,
            moved: false,
        }
    }
}

impl<E: Event> Wait<E> {
    /// Keeps the row until [`release`](Self::release).
    pub(super) fn hold(&mut self, at: EventTime, offset: Offset, event: E) -> Taken {
        let back = self.in_order.back();
        if back.is_none_or(|back| back.at < at) && self.stragglers.is_empty() {
            self.in_order.push_back(Held { at, offset, event });
            return Taken::Yes;
        }
        let identity = tie(event.identity(), offset);
        let known = self
            .in_order
            .binary_search_by(|held| held.cmp(at, &|| identity))
            .is_ok();
        if known && !planted(Bug::DedupeHorizonTooShort) {
            return Taken::Duplicate;
        }
        let btree_map::Entry::Vacant(place) = self.stragglers.entry((at, identity)) else {
            return Taken::Duplicate;
        };
        if self
            .in_order
            .back()
            .is_none_or(|back| back.cmp(at, &|| identity).is_lt())
        {
            self.in_order.push_back(Held { at, offset, event });
        } else {
            place.insert((offset, event));
        }
        Taken::Yes
    }

    /// Whether no row waits.
    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty() && self.stragglers.is_empty()
    }

    /// Notes a row that leaves at once, which only a bound of 0 allows; `clock` is the one after it.
    pub(super) fn pass(&mut self, at: EventTime, clock: EventTime, event: &E) -> Taken {
        if at > self.newest {
            self.left.retain(|(left, _)| *left >= clock);
        }
        let row = (at, event.identity());
        match self.left.binary_search(&row) {
            Ok(_) => Taken::Duplicate,
            Err(place) => {
                self.left.insert(place, row);
                Taken::Yes
            }
        }
    }

    /// Gives the rows before `clock`, in the order of (time, content).
    pub(super) fn release(&mut self, clock: EventTime, mut give: impl FnMut(EventTime, Offset, E)) {
        let due = |at: EventTime| at < clock || planted(Bug::ReleaseAtClock) && at == clock;
        loop {
            let queued = self.in_order.front().filter(|held| due(held.at));
            let straggler = self
                .stragglers
                .first_key_value()
                .filter(|((at, _), _)| due(*at));
            let from_queue = match (queued, straggler) {
                (None, None) => return,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (Some(held), Some(((at, identity), _))) => held.cmp(*at, &|| *identity).is_lt(),
            };
            if from_queue {
                if let Some(held) = self.in_order.pop_front() {
                    give(held.at, held.offset, held.event);
                }
            } else if let Some(((at, _), (offset, event))) = self.stragglers.pop_first() {
                give(at, offset, event);
            }
        }
    }

    /// # Layout
    /// `layout u8 · newest i64 · clock i64 · left: count u32, then time i64 and identity u64 each · rows: count
    /// u32, then offset u64 and the event each`
    pub(super) fn encode(&self, clock: EventTime, to: &mut Vec<u8>) {
        LAYOUT.encode(to);
        self.newest.encode(to);
        clock.encode(to);
        put_length(self.left.len(), to);
        for (at, identity) in &self.left {
            at.encode(to);
            identity.encode(to);
        }
        if planted(Bug::BufferNotInSnapshot) {
            return put_length(0, to);
        }
        put_length(self.in_order.len() + self.stragglers.len(), to);
        let queued = self.in_order.iter().map(|held| (held.offset, &held.event));
        let stragglers = self
            .stragglers
            .values()
            .map(|(offset, event)| (*offset, event));
        for (offset, event) in queued.chain(stragglers) {
            offset.0.encode(to);
            event.encode(to);
        }
    }

    /// The wait and its clock.
    pub(super) fn decode(
        version: u16,
        bound: Duration,
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
            newest - bound
        } else {
            EventTime::decode(0, from)?
        };
        for _ in 0..take_length(from)? {
            let at = if is_old {
                newest
            } else {
                EventTime::decode(0, from)?
            };
            wait.left.push((at, u64::decode(0, from)?));
        }
        for _ in 0..take_length(from)? {
            let offset = Offset(u64::decode(0, from)?);
            let event = E::decode(version, from)?;
            wait.hold(event.at(), offset, event);
        }
        from.is_empty().then_some((wait, clock))
    }
}
