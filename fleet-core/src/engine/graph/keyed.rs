//! The node that runs an [`Operator`], with one state per key.

use std::{sync::Arc, time::Duration};

use compact_str::CompactString;

use super::{
    Slots, Stream,
    cell::{KeyCell, KeyCells},
    node::{At, Node, Now, Shape, Watch},
    resuming::Resuming,
};
use crate::{
    contracts::{
        Operator,
        checkpoint::Saved,
        operator::{Cx, Keep, Made, Pass},
    },
    data::{EventTime, Offset, State},
    planted::{Bug, planted},
    rows::{KeyId, Keys, Row, Rows, Soonest, Timers},
};

pub(super) struct Keyed<L: Operator> {
    pub(super) name: Arc<str>,
    /// `pipeline/name`: the prefix of content ids.
    pub(super) scope: Arc<str>,
    /// The number of the node in the graph, from 1.
    pub(super) number: u16,
    pub(super) logic: Arc<L>,
    pub(super) from: Stream<L::In>,
    pub(super) to: Stream<L::Out>,
    /// The operator takes belated rows, and those of its stream are events.
    pub(super) revises: bool,
    /// Indexed by key number; `None` for a key without state.
    pub(super) cells: Vec<Option<KeyCell<L::State>>>,
    /// A lower bound on the timers of all cells.
    pub(super) soonest: Soonest,
    pub(super) dirty: Vec<KeyId>,
    /// The keys that were forgotten since the last seal.
    pub(super) forgotten: Vec<CompactString>,
    pub(super) resuming: Resuming<L::State>,
}

/// The calls to one operator in one pass, and where their results go.
struct Calls<'a, L: Operator> {
    logic: &'a L,
    pass: Pass<'a>,
    made: &'a mut Made<L::Out>,
    dirty: &'a mut Vec<KeyId>,
    watch: &'a Watch,
}

/// Which timers are due.
#[derive(Clone, Copy)]
enum Due {
    /// At or before this time, because a row of this time follows.
    UpTo(EventTime),
    /// Before this time: rows and timers of one time all belong to the same pass.
    Before(EventTime),
    /// Those set now. The input has ended, so timers that they set would wait for rows that never
    /// come.
    AtEnd,
}

