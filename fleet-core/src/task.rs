//! One partition at work: a plain state machine without clock, thread or I/O.

use std::sync::Arc;

use crate::{
    Decode, Error, ErrorKind, Offset, Partition, Result,
    checkpoint::{Claim, Counts, Fates, Sealed, Tallies},
    decode::Entry,
    event::Event,
    graph::{Buffer, Graph, Node, Now, Slots, describe::difference},
    order::{Fate, ORDER_NODE, Order, OrderBuffer},
    outlet::{Outlet, Taking, Tally},
    planted::{Bug, planted},
    source::Batch,
};

/// What all tasks of a pipeline have in common.
pub(crate) struct Plan<E> {
    pub(crate) name: Arc<str>,
    /// How the input is read, for people: part of the structure.
    pub(crate) reading: String,
    pub(crate) order: Order,
    pub(crate) graph: Graph<E>,
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) tallies: Vec<Tally>,
}

/// The name under which a task counts the keys it has seen.
pub(crate) const KEYS_TALLY: &str = "keys";

/// What a task hands over for a commit: its part of the checkpoint, and the rows of each sink.
pub(crate) struct Piece {
    pub(crate) sealed: Sealed,
    /// By outlet.
    pub(crate) outputs: Vec<Box<dyn Buffer>>,
}

/// One partition: decode, order, nodes, state. Nothing is shared between tasks.
pub(crate) struct Task<E: Event> {
    partition: Partition,
    token: u64,
    seq: u64,
    next: Offset,
    ended: bool,
    /// Something happened since the last seal.
    changed: bool,
    order: OrderBuffer<E>,
    nodes: Vec<Box<dyn Node>>,
    slots: Slots,
    decoded: Vec<(Offset, E)>,
    fates: Fates,
    tallies: Tallies,
    fingerprint: Arc<str>,
    outputs: Vec<Box<dyn Buffer>>,
}

impl<E: Event> Task<E> {
    /// Goes on from what the store knows.
    ///
    /// # Errors
    /// When the state was saved by a graph of another structure, or cannot be read.
    pub(crate) fn restore(plan: &Plan<E>, partition: &Partition, claim: Claim) -> Result<Self> {
        let (order, graph) = (plan.order.out_of_orderness, plan.graph.fingerprint());
        let fingerprint: Arc<str> = format!("0 order {order:?} {}\n{graph}", plan.reading).into();
        check_structure(claim.fingerprint.as_deref(), &fingerprint, partition)?;
        let mut task = Self {
            partition: partition.clone(),
            token: claim.token,
            seq: claim.seq,
            next: claim.next.unwrap_or_default(),
            ended: claim.ended,
            changed: false,
            order: OrderBuffer::new(plan.order),
            nodes: plan
                .graph
                .nodes
                .iter()
                .map(|node| node.fresh(&plan.name))
                .collect(),
            slots: plan.graph.slots(),
            decoded: Vec::new(),
            fates: Fates::from(claim.counts),
            tallies: claim.tallies,
            fingerprint,
            outputs: plan.outlets.iter().map(Outlet::buffer).collect(),
        };
        for saved in &claim.state {
            let restored = if saved.node == ORDER_NODE {
                task.order.restore(saved, claim.ended)
            } else {
                let id = task.order.number(&saved.key);
                let node = task.nodes.get_mut(usize::from(saved.node) - 1);
                node.and_then(|node| node.restore(id, saved))
            };
            restored.ok_or_else(|| {
                let (node, key, version) = (saved.node, &saved.key, saved.version);
                let message = format!(
                    "cannot read the saved state of node {node}, key `{key}`, version {version}: \
                     it is damaged or was written by a newer program"
                );
                Error::new(ErrorKind::Snapshot, message).at(partition, task.next)
            })?;
        }
        Ok(task)
    }

    /// Takes a batch through the graph.
    ///
    /// # Errors
    /// When the input had ended before: its last windows are out, and more rows would be late.
    pub(crate) fn batch<P, D: Decode<P, Event = E>>(
        &mut self,
        plan: &Plan<E>,
        decode: &D,
        batch: Batch<P>,
    ) -> Result<()> {
        if self.ended {
            let message = "the input had ended and all its windows were flushed, but it has grown \
                           since: start afresh to read all of it again, or follow the input from \
                           the beginning so that it does not end";
            return Err(Error::new(ErrorKind::Grown, message).at(&self.partition, self.next));
        }
        decode.decode(
            batch.payload,
            &mut Entry::new(&mut self.decoded, &mut self.fates),
        );
        let mut decoded = std::mem::take(&mut self.decoded);
        if let Some(events) = self.slots.rows_mut(plan.graph.events()) {
            for (offset, event) in decoded.drain(..) {
                // Decoders refuse such times themselves; a source of typed events may not.
                if !event.at().is_in_range() {
                    self.fates
                        .dead_letter(offset, "order", "the time is outside 1970 to 9999");
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
        self.decoded = decoded;
        self.next = batch.next;
        self.pass(plan);
        Ok(())
    }

    /// The input has ended: every row, window and timer is flushed. A second end changes nothing.
    pub(crate) fn end(&mut self, plan: &Plan<E>) {
        if !self.ended || planted(Bug::EndTwice) {
            self.order.end();
            self.ended = true;
            self.pass(plan);
        }
    }

    fn pass(&mut self, plan: &Plan<E>) {
        self.changed = true;
        if let Some(events) = self.slots.rows_mut(plan.graph.events()) {
            self.order.release(events);
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

    /// Whether there is anything to commit.
    pub(crate) fn has_changed(&self) -> bool {
        self.changed
    }

    /// Whether the input has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// How much waits for a commit: results, and bytes of results and dead letters.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let results = self.outputs.iter().map(|rows| rows.len()).sum();
        let bytes = self.outputs.iter().map(|rows| rows.bytes()).sum::<usize>();
        (results, bytes + self.fates.dead_bytes)
    }

    /// Where this task goes on.
    pub(crate) fn next(&self) -> Offset {
        self.next
    }

    /// Fates since the first record.
    pub(crate) fn counts(&self) -> Counts {
        self.fates.counts
    }

    /// Hands over everything since the last seal, as one numbered commit.
    pub(crate) fn seal(&mut self, plan: &Plan<E>) -> Piece {
        let mut saved = Vec::new();
        self.order.seal(&mut saved);
        for node in &mut self.nodes {
            node.seal(self.order.keys(), &mut saved);
        }
        self.seq += 1;
        self.changed = false;
        self.tallies
            .insert(KEYS_TALLY.into(), self.order.keys().len() as u64);
        let fresh = plan.outlets.iter().map(Outlet::buffer).collect();
        Piece {
            sealed: Sealed {
                partition: self.partition.clone(),
                token: self.token,
                seq: self.seq,
                next: self.next,
                ended: self.ended,
                fingerprint: Arc::clone(&self.fingerprint),
                saved,
                dead: self.fates.take_dead(),
                counts: self.fates.counts,
                tallies: self.tallies.clone(),
            },
            outputs: std::mem::replace(&mut self.outputs, fresh),
        }
    }
}

fn check_structure(saved: Option<&str>, now: &str, partition: &Partition) -> Result<()> {
    match saved {
        Some(saved) if saved != now => {
            let what = difference(saved, now);
            let message = format!(
                "the saved state was made by a graph of another structure ({what}): go back to \
                 that graph, give this pipeline another name, or start afresh"
            );
            Err(Error::new(ErrorKind::Structure, message).at(partition, Offset::default()))
        }
        _ => Ok(()),
    }
}
