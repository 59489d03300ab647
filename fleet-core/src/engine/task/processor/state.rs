//! The state of a processor: saved with a commit, restored after a restart, and rolled back key by
//! key after a panic.

use std::collections::{BTreeSet, HashSet};

use compact_str::CompactString;

use super::{
    super::{
        Plan,
        panics::{PanicSite, Panicked, caught},
    },
    Processor, fresh_nodes,
};
use crate::{
    contracts::checkpoint::Saved,
    data::EventTime,
    engine::{
        entries::SnapshotEntry,
        graph::Work,
        order::{self, OrderBuffer},
    },
    event::Event,
    rows::KeyId,
};

/// A copy of the state of one key.
pub(in super::super) struct Image {
    order: order::KeySnapshot,
    nodes: Vec<Saved>,
}

impl<E: Event> Processor<E> {
    /// Restores one entry of a snapshot. Returns `None` if it cannot be read.
    pub(in super::super) fn restore(
        &mut self,
        entry: &SnapshotEntry<'_>,
        saved: &Saved,
        ended: bool,
    ) -> Option<()> {
        let SnapshotEntry::Node(key) = entry else {
            let slab = self.slots.slab(self.events)?;
            return self.order.restore(entry, saved, ended, slab);
        };
        let id = self.order.number(key);
        let (node, _) = self.nodes.get_mut(usize::from(saved.node) - 1)?;
        node.restore(id, saved)
    }

    /// Announces states that were saved under these descriptions of the nodes, where they are not
    /// the current ones.
    pub(in super::super) fn resume(&mut self, earlier: &[Option<&str>]) {
        for ((node, _), earlier) in self.nodes.iter_mut().zip(earlier) {
            if let Some(earlier) = earlier {
                node.resume(earlier);
            }
        }
    }

    /// Ends what [`resume`](Self::resume) began.
    pub(in super::super) fn resumed(&mut self) {
        for (node, _) in &mut self.nodes {
            node.resumed();
        }
    }

    /// Ends the replay: states forget what they must not have learned from it.
    pub(in super::super) fn end_replay(&mut self) {
        for (node, _) in &mut self.nodes {
            node.end_replay(self.order.keys());
        }
    }

    /// Returns the state of every key that changed since the last call.
    ///
    /// # Errors
    /// Fails if a state panics while it is encoded.
    pub(in super::super) fn save_changed(&mut self) -> Result<Vec<Saved>, Panicked> {
        // A key has at most one entry per node and one for its waiting rows.
        let most = self.order.changed() * (1 + self.nodes.len());
        let mut saved = Vec::with_capacity(most);
        if let Some(slab) = self.slots.slab(self.events) {
            caught(|| self.order.seal(slab, &mut saved))
                .map_err(|reason| Panicked::new(PanicSite::Save(None), reason))?;
        }
        for (place, (node, _)) in self.nodes.iter_mut().enumerate() {
            caught(|| node.seal(self.order.keys(), &mut saved))
                .map_err(|reason| Panicked::new(PanicSite::Save(Some(place)), reason))?;
        }
        if saved.iter().any(|saved| saved.bytes.is_none()) {
            retain_last(&mut saved);
        }
        Ok(saved)
    }

    /// Returns the number of keys.
    pub(in super::super) fn key_count(&self) -> u64 {
        self.order.keys().count() as u64
    }

    /// Takes the measurements of each node since the last call.
    pub(in super::super) fn take_work(&mut self) -> Vec<Work> {
        let nodes = self.nodes.iter_mut();
        nodes
            .map(|(_, meter)| std::mem::take(&mut meter.work))
            .collect()
    }

    /// Returns the number of a key, and creates the key if needed.
    pub(in super::super) fn number(&mut self, key: &str) -> KeyId {
        self.order.number(key)
    }

    /// Returns these keys by name, which a roll-back does not change.
    pub(in super::super) fn named(&self, keys: &[(KeyId, EventTime)]) -> Vec<(String, EventTime)> {
        let named = keys.iter();
        named
            .map(|(id, to)| (self.order.keys().name_str(*id).to_owned(), *to))
            .collect()
    }

    /// Returns all keys, sorted by name.
    pub(in super::super) fn keys_by_name(&self) -> Vec<KeyId> {
        self.order.keys().in_name_order()
    }

    /// Returns the name of a key.
    pub(in super::super) fn key_name(&self, id: KeyId) -> CompactString {
        self.order.keys().name(id)
    }

    /// Drops the rows of a pass that failed.
    pub(in super::super) fn abandon_pass(&mut self) {
        self.slots.clear();
        self.belated.clear();
        self.order.abandon();
    }

    /// Frees the places of all rows except waiting ones.
    pub(in super::super) fn free_unused_places(&mut self) {
        let places: Vec<_> = self.order.places().collect();
        if let Some(slab) = self.slots.slab(self.events) {
            slab.keep_only(places.into_iter());
        }
    }

