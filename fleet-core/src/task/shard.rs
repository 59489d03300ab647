use super::{
    Keep, Plan, Replay,
    careful::Blame,
    isolation::Isolation,
    panics::{Panicked, Stage, caught},
};
use crate::{
    Offset,
    checkpoint::{Fates, Saved, Tallies},
    event::Event,
    graph::{At, Buffer, Node, Now, Slots, Watch},
    order::{Fate, ORDER_NODE, OrderBuffer},
    outlet::{Outlet, Taking},
    planted::{Bug, planted},
};

/// Decoded events with the offsets of their records.
pub(crate) type Events<E> = Vec<(Offset, E)>;

/// Some of the keys of a partition: order, nodes, state. Nothing is shared between shards.
pub(super) struct Shard<E: Event> {
    pub(super) order: OrderBuffer<E>,
    pub(super) nodes: Vec<Box<dyn Node>>,
    pub(super) slots: Slots,
    /// Since the task last asked.
    pub(super) fates: Fates,
    /// How many accepted records became dead letters since then.
    pub(super) taken_back: u64,
    /// Since the last seal.
    pub(super) tallies: Tallies,
    pub(super) outputs: Vec<Box<dyn Buffer>>,
    pub(super) isolation: Option<Isolation<E>>,
    /// Why its state is not to be used any more.
    pub(super) panicked: Option<Panicked>,
}

/// What a shard hands over for a commit.
#[derive(Default)]
pub(super) struct Share {
    pub(super) saved: Vec<Saved>,
    pub(super) tallies: Tallies,
    /// By outlet.
    pub(super) outputs: Vec<Box<dyn Buffer>>,
    /// How many keys it has seen since the first record.
    pub(super) keys: u64,
}

impl<E: Event> Shard<E> {
    pub(super) fn new(plan: &Plan<E>) -> Self {
        let nodes = plan.graph.nodes.iter();
        Self {
            order: OrderBuffer::new(plan.order),
            nodes: nodes.map(|node| node.fresh(&plan.name)).collect(),
            slots: plan.graph.slots(),
            fates: Fates::default(),
            taken_back: 0,
            tallies: Tallies::new(),
            outputs: plan.outlets.iter().map(Outlet::buffer).collect(),
            isolation: plan.isolate.then(Isolation::new),
            panicked: None,
        }
    }

    /// Takes back the state of one of its keys; `None` when it cannot be read.
    pub(super) fn restore(&mut self, saved: &Saved, ended: bool) -> Option<()> {
        if let Some(isolation) = &mut self.isolation {
            isolation.restore(saved);
        }
        self.put(saved, ended)
    }

    pub(super) fn put(&mut self, saved: &Saved, ended: bool) -> Option<()> {
        if saved.node == ORDER_NODE {
            return self.order.restore(saved, ended);
        }
        let id = self.order.number(&saved.key);
        let node = self.nodes.get_mut(usize::from(saved.node) - 1)?;
        node.restore(id, saved)
    }

    /// Takes events of its keys, lists in the order of the input, through the graph.
    pub(super) fn take(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [Events<E>],
        replay: Option<&Replay>,
    ) {
        let again = replay.map(|replay| lists.iter_mut().map(|list| replay.take(list)));
        let mut again: Vec<_> = again.into_iter().flatten().collect();
        let mark = self.mark(&again, lists);
        if let Err(panicked) = self.try_take(plan, &mut again, lists) {
            // Those behind the panic are still there.
            lists.iter_mut().for_each(Vec::clear);
            self.recover(plan, mark, replay, panicked);
        }
    }

    fn try_take(
        &mut self,
        plan: &Plan<E>,
        again: &mut [Events<E>],
        lists: &mut [Events<E>],
    ) -> Result<(), Panicked> {
        if !again.is_empty() {
            self.admit(plan, again)?;
            self.compute(plan, None)?;
            if planted(Bug::ReplayIsHeard) {
                self.collect(plan)?;
            }
            // Fates and results are committed: only the state is wanted.
            self.discard();
        }
        self.admit(plan, lists)?;
        self.compute(plan, None)?;
        self.collect(plan)
    }

    /// Takes events to the entry of the graph, and gives each its fate.
    pub(super) fn admit(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [Events<E>],
    ) -> Result<(), Panicked> {
        let Some(events) = self.slots.rows_mut(plan.graph.events()) else {
            return Ok(());
        };
        let (order, fates) = (&mut self.order, &mut self.fates);
        let admitted = caught(|| {
            for (offset, event) in lists.iter_mut().flat_map(|list| list.drain(..)) {
                // Decoders refuse such times themselves; a source of typed events may not.
                if !event.at().is_in_range() {
                    let reason = "the time is outside 1970 to 9999";
                    fates.dead_letter(offset, "order", reason);
                    continue;
                }
                let counts = &mut fates.counts;
                match order.admit(offset, event, events) {
                    Fate::Accepted => counts.accepted += 1,
                    Fate::Late => counts.late += 1,
                    Fate::Duplicate => counts.duplicate += 1,
                }
            }
        });
        admitted.map_err(|reason| Panicked {
            stage: Stage::Order,
            at: At::Nothing,
            reason,
        })
    }

