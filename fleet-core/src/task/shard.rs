use std::marker::PhantomData;

use super::Plan;
use crate::{
    Decode, EventTime, Offset,
    checkpoint::{Fates, Saved, Tallies},
    decode::Entry,
    event::Event,
    graph::{Buffer, Meter, Node, Now, Slots, Work},
    order::{self, Fate, OrderBuffer},
    outlet::{Outlet, Taking},
    slab::Place,
};

/// Decoded events with the offsets of their records.
pub(crate) type Events<E> = Vec<(Offset, E)>;

/// Some of the keys of a partition: order, nodes, state. Nothing is shared between shards.
pub(super) struct Shard<E: Event> {
    order: OrderBuffer,
    nodes: Vec<(Box<dyn Node>, Meter)>,
    /// The rows of a pass; those of the events are in their slab.
    slots: Slots,
    events: PhantomData<fn() -> E>,
    /// As `slots`, for rows that are older than their key's clock.
    belated: Slots,
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
            events: PhantomData,
            belated: plan.graph.slots(),
            fates: Fates::default(),
            tallies: Tallies::new(),
            outputs: plan.outlets.iter().map(Outlet::buffer).collect(),
        }
    }

    /// Takes back the state of one of its keys; `None` when it cannot be read.
    pub(super) fn restore(
        &mut self,
        plan: &Plan<E>,
        entry: &order::Entry<'_>,
        saved: &Saved,
        ended: bool,
    ) -> Option<()> {
        let order::Entry::Node(key) = entry else {
            let slab = self.slots.slab(plan.graph.events())?;
            return self.order.restore(entry, saved, ended, slab);
        };
        let id = self.order.number(key);
        let (node, _) = self.nodes.get_mut(usize::from(saved.node) - 1)?;
        node.restore(id, saved)
    }

    /// Decodes a batch, which the log took at one time, straight into its slab, and gives each event its fate:
    /// for the only shard of a partition.
    pub(super) fn decode<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        (log, payload): (Option<EventTime>, P),
    ) {
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            decode.decode(payload, &mut Entry::of_slab(slab, &mut self.fates));
        }
        self.admit_fresh(plan, log);
    }

    /// Takes events of its keys, which the log took at one time, to the entry of the graph, and gives each
    /// its fate.
    pub(super) fn admit(&mut self, plan: &Plan<E>, log: Option<EventTime>, rows: &mut Events<E>) {
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            for (offset, event) in rows.drain(..) {
                slab.put_fresh(offset, event);
            }
        }
        self.admit_fresh(plan, log);
    }

    fn admit_fresh(&mut self, plan: &Plan<E>, log: Option<EventTime>) {
        self.order.set_log_time(log, plan.order.latest(log));
        let Some(slab) = self.slots.slab(plan.graph.events()) else {
            return;
        };
        let fresh = slab.take_fresh();
        let mut rest = fresh.as_slice();
        while !rest.is_empty() {
            let admitted = self.admit_some(plan, log, rest);
            rest = rest.get(admitted..).unwrap_or_default();
            if !rest.is_empty() {
                self.pass(plan);
            }
        }
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            slab.return_fresh(fresh);
        }
    }

    /// Admits rows to the last, or to one that has to wait until the belated rows of its key are through.
    /// Returns how many.
    fn admit_some(&mut self, plan: &Plan<E>, log: Option<EventTime>, rows: &[Place]) -> usize {
        let Some(slab) = self.slots.slab(plan.graph.events()) else {
            return rows.len();
        };
        for (admitted, place) in rows.iter().enumerate() {
            let fate = self.order.admit(*place, slab);
            match fate {
                Fate::Postponed => return admitted,
                Fate::OutOfRange => {
                    // Decoders refuse most such times themselves; a source of typed events may not.
                    if let Some(row) = slab.get(*place) {
                        let reason = plan.order.refusal(row.value.at(), log);
                        self.fates.dead_letter(row.offset, "order", &reason);
                    }
                    slab.give_back(*place);
                }
                _ => fate.count(&mut self.fates.counts),
            }
        }
        rows.len()
    }

    /// Takes what was admitted, as far as the clocks allow, through the graph; belated rows after the others.
    pub(super) fn pass(&mut self, plan: &Plan<E>) {
        if let Some(slab) = self.slots.slab(plan.graph.events()) {
            self.order.release(slab);
        }
        let now = now(plan, &self.order);
        for (node, meter) in &mut self.nodes {
            meter.measure(&mut self.slots, plan.clock, |slots| node.run(slots, &now));
        }
        self.order.settle();
        collect(plan, &mut self.slots, &mut self.tallies, &mut self.outputs);
        if self.order.has_belated() {
            self.revise(plan);
        }
    }

    fn revise(&mut self, plan: &Plan<E>) {
        let events = plan.graph.events();
        if let (Some(from), Some(to)) = (self.slots.slab(events), self.belated.slab(events)) {
            let admitted = self.order.give_belated(from, to);
            self.fates.counts.accepted += admitted.accepted;
            self.fates.counts.duplicate += admitted.duplicate;
        }
        let now = now(plan, &self.order);
        for (node, meter) in &mut self.nodes {
            meter.measure(&mut self.belated, plan.clock, |slots| {
                node.revise(slots, &now);
            });
        }
        let (tallies, outputs) = (&mut self.tallies, &mut self.outputs);
        collect(plan, &mut self.belated, tallies, outputs);
    }

    /// No row before `floor` is under way any more of the keys that have no newer one: their clocks move there.
    /// Returns whether any did.
    pub(super) fn tick(&mut self, plan: &Plan<E>, floor: EventTime) -> bool {
        let moves = self.order.raise(floor);
        if moves {
            self.pass(plan);
        }
        moves
    }

    /// Clocks are where the last tick before a restart left them.
    pub(super) fn restore_floor(&mut self, floor: EventTime) {
        self.order.raise(floor);
        self.order.settle();
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

fn now<'a, E: Event>(plan: &Plan<E>, order: &'a OrderBuffer) -> Now<'a> {
    Now {
        keys: order.keys(),
        clocks: order.clocks(),
        moved: order.moved(),
        by_arrival: order.is_by_arrival(),
        lateness: plan.order.allowed_lateness,
    }
}

/// Hands the rows of one pass to tallies and outlets.
fn collect<E>(
    plan: &Plan<E>,
    slots: &mut Slots,
    tallies: &mut Tallies,
    outputs: &mut [Box<dyn Buffer>],
) {
    for tally in &plan.tallies {
        tally.add(slots, tallies);
    }
    for (place, outlet) in plan.outlets.iter().enumerate() {
        let later = plan.outlets.iter().skip(place + 1);
        let taking = if later.clone().any(|other| other.slot == outlet.slot) {
            Taking::Copy
        } else {
            Taking::Move
        };
        if let Some(to) = outputs.get_mut(place) {
            outlet.collect(slots, to.as_mut(), taking);
        }
    }
    slots.clear();
}