impl<L: Operator> Calls<'_, L> {
    /// Fires the due timers of one key in order.
    #[inline(never)]
    fn fire(&mut self, cell: &mut Option<KeyCell<L::State>>, due: Due, id: KeyId) {
        let logic = self.logic;
        let mut left = match (due, &cell) {
            (Due::AtEnd, Some(live)) => live.timers.len(),
            _ => usize::MAX,
        };
        while let Some(live) = cell {
            let is_due = |at: EventTime| match due {
                Due::UpTo(time) => at <= time,
                Due::Before(time) => at < time,
                Due::AtEnd => left > 0,
            };
            if !is_due(live.timers.next()) {
                return;
            }
            let Some(now) = live.timers.take_next() else {
                return;
            };
            left -= 1;
            self.watch.set(At::Timer(live.last));
            self.touch(&mut live.dirty, id);
            let mut cx = self.cx(&mut live.timers, id, now, live.last);
            cx.earliest = now.next();
            if logic.on_timer(&mut live.state, now, &mut cx) == Keep::Nothing {
                *cell = None;
            }
        }
    }

    /// Passes rows to the operator, each after the timers that are due by then.
    #[inline]
    fn rows<'r>(
        &mut self,
        cells: &mut KeyCells<L::State>,
        rows: impl Iterator<Item = &'r Row<L::In>>,
    ) {
        for row in rows {
            let Some(cell) = cells.get_mut(row.key.index()) else {
                continue;
            };
            let is_ready = |live: &KeyCell<L::State>| live.dirty && live.timers.next() > row.at;
            if !cell.as_ref().is_some_and(is_ready) {
                self.prepare(cell, row);
            }
            if let Some(live) = cell {
                self.row(live, row);
            }
            if planted(Bug::TimerAfterRow) {
                self.fire(cell, Due::UpTo(row.at), row.key);
            }
        }
    }

    /// Prepares a key for its first row, for its first row since the last seal, and for a row at or
    /// after its next timer.
    #[inline(never)]
    fn prepare(&mut self, cell: &mut Option<KeyCell<L::State>>, row: &Row<L::In>) {
        if !planted(Bug::TimerAfterRow) {
            self.fire(cell, Due::UpTo(row.at), row.key);
        }
        self.watch.set(At::Row(row.offset, row.at));
        let new = || KeyCell::new(self.logic.init(), row.offset);
        let live = cell.get_or_insert_with(new);
        self.touch(&mut live.dirty, row.key);
    }

    #[inline]
    fn row(&mut self, live: &mut KeyCell<L::State>, row: &Row<L::In>) {
        let logic = self.logic;
        self.watch.set(At::Row(row.offset, row.at));
        live.last = row.offset;
        let mut cx = self.cx(&mut live.timers, row.key, row.at, row.offset);
        logic.on_row(&mut live.state, row, &mut cx);
    }

    /// Passes on a row that is older than the clock of its key.
    fn belated(
        &mut self,
        cell: &mut Option<KeyCell<L::State>>,
        row: &Row<L::In>,
        earliest: EventTime,
    ) {
        let logic = self.logic;
        self.watch.set(At::Row(row.offset, row.at));
        let live = cell.get_or_insert_with(|| KeyCell::new(logic.init(), row.offset));
        self.touch(&mut live.dirty, row.key);
        let mut cx = self.cx(&mut live.timers, row.key, row.at, row.offset);
        cx.earliest = earliest;
        logic.on_belated(&mut live.state, row, &mut cx);
    }

    #[inline]
    fn touch(&mut self, dirty: &mut bool, id: KeyId) {
        if !*dirty {
            *dirty = true;
            self.dirty.push(id);
        }
    }

    #[inline]
    fn cx<'a>(
        &'a mut self,
        timers: &'a mut Timers,
        id: KeyId,
        now: EventTime,
        offset: Offset,
    ) -> Cx<'a, L::Out> {
        Cx {
            pass: &self.pass,
            id,
            now,
            earliest: now,
            offset,
            timers,
            made: self.made,
        }
    }
}

