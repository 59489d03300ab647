//! The order buffer and the nodes of one shard, which turn rows into results.

mod clocks;
mod state;

use super::{
    Plan,
    blame::Blame,
    panics::{PanicSite, Panicked, caught},
    results::{Emission, Results},
};
use crate::{
    contracts::{
        checkpoint::Fates,
        decode::{Decode, Entry},
    },
    data::EventTime,
    engine::{
        graph::{At, Meter, Node, Now, Slots, Stream, Watch},
        order::{Fate, OrderBuffer, Silence},
    },
    event::Event,
    planted::{Bug, planted},
    rows::{Events, KeyId, Keys, Place, Segment},
};

/// The order buffer, nodes and state of the keys of one shard.
pub(super) struct Processor<E: Event> {
    order: OrderBuffer,
    nodes: Vec<(Box<dyn Node>, Meter)>,
    /// The rows of a pass. Events are in their slab.
    slots: Slots,
    events: Stream<E>,
    /// Where late events go, if anything reads them.
    late: Option<Stream<E>>,
    /// As `slots`, for belated rows.
    belated: Slots,
    /// The keys that wait in silence.
    silence: Silence,
    /// The keys of the rows of this pass, if there is no order stage and a sink wants keys.
    arrived: Keys,
}

impl<E: Event> Processor<E> {
    pub(super) fn new(plan: &Plan<E>) -> Self {
        Self {
            order: OrderBuffer::new(plan.order),
            nodes: fresh_nodes(plan, plan.graph.nodes.iter()),
            slots: plan.graph.slots(),
            events: plan.graph.events(),
            late: plan.reads_late().then(|| plan.graph.late()),
            belated: plan.graph.slots(),
            silence: Silence::default(),
            arrived: Keys::default(),
        }
    }

    /// Returns the nodes, in the order in which they were built.
    pub(super) fn nodes(&self) -> &[(Box<dyn Node>, Meter)] {
        &self.nodes
    }

