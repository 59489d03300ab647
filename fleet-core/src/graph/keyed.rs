//! A node with one state per key: the engine's side of [`Operator`].

use std::{sync::Arc, time::Duration};

use super::{
    Slots, Stream,
    node::{Node, Now, Shape},
};
use crate::{
    EventTime, Offset, Operator, State,
    checkpoint::Saved,
    operator::{Cx, Keep, Timers},
    order::Keys,
    planted::{Bug, planted},
    row::{KeyId, Row},
    state::{put_length, take_length},
};

pub(super) struct Keyed<L: Operator> {
    pub(super) name: Arc<str>,
    /// `pipeline/name`: the prefix of content ids.
    pub(super) scope: Arc<str>,
    /// Its number in the graph, from 1.
    pub(super) number: u16,
    pub(super) logic: Arc<L>,
    pub(super) from: Stream<L::In>,
    pub(super) to: Stream<L::Out>,
    /// Belated rows of its stream are events, and it takes them.
    pub(super) revises: bool,
    /// By key number; `None` for a key without state.
    pub(super) cells: Vec<Option<Cell<L::State>>>,
    pub(super) dirty: Vec<KeyId>,
}

/// By key number.
type Cells<S> = [Option<Cell<S>>];

pub(super) struct Cell<S> {
    state: S,
    timers: Timers,
    /// The record that was seen last: results of timers are its results.
    last: Offset,
    dirty: bool,
}

impl<S> Cell<S> {
    fn new(state: S, last: Offset) -> Self {
        Self {
            state,
            timers: Timers::new(),
            last,
            dirty: false,
        }
    }
}

/// The form of a cell in a snapshot, before the operator's own state.
const LAYOUT: u8 = 1;

/// The calls of one operator in one pass, and where their results go.
struct Calls<'a, L: Operator> {
    logic: &'a L,
    scope: &'a str,
    out: &'a mut Vec<Row<L::Out>>,
    dirty: &'a mut Vec<KeyId>,
    lateness: Duration,
}

/// Which timers are due.
#[derive(Clone, Copy)]
enum Due {
    /// Up to this time and at it, because a row of this time follows.
    UpTo(EventTime),
    /// Before this time: all of one time belongs to one pass, rows and timers alike.
    Before(EventTime),
    /// Those that are set now: the input has ended, and no row will come for those that they set.
    AtEnd,
}

impl<L: Operator> Calls<'_, L> {
    /// Fires the timers of one key that are due, in their order.
    fn fire(&mut self, cell: &mut Option<Cell<L::State>>, due: Due, whose: (KeyId, &str)) {
        let logic = self.logic;
        let mut left = match (due, &cell) {
            (Due::AtEnd, Some(live)) => live.timers.len(),
            _ => usize::MAX,
        };
        while let Some(live) = cell {
            let is_due = |at: &EventTime| match due {
                Due::UpTo(time) => *at <= time,
                Due::Before(time) => *at < time,
                Due::AtEnd => left > 0,
            };
            let Some(now) = live.timers.first().copied().filter(is_due) else {
                return;
            };
            left -= 1;
            live.timers.remove(0);
            self.touch(&mut live.dirty, whose.0);
            let mut cx = self.cx(&mut live.timers, whose, now, live.last);
            cx.earliest = now.next();
            if logic.on_timer(&mut live.state, now, &mut cx) == Keep::Nothing {
                *cell = None;
            }
        }
    }

    fn row(&mut self, cell: &mut Option<Cell<L::State>>, row: &Row<L::In>, key: &str) {
        let logic = self.logic;
        let live = cell.get_or_insert_with(|| Cell::new(logic.init(), row.offset));
        self.touch(&mut live.dirty, row.key);
        live.last = row.offset;
        let mut cx = self.cx(&mut live.timers, (row.key, key), row.at, row.offset);
        logic.on_row(&mut live.state, row, &mut cx);
    }

    /// A row before the key's clock.
    fn belated(
        &mut self,
        cell: &mut Option<Cell<L::State>>,
        row: &Row<L::In>,
        (key, clock): (&str, EventTime),
    ) {
        let logic = self.logic;
        let live = cell.get_or_insert_with(|| Cell::new(logic.init(), row.offset));
        self.touch(&mut live.dirty, row.key);
        let mut cx = self.cx(&mut live.timers, (row.key, key), row.at, row.offset);
        cx.earliest = clock;
        logic.on_belated(&mut live.state, row, &mut cx);
    }

    fn touch(&mut self, dirty: &mut bool, id: KeyId) {
        if !std::mem::replace(dirty, true) {
            self.dirty.push(id);
        }
    }

    fn cx<'a>(
        &'a mut self,
        timers: &'a mut Timers,
        (id, key): (KeyId, &'a str),
        now: EventTime,
        offset: Offset,
    ) -> Cx<'a, L::Out> {
        Cx {
            key,
            id,
            now,
            earliest: now,
            lateness: self.lateness,
            offset,
            scope: self.scope,
            timers,
            out: self.out,
        }
    }
}

