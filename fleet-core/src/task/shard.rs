use super::Plan;
use crate::{
    EventTime, Offset,
    checkpoint::{Fates, Saved, Tallies},
    event::Event,
    graph::{Buffer, Node, Now, Slots},
    order::{self, Fate, OrderBuffer},
    outlet::{Outlet, Taking},
};

/// Decoded events with the offsets of their records.
pub(crate) type Events<E> = Vec<(Offset, E)>;

/// Some of the keys of a partition: order, nodes, state. Nothing is shared between shards.
pub(super) struct Shard<E: Event> {
    order: OrderBuffer<E>,
    nodes: Vec<Box<dyn Node>>,
    slots: Slots,
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
}

impl<E: Event> Shard<E> {
    pub(super) fn new(plan: &Plan<E>) -> Self {
        let nodes = plan.graph.nodes.iter();
        Self {
            order: OrderBuffer::new(plan.order),
            nodes: nodes.map(|node| node.fresh(&plan.name)).collect(),
            slots: plan.graph.slots(),
            belated: plan.graph.slots(),
            fates: Fates::default(),
            tallies: Tallies::new(),
            outputs: plan.outlets.iter().map(Outlet::buffer).collect(),
        }
    }

    /// Takes back the state of one of its keys; `None` when it cannot be read.
    pub(super) fn restore(
        &mut self,
        entry: &order::Entry<'_>,
        saved: &Saved,
        ended: bool,
    ) -> Option<()> {
        let order::Entry::Node(key) = entry else {
            return self.order.restore(entry, saved, ended);
        };
        let id = self.order.number(key);
        let node = self.nodes.get_mut(usize::from(saved.node) - 1)?;
        node.restore(id, saved)
    }

    /// Takes events of its keys, which the log took at one time, to the entry of the graph, and gives each
    /// its fate.
    pub(super) fn admit(&mut self, plan: &Plan<E>, log: Option<EventTime>, rows: &mut Events<E>) {
        self.order.set_log_time(log);
        let mut rows = rows.drain(..);
        while self.admit_some(plan, log, &mut rows) {
            self.pass(plan);
        }
    }

    /// Admits rows to the last, or to one that has to wait until the belated rows of its key are through.
    /// Returns whether there is such a one.
    fn admit_some(
        &mut self,
        plan: &Plan<E>,
        log: Option<EventTime>,
        rows: &mut impl Iterator<Item = (Offset, E)>,
    ) -> bool {
        let Some(events) = self.slots.rows_mut(plan.graph.events()) else {
            return false;
        };
        if let Some(fate) = self.order.admit_postponed(events) {
            fate.count(&mut self.fates.counts);
        }
        let latest = plan.order.latest(log);
        for (offset, event) in rows {
            // Decoders refuse most such times themselves; a source of typed events may not.
            if !(EventTime::MIN..=latest).contains(&event.at()) {
                let reason = plan.order.refusal(event.at(), log);
                self.fates.dead_letter(offset, "order", &reason);
                continue;
            }
            let fate = self.order.admit(offset, event, events);
            if fate == Fate::Postponed {
                return true;
            }
            fate.count(&mut self.fates.counts);
        }
        false
    }

    /// Takes what was admitted, as far as the clocks allow, through the graph; belated rows after the others.
    pub(super) fn pass(&mut self, plan: &Plan<E>) {
        if let Some(events) = self.slots.rows_mut(plan.graph.events()) {
            self.order.release(events);
        }
        let now = now(plan, &self.order);
        for node in &mut self.nodes {
            node.run(&mut self.slots, &now);
        }
        self.order.settle();
        collect(plan, &mut self.slots, &mut self.tallies, &mut self.outputs);
        if self.order.has_belated() {
            self.revise(plan);
        }
    }

    fn revise(&mut self, plan: &Plan<E>) {
        if let Some(events) = self.belated.rows_mut(plan.graph.events()) {
            let admitted = self.order.give_belated(events);
            self.fates.counts.accepted += admitted.accepted;
            self.fates.counts.duplicate += admitted.duplicate;
        }
        let now = now(plan, &self.order);
        for node in &mut self.nodes {
            node.revise(&mut self.belated, &now);
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
        self.order.seal(&mut saved);
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

fn now<'a, E: Event>(plan: &Plan<E>, order: &'a OrderBuffer<E>) -> Now<'a> {
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