    /// Decodes a payload directly into the slab, and takes its rows through the graph. The payload
    /// comes with the log time of the rows whose decoder gives none.
    pub(super) fn run_payload<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        (log, payload): (Option<EventTime>, P),
        results: &mut Results,
    ) -> Result<(), Panicked> {
        if let Some(slab) = self.slots.slab(self.events) {
            let mut entry = Entry::of_slab(slab, &mut results.fates, log);
            caught(|| decode.decode(payload, &mut entry))
                .map_err(|reason| Panicked::new(PanicSite::Decode, reason))?;
        }
        self.admit_fresh(plan, results, Emission::Emit, None)?;
        self.pass(plan, results, Emission::Emit, None)
    }

    /// Takes lists of events through the graph, except those to blame for a panic.
    pub(super) fn run(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [Events<E>],
        results: &mut Results,
        emission: Emission,
        mut blame: Option<&mut Blame>,
    ) -> Result<(), Panicked> {
        // One list at a time, so that its rows stay in the cache from node to node.
        for events in lists {
            if let Some(slab) = self.slots.slab(self.events) {
                slab.take_events(events);
            }
            self.admit_fresh(plan, results, emission, blame.as_deref_mut())?;
            self.pass(plan, results, emission, blame.as_deref_mut())?;
        }
        Ok(())
    }

    /// Admits the fresh rows, each at its log time.
    fn admit_fresh(
        &mut self,
        plan: &Plan<E>,
        results: &mut Results,
        emission: Emission,
        mut blame: Option<&mut Blame>,
    ) -> Result<(), Panicked> {
        if plan.by_arrival && !planted(Bug::QueueWithOrderStage) {
            return caught(|| self.release_fresh(plan, results))
                .map_err(|reason| Panicked::new(PanicSite::Order, reason));
        }
        let Some(slab) = self.slots.slab(self.events) else {
            return Ok(());
        };
        let fresh = slab.take_fresh();
        let order = &mut self.order;
        let identified = caught(|| {
            for (run, log) in fresh.runs() {
                order.set_log_time(log, plan.order.latest(log));
                order.identify(slab.fresh_mut(&fresh, run));
            }
        });
        identified.map_err(|reason| Panicked::new(PanicSite::Order, reason))?;
        for (run, log) in fresh.runs() {
            self.order.set_log_time(log, plan.order.latest(log));
            let mut admitted = run.start;
            while admitted < run.end {
                // Two arms, so that the loop over adjacent places compiles to a plain one.
                let more = caught(|| match fresh.within(admitted..run.end) {
                    Segment::Run(run) => self.admit_some(plan, log, results, run.map(Place)),
                    Segment::List(list) => {
                        self.admit_some(plan, log, results, list.iter().copied())
                    }
                });
                admitted += more.map_err(|reason| Panicked::new(PanicSite::Order, reason))?;
                if admitted < run.end {
                    self.pass(plan, results, emission, blame.as_deref_mut())?;
                }
            }
        }
        if let Some(slab) = self.slots.slab(self.events) {
            slab.return_fresh(fresh);
        }
        Ok(())
    }

    /// Releases fresh rows in the order of arrival, without an order stage.
    fn release_fresh(&mut self, plan: &Plan<E>, results: &mut Results) {
        let Some(slab) = self.slots.slab(self.events) else {
            return;
        };
        let (fresh, fates) = (slab.take_fresh(), &mut results.fates);
        let wants_keys = plan.outlets.iter().any(|outlet| outlet.wants_keys);
        if wants_keys {
            self.arrived = Keys::default();
        }
        for place in fresh.iter() {
            let Some(row) = slab.get_mut(place) else {
                continue;
            };
            (row.key, row.at) = (KeyId::NONE, row.value.at());
            if wants_keys {
                let key = row.value.key();
                let known = self.arrived.find(key);
                row.key = known.unwrap_or_else(|| self.arrived.insert(key));
            }
            if row.at.is_in_range() {
                fates.counts.accepted += 1;
                slab.release(place);
            } else {
                let reason = plan.order.refusal(row.at, None);
                fates.dead_letter(row.offset, row.value.key(), "order", &reason);
                slab.give_back(place);
            }
        }
        slab.return_fresh(fresh);
    }

    /// Admits rows up to the first one that must wait for the belated rows of its key. Returns the
    /// number of admitted rows.
    fn admit_some(
        &mut self,
        plan: &Plan<E>,
        log: Option<EventTime>,
        results: &mut Results,
        rows: impl Iterator<Item = Place>,
    ) -> usize {
        let mut admitted = 0;
        let mut late = self.late.map_or_else(Vec::new, |to| self.slots.take(to));
        let Some(slab) = self.slots.slab(self.events) else {
            return admitted;
        };
        let fates = &mut results.fates;
        for place in rows {
            match self.order.admit(place, slab) {
                Fate::Accepted => fates.counts.accepted += 1,
                Fate::Late => {
                    fates.counts.late += 1;
                    if self.late.is_some() {
                        late.extend(slab.get(place).cloned());
                    }
                    slab.give_back(place);
                }
                Fate::Duplicate => fates.counts.duplicate += 1,
                Fate::Belated => {}
                Fate::Postponed => break,
                Fate::OutOfRange => {
                    // Most decoders refuse such times, but a source of typed events may not.
                    if let Some(row) = slab.get(place) {
                        let reason = plan.order.refusal(row.value.at(), log);
                        fates.dead_letter(row.offset, row.value.key(), "order", &reason);
                    }
                    slab.give_back(place);
                }
            }
            admitted += 1;
        }
        if let Some(to) = self.late {
            self.slots.put(to, late);
        }
        admitted
    }

    /// Takes admitted rows through the graph as far as the clocks allow, belated rows last.
    pub(super) fn pass(
        &mut self,
        plan: &Plan<E>,
        results: &mut Results,
        emission: Emission,
        mut blame: Option<&mut Blame>,
    ) -> Result<(), Panicked> {
        if let Some(slab) = self.slots.slab(self.events) {
            let is_followed = plan.graph.follows_clocks || blame.is_some();
            self.order.release(slab, is_followed);
            if let Some(blame) = blame.as_deref_mut() {
                blame.leave_out(slab);
            }
        }
        let (slots, order) = (&mut self.slots, &self.order);
        let skipped = blame.as_deref().map_or(&[][..], Blame::nodes);
        let at_rows = blame.is_none() && order.is_at_rows();
        run_nodes(plan, &mut self.nodes, order, skipped, |node, meter, now| {
            let now = &Now { at_rows, ..*now };
            meter.measure(slots, plan.clock, |slots| node.run(slots, now));
        })?;
        self.order.settle();
        let keys = if plan.by_arrival {
            &self.arrived
        } else {
            self.order.keys()
        };
        let passed = (&mut self.slots, keys);
        results.collect(plan, passed, emission, blame.as_deref())?;
        if self.order.has_belated() {
            let (from, to) = (self.slots.slab(self.events), self.belated.slab(self.events));
            if let (Some(from), Some(to)) = (from, to) {
                let admitted = self.order.give_belated(from, to);
                results.fates.counts.accepted += admitted.accepted;
                results.fates.counts.duplicate += admitted.duplicate;
                if let Some(blame) = blame.as_deref_mut() {
                    blame.leave_out(to);
                }
            }
            let (slots, order) = (&mut self.belated, &self.order);
            let skipped = blame.as_deref().map_or(&[][..], Blame::nodes);
            run_nodes(plan, &mut self.nodes, order, skipped, |node, meter, now| {
                meter.measure(slots, plan.clock, |slots| node.revise(slots, now));
            })?;
            let passed = (&mut self.belated, self.order.keys());
            results.collect(plan, passed, emission, blame.as_deref())?;
        }
        if emission == Emission::Discard {
            results.fates = Fates::default();
        }
        Ok(())
    }
}

/// Runs the nodes in order. Skipped nodes forget the keys of this pass.
fn run_nodes<E: Event>(
    plan: &Plan<E>,
    nodes: &mut [(Box<dyn Node>, Meter)],
    order: &OrderBuffer,
    skipped: &[usize],
    mut run: impl FnMut(&mut dyn Node, &mut Meter, &Now<'_>),
) -> Result<(), Panicked> {
    let watch = Watch::default();
    let now = Now {
        keys: order.keys(),
        clocks: order.clocks(),
        moved: order.moved(),
        highest: order.highest_moved(),
        at_rows: false,
        by_arrival: order.is_by_arrival(),
        lateness: plan.order.allowed_lateness,
        order,
        watch: &watch,
    };
    for (place, (node, meter)) in nodes.iter_mut().enumerate() {
        if skipped.contains(&place) {
            now.moved.iter().for_each(|id| node.forget(*id));
            continue;
        }
        watch.set(At::Nothing);
        caught(|| run(node.as_mut(), meter, &now)).map_err(|reason| Panicked {
            at: watch.get(),
            ..Panicked::new(PanicSite::Node(place), reason)
        })?;
    }
    Ok(())
}

/// Returns the same nodes without state.
fn fresh_nodes<'a, E: Event>(
    plan: &Plan<E>,
    nodes: impl Iterator<Item = &'a Box<dyn Node>>,
) -> Vec<(Box<dyn Node>, Meter)> {
    nodes
        .map(|node| (node.fresh(&plan.name), Meter::of(node.as_ref())))
        .collect()
}