impl<L: Operator> Keyed<L> {
    /// The calls of one pass, and the cells of all keys.
    fn calls<'a>(
        &'a mut self,
        out: &'a mut Vec<Row<L::Out>>,
        now: &Now<'_>,
    ) -> (Calls<'a, L>, &'a mut Cells<L::State>) {
        if self.cells.len() < now.keys.len() {
            self.cells.resize_with(now.keys.len(), || None);
        }
        let calls = Calls {
            logic: &*self.logic,
            scope: &self.scope,
            out,
            dirty: &mut self.dirty,
            lateness: now.lateness,
        };
        (calls, &mut self.cells)
    }
}

impl<L: Operator> Node for Keyed<L> {
    fn fresh(&self, scope: &str) -> Box<dyn Node> {
        Box::new(Self {
            name: Arc::clone(&self.name),
            scope: format!("{scope}/{}", self.name).into(),
            number: self.number,
            logic: Arc::clone(&self.logic),
            from: self.from,
            to: self.to,
            revises: self.revises,
            cells: Vec::new(),
            dirty: Vec::new(),
        })
    }

    fn run(&mut self, slots: &mut Slots, now: &Now<'_>) {
        let mut out = slots.take(self.to);
        let rows = slots.rows(self.from);
        let (mut calls, cells) = self.calls(&mut out, now);
        for row in rows {
            let Some(cell) = cells.get_mut(row.key.index()) else {
                continue;
            };
            let whose = (row.key, now.keys.name_str(row.key));
            if planted(Bug::TimerAfterRow) {
                calls.row(cell, row, whose.1);
                calls.fire(cell, Due::UpTo(row.at), whose);
                continue;
            }
            calls.fire(cell, Due::UpTo(row.at), whose);
            calls.row(cell, row, whose.1);
        }
        for id in now.moved {
            let Some(cell) = cells.get_mut(id.index()) else {
                continue;
            };
            let due = match now.clocks.get(id.index()) {
                None => continue,
                Some(&EventTime::AFTER_ALL) => Due::AtEnd,
                Some(clock) if planted(Bug::TimersFiredEarly) => {
                    Due::Before(*clock + Duration::from_secs(2))
                }
                Some(clock) => Due::Before(*clock),
            };
            calls.fire(cell, due, (*id, now.keys.name_str(*id)));
        }
        slots.put(self.to, out);
    }

    fn revise(&mut self, slots: &mut Slots, now: &Now<'_>) {
        if !self.revises {
            return;
        }
        let mut out = slots.take(self.to);
        let rows = slots.rows(self.from);
        let (mut calls, cells) = self.calls(&mut out, now);
        for row in rows {
            let clock = now.clocks.get(row.key.index());
            if let (Some(cell), Some(clock)) = (cells.get_mut(row.key.index()), clock) {
                calls.belated(cell, row, (now.keys.name_str(row.key), *clock));
            }
        }
        slots.put(self.to, out);
    }

    /// # Layout
    /// `layout u8 · last offset u64 · timers: count u32, i64 each · the state`
    fn seal(&mut self, keys: &Keys, to: &mut Vec<Saved>) {
        // A key may be here twice: forgotten and then seen again.
        self.dirty.sort_unstable_by_key(|id| id.index());
        self.dirty.dedup();
        let mut scratch = Vec::new();
        for id in self.dirty.drain(..) {
            let cell = self.cells.get_mut(id.index()).and_then(Option::as_mut);
            let bytes = cell.map(|cell| {
                cell.dirty = false;
                scratch.clear();
                LAYOUT.encode(&mut scratch);
                cell.last.0.encode(&mut scratch);
                put_length(cell.timers.len(), &mut scratch);
                for at in &cell.timers {
                    at.encode(&mut scratch);
                }
                cell.state.encode(&mut scratch);
                scratch.clone()
            });
            if bytes.is_none() && planted(Bug::ForgottenStateKept) {
                continue;
            }
            let (node, key, version) = (self.number, keys.name(id), L::State::VERSION);
            to.push(Saved {
                node,
                key,
                version,
                bytes,
            });
        }
    }

    fn restore(&mut self, id: KeyId, saved: &Saved) -> Option<()> {
        let from = &mut saved.bytes.as_deref()?;
        if u8::decode(0, from)? != LAYOUT {
            return None;
        }
        let last = Offset(u64::decode(0, from)?);
        let mut timers = Timers::new();
        for _ in 0..take_length(from)? {
            timers.push(EventTime::decode(0, from)?);
        }
        let state = L::State::decode(saved.version, from)?;
        if self.cells.len() <= id.index() {
            self.cells.resize_with(id.index() + 1, || None);
        }
        *self.cells.get_mut(id.index())? = Some(Cell {
            state,
            timers,
            last,
            dirty: false,
        });
        from.is_empty().then_some(())
    }

    fn shape(&self) -> Shape<'_> {
        Shape {
            name: &self.name,
            kind: "keyed",
            from: vec![self.from.slot],
            to: self.to.slot,
            state: Some(self.logic.structure()),
        }
    }
}
