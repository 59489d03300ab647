use std::marker::PhantomData;

use super::Plan;
use crate::{
    Decode, Offset,
    checkpoint::{Fates, Saved, Tallies},
    decode::Entry,
    event::Event,
    graph::{Buffer, Node, Now, Slots},
    order::{ORDER_NODE, OrderBuffer},
    outlet::{Outlet, Taking},
};

/// Decoded events with the offsets of their records.
pub(crate) type Events<E> = Vec<(Offset, E)>;

/// Some of the keys of a partition: order, nodes, state. Nothing is shared between shards.
pub(super) struct Shard<E: Event> {
    order: OrderBuffer,
    nodes: Vec<Box<dyn Node>>,
    slots: Slots,
    of: PhantomData<fn() -> E>,
    /// Since the task last asked.
    pub(super) fates: Fates,
    /// Since the last seal.
    tallies: Tallies,
    outputs: Vec<Box<dyn Buffer>>,
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
            of: PhantomData,
            fates: Fates::default(),
            tallies: Tallies::new(),
            outputs: plan.outlets.iter().map(Outlet::buffer).collect(),
        }
    }

    /// Takes back the state of one of its keys; `None` when it cannot be read.
    pub(super) fn restore(&mut self, plan: &Plan<E>, saved: &Saved, ended: bool) -> Option<()> {
        if saved.node == ORDER_NODE {
            let slab = self.slots.slab(plan.graph.events())?;
            return self.order.restore(saved, ended, slab);
        }
        let id = self.order.number(&saved.key);
        let node = self.nodes.get_mut(usize::from(saved.node) - 1)?;
        node.restore(id, saved)
    }

    /// Decodes a batch straight into its slab: for the only shard of a partition.
    pub(super) fn decode<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        payload: P,
    ) {
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            decode.decode(payload, &mut Entry::of_slab(slab, &mut self.fates));
            self.order.admit(slab, &mut self.fates);
        }
    }

    /// Takes events of its keys to the entry of the graph, and gives each its fate.
    pub(super) fn admit(&mut self, plan: &Plan<E>, rows: &mut Events<E>) {
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            for (offset, event) in rows.drain(..) {
                slab.put_fresh(offset, event);
            }
            self.order.admit(slab, &mut self.fates);
        }
    }

    /// Takes what was admitted, as far as the clocks allow, through the graph.
    pub(super) fn pass(&mut self, plan: &Plan<E>) {
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            self.order.release(slab);
        }
        let now = Now {
            keys: self.order.keys(),
            clocks: self.order.clocks(),
            moved: self.order.moved(),
            by_arrival: self.order.is_by_arrival(),
        };
        for node in &mut self.nodes {
            node.run(&mut self.slots, &now);
        }
        self.order.settle();
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
        self.slots.clear();
    }

    /// The input has ended: every row, window and timer is flushed.
    pub(super) fn end(&mut self, plan: &Plan<E>) {
        self.order.end();
        self.pass(plan);
    }

    /// How much waits for a commit: results, and bytes of them.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let results = self.outputs.iter().map(|rows| rows.len()).sum();
        let bytes = self.outputs.iter().map(|rows| rows.bytes()).sum();
        (results, bytes)
    }

    /// Hands over everything since the last seal.
    pub(super) fn seal(&mut self, plan: &Plan<E>) -> Share {
        let mut saved = Vec::new();
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            self.order.seal(slab, &mut saved);
        }
        for node in &mut self.nodes {
            node.seal(self.order.keys(), &mut saved);
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
