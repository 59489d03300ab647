//! How events go through a shard: in, through the nodes, out.

use super::{
    Plan, Replay,
    careful::Blame,
    keys::{Sweep, split_before},
    panics::{Panicked, Stage, caught},
    shard::{Hearing, Shard, Timed},
};
use crate::{
    contracts::{
        Decode,
        checkpoint::{Fates, Tallies},
        decode::Entry,
    },
    data::EventTime,
    engine::{
        graph::{At, Buffer, Meter, Node, Now, Slots, Watch},
        order::{Fate, OrderBuffer},
        outlet::Taking,
    },
    event::Event,
    planted::{Bug, planted},
    rows::{Part, Place},
};

impl<E: Event> Shard<E> {
    /// Takes a batch, which the log took at one time, straight into its slab and through the graph: for the
    /// only shard of a partition.
    pub(super) fn take_batch<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        (log, payload): (Option<EventTime>, P),
    ) -> Result<(), Panicked> {
        if let Some(slab) = self.slots.slab(self.events) {
            let mut entry = Entry::of_slab(slab, &mut self.fates);
            caught(|| decode.decode(payload, &mut entry))
                .map_err(|reason| Panicked::new(Stage::Decode, reason))?;
        }
        self.admit_fresh(plan, log, Hearing::Heard, None)?;
        self.pass(plan, Hearing::Heard, None)
    }

    /// Takes events of its keys, lists in the order of the input, through the graph.
    pub(super) fn take(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [Timed<E>],
        replay: Option<&Replay>,
        sweeps: &[Sweep],
    ) {
        // What a step finds out stays, whatever becomes of the next one.
        let mut fates = Fates::default();
        for sweep in sweeps {
            let mut before = split_before(lists, sweep.at);
            self.take_some(plan, &mut before, replay);
            fates.join(&mut self.fates);
            if self.panicked.is_some() {
                return;
            }
            let is_again = replay.is_some_and(|replay| sweep.at < replay.upto());
            self.sweep(plan, sweep.horizon, Hearing::again_if(is_again));
            fates.join(&mut self.fates);
            if self.panicked.is_some() {
                return;
            }
        }
        self.take_some(plan, lists, replay);
        fates.join(&mut self.fates);
        self.fates = fates;
    }

    fn take_some(&mut self, plan: &Plan<E>, lists: &mut [Timed<E>], replay: Option<&Replay>) {
        let split = |replay: &Replay| {
            let lists = lists.iter_mut();
            lists
                .map(|(time, events)| (*time, replay.take(events)))
                .collect()
        };
        let mut again: Vec<_> = replay.map(split).unwrap_or_default();
        let mark = self.mark(&again, lists);
        if let Err(panicked) = self.try_take(plan, &mut again, lists) {
            // Those behind the panic are still there.
            for (_, events) in lists.iter_mut() {
                events.clear();
            }
            self.recover(plan, mark, replay, panicked);
        }
    }

    fn try_take(
        &mut self,
        plan: &Plan<E>,
        again: &mut [Timed<E>],
        lists: &mut [Timed<E>],
    ) -> Result<(), Panicked> {
        if !again.is_empty() {
            self.run(plan, again, Hearing::Again, None)?;
        }
        self.run(plan, lists, Hearing::Heard, None)
    }

    /// Takes lists of events through the graph, but for what is to blame for a panic.
    pub(super) fn run(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [Timed<E>],
        hearing: Hearing,
        mut blame: Option<&mut Blame>,
    ) -> Result<(), Panicked> {
        // One after the other: the rows of one list stay in a near cache from node to node.
        for (log, events) in lists {
            if let Some(slab) = self.slots.slab(self.events) {
                events.take_each(|offset, event| slab.swap_fresh(offset, event));
            }
            self.admit_fresh(plan, *log, hearing, blame.as_deref_mut())?;
            self.pass(plan, hearing, blame.as_deref_mut())?;
        }
        Ok(())
    }

    fn admit_fresh(
        &mut self,
        plan: &Plan<E>,
        log: Option<EventTime>,
        hearing: Hearing,
        mut blame: Option<&mut Blame>,
    ) -> Result<(), Panicked> {
        self.order.set_log_time(log, plan.order.latest(log));
        let Some(slab) = self.slots.slab(self.events) else {
            return Ok(());
        };
        let fresh = slab.take_fresh();
        caught(|| self.order.identify(slab.rows_mut(&fresh)))
            .map_err(|reason| Panicked::new(Stage::Order, reason))?;
        let mut admitted = 0;
        while admitted < fresh.len() {
            // Twice, so that the loop over places in a row is a plain one.
            let more = caught(|| match fresh.from(admitted) {
                Part::Run(run) => self.admit_some(plan, log, run.map(Place)),
                Part::List(list) => self.admit_some(plan, log, list.iter().copied()),
            });
            admitted += more.map_err(|reason| Panicked::new(Stage::Order, reason))?;
            if admitted < fresh.len() {
                self.pass(plan, hearing, blame.as_deref_mut())?;
            }
        }
        if let Some(slab) = self.slots.slab(self.events) {
            slab.return_fresh(fresh);
        }
        Ok(())
    }

    /// Admits rows to the last, or to one that has to wait until the belated rows of its key are through. Returns
    /// how many.
    fn admit_some(
        &mut self,
        plan: &Plan<E>,
        log: Option<EventTime>,
        rows: impl Iterator<Item = Place>,
    ) -> usize {
        let mut admitted = 0;
        let Some(slab) = self.slots.slab(self.events) else {
            return admitted;
        };
        for place in rows {
            match self.order.admit(place, slab) {
                Fate::Accepted => self.fates.counts.accepted += 1,
                Fate::Late => self.fates.counts.late += 1,
                Fate::Duplicate => self.fates.counts.duplicate += 1,
                Fate::Belated => {}
                Fate::Postponed => return admitted,
                Fate::OutOfRange => {
                    // Decoders refuse most such times themselves; a source of typed events may not.
                    if let Some(row) = slab.get(place) {
                        let reason = plan.order.refusal(row.value.at(), log);
                        self.fates.dead_letter(row.offset, "order", &reason);
                    }
                    slab.give_back(place);
                }
            }
            admitted += 1;
        }
        admitted
    }

    /// Takes what was admitted, as far as the clocks allow, through the graph; belated rows after the others.
    pub(super) fn pass(
        &mut self,
        plan: &Plan<E>,
        hearing: Hearing,
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
        let is_heard = |blame: Option<&Blame>| {
            (hearing == Hearing::Heard || planted(Bug::ReplayIsHeard))
                && blame.is_none_or(Blame::is_heard)
        };
        let made = (&mut self.tallies, &mut self.outputs[..]);
        collect(plan, &mut self.slots, made, is_heard(blame.as_deref()))?;
        if self.order.has_belated() {
            let (from, to) = (self.slots.slab(self.events), self.belated.slab(self.events));
            if let (Some(from), Some(to)) = (from, to) {
                let admitted = self.order.give_belated(from, to);
                self.fates.counts.accepted += admitted.accepted;
                self.fates.counts.duplicate += admitted.duplicate;
                if let Some(blame) = blame.as_deref_mut() {
                    blame.leave_out(to);
                }
            }
            let (slots, order) = (&mut self.belated, &self.order);
            let skipped = blame.as_deref().map_or(&[][..], Blame::nodes);
            run_nodes(plan, &mut self.nodes, order, skipped, |node, meter, now| {
                meter.measure(slots, plan.clock, |slots| node.revise(slots, now));
            })?;
            let made = (&mut self.tallies, &mut self.outputs[..]);
            collect(plan, &mut self.belated, made, is_heard(blame.as_deref()))?;
        }
        if hearing == Hearing::Again {
            self.fates = Fates::default();
        }
        Ok(())
    }

    /// No row before `floor` is under way any more of the keys that have no newer one: their clocks move there.
    /// Returns whether any did.
    pub(super) fn tick(&mut self, plan: &Plan<E>, floor: EventTime) -> bool {
        let mark = self.mark(&[], &[]);
        let moves = self.order.raise(floor);
        if moves && let Err(panicked) = self.pass(plan, Hearing::Heard, None) {
            self.recover_tick(plan, mark, floor, panicked);
        } else {
            self.rebase();
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
        let mark = self.mark(&[], &[]);
        self.order.end();
        if let Err(panicked) = self.pass(plan, Hearing::Heard, None) {
            self.recover_end(plan, mark, panicked);
        }
    }

    /// The keys that are silent since `horizon` end as they would with the input, and are forgotten.
    fn sweep(&mut self, plan: &Plan<E>, horizon: EventTime, hearing: Hearing) {
        let silent = self.order.silent_since(horizon);
        if silent.is_empty() {
            return;
        }
        let mark = self.mark(&[], &[]);
        for id in silent {
            self.order.end_key(id);
        }
        if let Err(panicked) = self.pass(plan, hearing, None) {
            self.recover_sweep(plan, mark, horizon, hearing, panicked);
            if self.panicked.is_some() {
                return;
            }
        }
        for id in self.order.silent_since(horizon) {
            if let Some(name) = self.order.forget(id) {
                for (node, _) in &mut self.nodes {
                    node.forget_key(id, &name);
                }
                self.forgotten += u64::from(hearing == Hearing::Heard);
            }
        }
        self.rebase();
    }
}

/// Runs the nodes one after the other, but for those that are skipped: they forget the keys of this pass.
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
            ..Panicked::new(Stage::Node(place), reason)
        })?;
    }
    Ok(())
}

/// Hands the rows of one pass to tallies and outlets, if they are to be heard.
fn collect<E>(
    plan: &Plan<E>,
    slots: &mut Slots,
    (tallies, outputs): (&mut Tallies, &mut [Box<dyn Buffer>]),
    is_heard: bool,
) -> Result<(), Panicked> {
    let collected = caught(|| {
        for tally in plan.tallies.iter().filter(|_| is_heard) {
            tally.add(slots, tallies);
        }
        for (place, outlet) in plan.outlets.iter().enumerate().filter(|_| is_heard) {
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
    });
    slots.clear();
    collected.map_err(|reason| Panicked::new(Stage::Results, reason))
}