impl<L: Operator> Keyed<L> {
    /// Returns the calls of one pass and the cells of all keys.
    fn calls<'a>(
        &'a mut self,
        made: &'a mut Made<L::Out>,
        now: &Now<'a>,
    ) -> (Calls<'a, L>, &'a mut KeyCells<L::State>) {
        if self.cells.len() < now.keys.len() {
            self.cells.resize_with(now.keys.len(), || None);
        }
        let calls = Calls {
            logic: &*self.logic,
            pass: Pass {
                keys: now.keys,
                lateness: now.lateness,
                scope: &self.scope,
            },
            made,
            dirty: &mut self.dirty,
            watch: now.watch,
        };
        (calls, &mut self.cells)
    }

    /// Fires the timers that the clocks have passed in this pass.
    #[inline(never)]
    fn fire_moved(&mut self, made: &mut Made<L::Out>, now: &Now<'_>, early: Duration) {
        let (mut calls, cells) = self.calls(made, now);
        for id in now.moved {
            let place = id.index();
            let (Some(cell), Some(clock)) = (cells.get_mut(place), now.clocks.get(place)) else {
                continue;
            };
            let clock = *clock + early;
            if clock == EventTime::AFTER_ALL {
                calls.fire(cell, Due::AtEnd, *id);
            } else if cell.as_ref().is_some_and(|live| live.timers.next() < clock) {
                calls.fire(cell, Due::Before(clock), *id);
            }
        }
        self.soonest.set(made.soonest);
        let next = |cell: &Option<KeyCell<_>>| {
            cell.as_ref()
                .map_or(EventTime::AFTER_ALL, |live| live.timers.next())
        };
        self.soonest
            .looked_at(now.moved.len(), self.cells.iter().map(next));
    }

    fn encode(&self, id: KeyId, keys: &Keys, scratch: &mut Vec<u8>) -> Saved {
        let cell = self.cells.get(id.index()).and_then(Option::as_ref);
        let bytes = cell.map(|cell| {
            scratch.clear();
            cell.encode(scratch);
            // An exact copy: growing one buffer per key is slower.
            scratch.clone()
        });
        Saved {
            node: self.number,
            key: keys.name(id),
            version: L::State::VERSION,
            bytes,
        }
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
            soonest: Soonest::NONE,
            dirty: Vec::new(),
            forgotten: Vec::new(),
            resuming: self.resuming.clone(),
        })
    }

    fn run(&mut self, slots: &mut Slots, now: &Now<'_>) {
        let mut made = Made::with(slots.take(self.to));
        let rows = slots.rows(self.from);
        let (mut calls, cells) = self.calls(&mut made, now);
        // Two copies of the loop, so that the one over consecutive rows is a plain slice loop.
        match rows {
            Rows::Run(rows) => calls.rows(cells, rows.iter()),
            Rows::Places(..) => calls.rows(cells, rows.iter()),
        }
        self.soonest.set(made.soonest);
        // If each clock stands at a row of this node, all earlier timers fired before that row.
        let is_done = now.at_rows && self.from.is_of_events();
        let early = Duration::from_secs(if planted(Bug::TimersFiredEarly) { 2 } else { 0 });
        if !is_done && self.soonest.may_be_before(now.highest + early) {
            self.fire_moved(&mut made, now, early);
        }
        slots.put(self.to, made.rows);
    }

    fn revise(&mut self, slots: &mut Slots, now: &Now<'_>) {
        if !self.revises {
            return;
        }
        let mut made = Made::with(slots.take(self.to));
        let rows = slots.rows(self.from);
        let (mut calls, cells) = self.calls(&mut made, now);
        for row in rows.iter() {
            if let Some(cell) = cells.get_mut(row.key.index()) {
                calls.belated(cell, row, now.order.unfired(row.key));
            }
        }
        self.soonest.set(made.soonest);
        slots.put(self.to, made.rows);
    }

    fn seal(&mut self, keys: &Keys, to: &mut Vec<Saved>) {
        // A key appears twice if it was forgotten and then seen again.
        self.dirty.sort_unstable_by_key(|id| id.index());
        self.dirty.dedup();
        let mut scratch = Vec::new();
        let mut dirty = std::mem::take(&mut self.dirty);
        let (node, version) = (self.number, L::State::VERSION);
        to.extend(self.forgotten.drain(..).map(|key| Saved {
            node,
            key,
            version,
            bytes: None,
        }));
        for id in dirty.drain(..) {
            if !keys.has(id) {
                continue;
            }
            if let Some(Some(cell)) = self.cells.get_mut(id.index()) {
                cell.dirty = false;
            }
            let saved = self.encode(id, keys, &mut scratch);
            if saved.bytes.is_none() && planted(Bug::ForgottenStateKept) {
                continue;
            }
            to.push(saved);
        }
        self.dirty = dirty;
    }

    fn forget_key(&mut self, id: KeyId, name: &CompactString) {
        self.forget(id);
        self.forgotten.push(name.clone());
    }

    fn save(&self, id: KeyId, keys: &Keys) -> Option<Saved> {
        Some(self.encode(id, keys, &mut Vec::new()))
    }

    fn forget(&mut self, id: KeyId) {
        if self
            .cells
            .get_mut(id.index())
            .and_then(Option::take)
            .is_some()
        {
            self.dirty.push(id);
        }
    }

    fn accepts(&self, saved: &str) -> bool {
        self.logic.resume(saved).is_some()
    }

    fn resume(&mut self, saved: &str) {
        self.resuming.begin(self.logic.resume(saved));
    }

    fn resumed(&mut self) {
        self.resuming.restored();
    }

    fn end_replay(&mut self, keys: &Keys) {
        let Some(resume) = self.resuming.end() else {
            return;
        };
        for id in keys.all() {
            if let Some(Some(cell)) = self.cells.get_mut(id.index())
                && resume.end_replay(cell)
            {
                self.dirty.push(id);
            }
        }
    }

    fn restore(&mut self, id: KeyId, saved: &Saved) -> Option<()> {
        let mut cell = KeyCell::decode(saved)?;
        if self.resuming.adapt(&mut cell, saved) {
            self.dirty.push(id);
        }
        self.soonest.set(cell.timers.next());
        if self.cells.len() <= id.index() {
            self.cells.resize_with(id.index() + 1, || None);
        }
        *self.cells.get_mut(id.index())? = Some(cell);
        Some(())
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
