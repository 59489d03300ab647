use std::collections::HashSet;

use super::{
    Plan, Written,
    isolation::Isolation,
    panics::{Panicked, Stage, caught},
};
use crate::{
    contracts::checkpoint::{Fates, Saved, Tallies},
    data::EventTime,
    engine::{
        graph::{Buffer, Meter, Node, Slots, Stream, Work},
        order::{self, OrderBuffer},
    },
    event::Event,
    rows::Events,
};

/// Events, and when the log took them.
pub(crate) type Timed<E> = (Option<EventTime>, Events<E>);

/// Whether what comes of records is heard, or was committed in an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hearing {
    Heard,
    /// Only the state is wanted.
    Again,
}

impl Hearing {
    pub(super) fn again_if(again: bool) -> Self {
        if again { Self::Again } else { Self::Heard }
    }
}

/// Some of the keys of a partition: order, nodes, state. Nothing is shared between shards.
pub(super) struct Shard<E: Event> {
    pub(super) order: OrderBuffer,
    pub(super) nodes: Vec<(Box<dyn Node>, Meter)>,
    /// The rows of a pass; those of the events are in their slab.
    pub(super) slots: Slots,
    pub(super) events: Stream<E>,
    /// As `slots`, for rows that are older than their key's clock.
    pub(super) belated: Slots,
    /// Since the task last asked.
    pub(super) fates: Fates,
    /// How many accepted records became dead letters since then.
    pub(super) taken_back: u64,
    /// Since the last seal.
    pub(super) tallies: Tallies,
    pub(super) outputs: Vec<Box<dyn Buffer>>,
    pub(super) isolation: Option<Isolation<E>>,
    /// How many keys it has forgotten since the last seal.
    pub(super) forgotten: u64,
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
    /// How many keys it knows.
    pub(super) keys: u64,
    /// How many keys it has forgotten since the last seal.
    pub(super) forgotten: u64,
    /// By node.
    pub(super) work: Vec<Work>,
}

impl<E: Event> Shard<E> {
    pub(super) fn new(plan: &Plan<E>) -> Self {
        Self {
            order: OrderBuffer::new(plan.order),
            nodes: fresh_nodes(plan),
            slots: plan.graph.slots(),
            events: plan.graph.events(),
            belated: plan.graph.slots(),
            fates: Fates::default(),
            taken_back: 0,
            tallies: Tallies::new(),
            outputs: plan.outlets.iter().map(|to| to.buffer(0)).collect(),
            isolation: plan.isolate.then(Isolation::new),
            forgotten: 0,
            panicked: None,
        }
    }

    /// Takes back the state of one of its keys; `None` when it cannot be read.
    pub(super) fn restore(
        &mut self,
        entry: &order::Entry<'_>,
        saved: &Saved,
        ended: bool,
    ) -> Option<()> {
        if let Some(isolation) = &mut self.isolation {
            isolation.restore(entry, saved);
        }
        self.put(entry, saved, ended)
    }

    pub(super) fn put(
        &mut self,
        entry: &order::Entry<'_>,
        saved: &Saved,
        ended: bool,
    ) -> Option<()> {
        let order::Entry::Node(key) = entry else {
            let slab = self.slots.slab(self.events)?;
            return self.order.restore(entry, saved, ended, slab);
        };
        let id = self.order.number(key);
        let (node, _) = self.nodes.get_mut(usize::from(saved.node) - 1)?;
        node.restore(id, saved)
    }

    /// The state of every key that changed since the last call.
    ///
    /// # Errors
    /// When an event or a state panics as it is encoded; the shard is not to be used any more then.
    fn save_changed(&mut self) -> Result<Vec<Saved>, Panicked> {
        // One for each key at the entry and at each node: growing it would copy all of them again.
        let most = self.order.changed() * (1 + self.nodes.len());
        let mut saved = Vec::with_capacity(most);
        if let Some(slab) = self.slots.slab(self.events) {
            caught(|| self.order.seal(slab, &mut saved))
                .map_err(|reason| Panicked::new(Stage::Save(None), reason))?;
        }
        for (place, (node, _)) in self.nodes.iter_mut().enumerate() {
            caught(|| node.seal(self.order.keys(), &mut saved))
                .map_err(|reason| Panicked::new(Stage::Save(Some(place)), reason))?;
        }
        if saved.iter().any(|saved| saved.bytes.is_none()) {
            keep_last(&mut saved);
        }
        Ok(saved)
    }

    /// Where panics are isolated: what is now is where the next one goes back to.
    pub(super) fn rebase(&mut self) {
        if self.isolation.is_none() {
            return;
        }
        match self.save_changed() {
            Ok(changed) => self
                .isolation
                .iter_mut()
                .for_each(|isolation| isolation.rebase(&changed)),
            Err(panicked) => self.panicked = Some(panicked),
        }
    }

    /// How much waits for a commit: results, and bytes of them.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let results = self.outputs.iter().map(|rows| rows.len()).sum();
        let bytes = self.outputs.iter().map(|rows| rows.bytes()).sum();
        (results, bytes)
    }

    /// Hands over everything since the last seal; nothing of worth if it [panicked](Self::panicked).
    pub(super) fn seal(&mut self, plan: &Plan<E>, keep: Written) -> Share {
        self.rebase();
        let saved = match (keep, &mut self.isolation) {
            (Written::Position, _) => Vec::new(),
            (Written::State, Some(isolation)) => isolation.take_unsaved(),
            (Written::State, None) => self.save_changed().unwrap_or_else(|panicked| {
                self.panicked = Some(panicked);
                Vec::new()
            }),
        };
        // The next epoch will give about as many rows as this one.
        let full = plan.outlets.iter().zip(&self.outputs);
        let fresh = full.map(|(outlet, rows)| outlet.buffer(rows.len()));
        let fresh = fresh.collect();
        Share {
            saved,
            tallies: std::mem::take(&mut self.tallies),
            outputs: std::mem::replace(&mut self.outputs, fresh),
            keys: self.order.keys().count() as u64,
            forgotten: std::mem::take(&mut self.forgotten),
            work: self
                .nodes
                .iter_mut()
                .map(|(_, meter)| std::mem::take(&mut meter.work))
                .collect(),
        }
    }
}

impl Share {
    /// Takes up what another shard of the same partition hands over.
    pub(super) fn join(&mut self, other: Self) {
        self.saved.extend(other.saved);
        self.keys += other.keys;
        self.forgotten += other.forgotten;
        for (name, count) in other.tallies {
            *self.tallies.entry(name).or_default() += count;
        }
        for (all, own) in self.work.iter_mut().zip(other.work) {
            *all += own;
        }
        for (all, mut own) in self.outputs.iter_mut().zip(other.outputs) {
            all.append(own.as_mut());
        }
    }
}

/// Of several entries of one place, the last: a key may be forgotten and come back between two seals.
fn keep_last(saved: &mut Vec<Saved>) {
    let mut places = HashSet::new();
    saved.reverse();
    saved.retain(|saved| places.insert((saved.node, saved.key.clone())));
    saved.reverse();
}

/// The nodes of the graph without state.
pub(super) fn fresh_nodes<E: Event>(plan: &Plan<E>) -> Vec<(Box<dyn Node>, Meter)> {
    let nodes = plan.graph.nodes.iter();
    nodes
        .map(|node| (node.fresh(&plan.name), Meter::of(node.as_ref())))
        .collect()
}