    /// Takes what was admitted, as far as the clocks allow, through the graph; of a row and a node that are
    /// to blame for a panic, through the rest of it.
    pub(super) fn compute(
        &mut self,
        plan: &Plan<E>,
        blame: Option<&mut Blame>,
    ) -> Result<(), Panicked> {
        let mut skipped: &[usize] = &[];
        if let Some(events) = self.slots.rows_mut(plan.graph.events()) {
            self.order.release(events);
            if let Some(blame) = blame {
                events.retain(|row| !blame.rows.contains(&row.offset));
                let released = events.iter().map(|row| (row.offset, row.at));
                blame.released = released.collect();
                skipped = &blame.nodes;
            }
        }
        let watch = Watch::default();
        let now = Now {
            keys: self.order.keys(),
            clocks: self.order.clocks(),
            moved: self.order.moved(),
            by_arrival: self.order.is_by_arrival(),
            watch: &watch,
        };
        for (place, node) in self.nodes.iter_mut().enumerate() {
            if skipped.contains(&place) {
                now.moved.iter().for_each(|id| node.forget(*id));
                continue;
            }
            watch.set(At::Nothing);
            caught(|| node.run(&mut self.slots, &now)).map_err(|reason| Panicked {
                stage: Stage::Node(place),
                at: watch.get(),
                reason,
            })?;
        }
        self.order.settle();
        Ok(())
    }

    /// Takes the results of a pass.
    pub(super) fn collect(&mut self, plan: &Plan<E>) -> Result<(), Panicked> {
        let collected = caught(|| {
            for tally in &plan.tallies {
                tally.add(&self.slots, &mut self.tallies);
            }
            for (place, outlet) in plan.outlets.iter().enumerate() {
                let later = plan.outlets.iter().skip(place + 1);
                let taking = if later.clone().any(|other| other.slot == outlet.slot) {
                    Taking::Copy
                } else {
                    Taking::Move
                };
                if let Some(to) = self.outputs.get_mut(place) {
                    outlet.collect(&mut self.slots, to.as_mut(), taking);
                }
            }
        });
        self.slots.clear();
        collected.map_err(|reason| Panicked {
            stage: Stage::Results,
            at: At::Nothing,
            reason,
        })
    }

    /// Leaves fates and results of a pass out.
    pub(super) fn discard(&mut self) {
        self.slots.clear();
        self.fates = Fates::default();
    }

    /// The input has ended: every row, window and timer is flushed.
    pub(super) fn end(&mut self, plan: &Plan<E>) {
        let mark = self.mark(&[], &[]);
        self.order.end();
        let done = self.compute(plan, None).and_then(|()| self.collect(plan));
        if let Err(panicked) = done {
            self.recover_end(plan, mark, panicked);
        }
    }

    /// The state of every key that changed since the last call.
    pub(super) fn save_changed(&mut self) -> Vec<Saved> {
        let mut saved = Vec::new();
        self.order.seal(&mut saved);
        for node in &mut self.nodes {
            node.seal(self.order.keys(), &mut saved);
        }
        saved
    }

    /// How much waits for a commit: results, and bytes of them.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let results = self.outputs.iter().map(|rows| rows.len()).sum();
        let bytes = self.outputs.iter().map(|rows| rows.bytes()).sum();
        (results, bytes)
    }

    /// Hands over everything since the last seal.
    pub(super) fn seal(&mut self, plan: &Plan<E>, keep: Keep) -> Share {
        let mut saved = Vec::new();
        if keep == Keep::State || self.isolation.is_some() {
            saved = self.save_changed();
        }
        if let Some(isolation) = &mut self.isolation {
            isolation.rebase(&saved);
            saved = match keep {
                Keep::State => isolation.take_unsaved(),
                Keep::Position => Vec::new(),
            };
        }
        let fresh = plan.outlets.iter().map(Outlet::buffer).collect();
        Share {
            saved,
            tallies: std::mem::take(&mut self.tallies),
            outputs: std::mem::replace(&mut self.outputs, fresh),
            keys: self.order.keys().len() as u64,
        }
    }
}

impl Share {
    /// Takes up what another shard of the same partition hands over.
    pub(super) fn join(&mut self, other: Self) {
        self.saved.extend(other.saved);
        self.keys += other.keys;
        for (name, count) in other.tallies {
            *self.tallies.entry(name).or_default() += count;
        }
        for (all, mut own) in self.outputs.iter_mut().zip(other.outputs) {
            all.append(own.as_mut());
        }
    }
}
