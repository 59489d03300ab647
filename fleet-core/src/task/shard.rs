use super::Plan;
use crate::{
    Offset,
    checkpoint::{Fates, Saved, Tallies},
    event::Event,
    graph::{Buffer, Meter, Node, Now, Slots, Work},
    order::{Fate, ORDER_NODE, OrderBuffer},
    outlet::{Outlet, Taking},
};

/// Decoded events with the offsets of their records.
pub(crate) type Events<E> = Vec<(Offset, E)>;

/// Some of the keys of a partition: order, nodes, state. Nothing is shared between shards.
pub(super) struct Shard<E: Event> {
    order: OrderBuffer<E>,
    nodes: Vec<(Box<dyn Node>, Meter)>,
    slots: Slots,
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
    /// By node.
    pub(super) work: Vec<Work>,
}

impl<E: Event> Shard<E> {
    pub(super) fn new(plan: &Plan<E>) -> Self {
        let nodes = plan.graph.nodes.iter();
        Self {
            order: OrderBuffer::new(plan.order),
            nodes: nodes
                .map(|node| (node.fresh(&plan.name), Meter::of(node.as_ref())))
                .collect(),
            slots: plan.graph.slots(),
            fates: Fates::default(),
            tallies: Tallies::new(),
            outputs: plan.outlets.iter().map(Outlet::buffer).collect(),
        }
    }

    /// Takes back the state of one of its keys; `None` when it cannot be read.
    pub(super) fn restore(&mut self, saved: &Saved, ended: bool) -> Option<()> {
        if saved.node == ORDER_NODE {
            return self.order.restore(saved, ended);
        }
        let id = self.order.number(&saved.key);
        let (node, _) = self.nodes.get_mut(usize::from(saved.node) - 1)?;
        node.restore(id, saved)
    }

    /// Takes events of its keys to the entry of the graph, and gives each its fate.
    pub(super) fn admit(&mut self, plan: &Plan<E>, rows: &mut Events<E>) {
        let Some(events) = self.slots.rows_mut(plan.graph.events()) else {
            return;
        };
        for (offset, event) in rows.drain(..) {
            // Decoders refuse such times themselves; a source of typed events may not.
            if !event.at().is_in_range() {
                let reason = "the time is outside 1970 to 9999";
                self.fates.dead_letter(offset, "order", reason);
                continue;
            }
            let fate = self.order.admit(offset, event, events);
            let counts = &mut self.fates.counts;
            match fate {
                Fate::Accepted => counts.accepted += 1,
                Fate::Late => counts.late += 1,
                Fate::Duplicate => counts.duplicate += 1,
            }
        }
    }

    /// Takes what was admitted, as far as the clocks allow, through the graph.
    pub(super) fn pass(&mut self, plan: &Plan<E>) {
        if let Some(events) = self.slots.rows_mut(plan.graph.events()) {
            self.order.release(events);
        }
        let now = Now {
            keys: self.order.keys(),
            clocks: self.order.clocks(),
            moved: self.order.moved(),
            by_arrival: self.order.is_by_arrival(),
        };
        for (node, meter) in &mut self.nodes {
            meter.run(node.as_mut(), &mut self.slots, &now, plan.clock);
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
        self.order.seal(&mut saved);
        for (node, _) in &mut self.nodes {
            node.seal(self.order.keys(), &mut saved);
        }
        let fresh = plan.outlets.iter().map(Outlet::buffer).collect();
        Share {
            saved,
            tallies: std::mem::take(&mut self.tallies),
            outputs: std::mem::replace(&mut self.outputs, fresh),
            keys: self.order.keys().len() as u64,
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