    /// Replaces the state of these keys, or of all keys, with these entries.
    pub(in super::super) fn reset(
        &mut self,
        plan: &Plan<E>,
        keys: Option<&BTreeSet<String>>,
        saved: &[Saved],
    ) {
        if keys.is_none() {
            let floor: EventTime = self.order.floor();
            self.order = OrderBuffer::new(plan.order);
            self.order.raise(floor);
            self.nodes = fresh_nodes(plan, self.nodes.iter().map(|(node, _)| node));
        }
        for key in keys.into_iter().flatten() {
            let id = self.order.number(key);
            self.clear_key(id);
        }
        for saved in saved {
            // This process encoded the entry, so it can be read.
            if let Some(entry) = SnapshotEntry::of(saved) {
                self.restore(&entry, saved, false);
            }
        }
        for id in self.order.keys().all() {
            if keys.is_none_or(|keys| keys.contains(self.order.keys().name_str(id))) {
                self.order.lift(id);
            }
        }
    }

    /// Returns a copy of the state of one key.
    ///
    /// # Errors
    /// As [`save_changed`](Self::save_changed).
    pub(in super::super) fn image(&mut self, id: KeyId) -> Result<Option<Image>, Panicked> {
        let Some(slab) = self.slots.slab(self.events) else {
            return Ok(None);
        };
        let order = caught(|| self.order.save(id, slab))
            .map_err(|reason| Panicked::new(PanicSite::Save(None), reason))?;
        let keys = self.order.keys();
        let nodes = self.nodes.iter().enumerate().map(|(place, (node, _))| {
            caught(|| node.save(id, keys))
                .map_err(|reason| Panicked::new(PanicSite::Save(Some(place)), reason))
        });
        let nodes = nodes
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?;
        Ok(order.map(|order| Image { order, nodes }))
    }

    /// Rolls one key back to a copy.
    pub(in super::super) fn put_back(&mut self, id: KeyId, image: &Image) {
        self.clear_key(id);
        if let Some(slab) = self.slots.slab(self.events) {
            self.order.put_back(id, &image.order, slab);
        }
        for saved in image.nodes.iter().filter(|saved| saved.bytes.is_some()) {
            if let Some(entry) = SnapshotEntry::of(saved) {
                self.restore(&entry, saved, false);
            }
        }
    }

    fn clear_key(&mut self, id: KeyId) {
        self.order.clear(id);
        for (node, _) in &mut self.nodes {
            node.forget(id);
        }
    }
}

/// Retains only the last of several entries with the same number and key: between two seals, a key
/// may be forgotten and come back.
fn retain_last(saved: &mut Vec<Saved>) {
    let mut places = HashSet::new();
    saved.reverse();
    saved.retain(|saved| places.insert((saved.node, saved.key.clone())));
    saved.reverse();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        data::Offset,
        engine::{
            graph::Graph,
            order::Order,
            outlet::Outlet,
            task::{
                KeyLimits,
                results::{Emission, Results},
            },
        },
        event::Telemetry,
        rows::{Events, Place},
    };

    fn plan(order: Order) -> Plan<Telemetry> {
        Plan {
            name: "test".into(),
            reading: String::new(),
            order,
            by_arrival: false,
            graph: Graph::new().0,
            outlets: Vec::new(),
            tallies: Vec::new(),
            keys: KeyLimits::default(),
            isolate: true,
            clock: None,
        }
    }

    /// Takes one event through the graph.
    fn take(plan: &Plan<Telemetry>, to: &mut Processor<Telemetry>, (offset, second): (u64, i64)) {
        let vehicle = crate::VehicleId::new("car-1").unwrap();
        let event = Telemetry::new(vehicle, EventTime::from_micros(second * 1_000_000));
        let events = Events::from_iter([(Offset(offset), event)]);
        let results = &mut Results::new(plan);
        to.run(plan, &mut [events], results, Emission::Emit, None)
            .unwrap();
    }

    #[test]
    fn the_places_of_rows_that_a_reset_drops_are_used_again() {
        let plan = plan(Order::default());
        let mut processor = Processor::new(&plan);
        // Both rows wait until the reset drops them.
        take(&plan, &mut processor, (0, 100));
        take(&plan, &mut processor, (1, 101));
        processor.reset(&plan, None, &[]);
        processor.free_unused_places();
        take(&plan, &mut processor, (2, 102));
        assert_eq!(processor.order.places().collect::<Vec<_>>(), [Place(0)]);
        // A row that waits keeps its place.
        processor.free_unused_places();
        take(&plan, &mut processor, (3, 103));
        assert_eq!(processor.order.places().count(), 2);
        let slab = processor.slots.slab(processor.events).unwrap();
        assert_eq!(slab.get(Place(0)).unwrap().offset, Offset(2));
    }

    #[test]
    fn the_places_of_late_and_refused_rows_are_used_again() {
        let mut plan = plan(Order::within(Duration::ZERO));
        for reads_late in [false, true] {
            if reads_late {
                let late = Outlet::new("late", plan.graph.late());
                plan.outlets.push(late);
            }
            let mut processor = Processor::new(&plan);
            for event in [(0, 100), (1, 99), (2, -1), (3, 101)] {
                take(&plan, &mut processor, event);
            }
            let slab = processor.slots.slab(processor.events).unwrap();
            let places = [0, 1].map(|place| slab.get(Place(place)).map(|row| row.offset));
            assert_eq!(places, [Some(Offset(3)), None]);
        }
    }
}
