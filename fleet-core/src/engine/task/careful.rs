//! What a shard does after a panic where panics are isolated: it goes back to where it was and takes what it
//! was taking once more, one event and one key at a time, without what is to blame.

use std::collections::BTreeSet;

use super::{
    Plan, Replay,
    isolation::{Mark, Taken},
    panics::{Panicked, Stage, caught},
    shard::{Hearing, Shard, Timed, fresh_nodes},
};
use crate::{
    contracts::checkpoint::{DeadLetter, Fates, Saved},
    data::{EventTime, Offset},
    engine::{
        graph::At,
        order::{self, OrderBuffer},
    },
    event::Event,
    rows::{Events, KeyId, Slab},
};

/// What is left out of a pass because it made a panic.
#[derive(Debug, Default)]
pub(super) struct Blame {
    /// Rows of events.
    rows: Vec<(Offset, EventTime)>,
    /// Nodes, by place: a timer panicked, or a row that a timer made, and no event of this pass can be left
    /// out instead.
    nodes: Vec<usize>,
    /// All results.
    results: bool,
    /// The rows of events that the last try let in.
    seen: Vec<(Offset, EventTime)>,
}

impl Blame {
    /// Takes the rows that are to blame out of the events of a pass.
    pub(super) fn leave_out<E>(&mut self, events: &mut Slab<E>) {
        events.leave_out(|row| self.rows.contains(&(row.offset, row.at)));
        let seen = events.released().iter().map(|row| (row.offset, row.at));
        self.seen.extend(seen);
    }

    /// The nodes that are skipped.
    pub(super) fn nodes(&self) -> &[usize] {
        &self.nodes
    }

    /// Whether there are results.
    pub(super) fn is_heard(&self) -> bool {
        !self.results
    }
}

/// What moves the clock of a key.
enum Cause<E> {
    Event(Taken<E>),
    Tick(EventTime),
    End,
}

impl<E: Event> Shard<E> {
    /// Remembers where the shard is, if it is to go back there after a panic.
    pub(super) fn mark(&mut self, again: &[Timed<E>], lists: &[Timed<E>]) -> Option<Mark> {
        let isolation = self.isolation.as_mut()?;
        let mark = isolation.mark(&self.outputs, &self.tallies);
        isolation.remember(again);
        isolation.remember(lists);
        Some(mark)
    }

    /// Takes the events after the mark once more, with care.
    pub(super) fn recover(
        &mut self,
        plan: &Plan<E>,
        mark: Option<Mark>,
        replay: Option<&Replay>,
        panicked: Panicked,
    ) {
        let recovered = self.go_back(mark).ok_or(panicked).and_then(|taken| {
            let keys = taken.iter().map(|taken| key_of(&taken.event));
            // An event that does not even give its key may have any.
            let keys: Option<BTreeSet<_>> = keys.collect();
            self.rebuild(plan, keys.as_ref())?;
            for taken in taken {
                let is_again = replay.is_some_and(|replay| taken.offset < replay.upto());
                let hearing = Hearing::again_if(is_again);
                let id = key_of(&taken.event).map(|key| self.order.number(&key));
                self.carefully(plan, id, &Cause::Event(taken), hearing)?;
            }
            Ok(())
        });
        self.finish(recovered);
    }

    /// Ends the input once more, with care.
    pub(super) fn recover_end(&mut self, plan: &Plan<E>, mark: Option<Mark>, panicked: Panicked) {
        let recovered = self.go_back(mark).ok_or(panicked).and_then(|_| {
            self.rebuild(plan, None)?;
            for id in self.order.keys().in_name_order() {
                self.carefully(plan, Some(id), &Cause::End, Hearing::Heard)?;
            }
            Ok(())
        });
        self.finish(recovered);
    }

    /// Moves the clocks of silent keys once more, with care.
    pub(super) fn recover_tick(
        &mut self,
        plan: &Plan<E>,
        mark: Option<Mark>,
        floor: EventTime,
        panicked: Panicked,
    ) {
        let recovered = self.go_back(mark).ok_or(panicked).and_then(|_| {
            self.rebuild(plan, None)?;
            for id in self.order.keys().in_name_order() {
                self.carefully(plan, Some(id), &Cause::Tick(floor), Hearing::Heard)?;
            }
            self.restore_floor(floor);
            Ok(())
        });
        self.finish(recovered);
    }

    /// Ends silent keys once more, with care.
    pub(super) fn recover_sweep(
        &mut self,
        plan: &Plan<E>,
        mark: Option<Mark>,
        horizon: EventTime,
        hearing: Hearing,
        panicked: Panicked,
    ) {
        let recovered = self.go_back(mark).ok_or(panicked).and_then(|_| {
            self.rebuild(plan, None)?;
            for id in self.order.silent_since(horizon) {
                self.carefully(plan, Some(id), &Cause::End, hearing)?;
            }
            Ok(())
        });
        self.finish(recovered);
    }

    fn finish(&mut self, recovered: Result<(), Panicked>) {
        self.panicked = recovered.err();
        if self.panicked.is_none() {
            let places: Vec<_> = self.order.places().collect();
            if let Some(slab) = self.slots.slab(self.events) {
                slab.keep_only(places.into_iter());
            }
            // The next panic has not as far to go back.
            self.rebase();
        }
    }

    /// Drops what was made since the mark, and gives the events that were taken.
    fn go_back(&mut self, mark: Option<Mark>) -> Option<Vec<Taken<E>>> {
        self.drop_pass();
        let (isolation, mark) = (self.isolation.as_mut()?, mark?);
        mark.reset(&mut self.outputs, &mut self.tallies);
        Some(isolation.take_after(&mark))
    }

    /// Leaves a pass that came to nothing.
    fn drop_pass(&mut self) {
        self.slots.clear();
        self.belated.clear();
        self.order.abandon();
        // A task takes up the fates of its shards after every turn.
        self.fates = Fates::default();
    }

    /// Computes the state at the mark again: of these keys, or of all.
    fn rebuild(&mut self, plan: &Plan<E>, keys: Option<&BTreeSet<String>>) -> Result<(), Panicked> {
        let Some(isolation) = &self.isolation else {
            return Ok(());
        };
        let saved: Vec<Saved> = isolation.entries(keys).cloned().collect();
        let mut events = isolation.events(keys);
        if keys.is_none() {
            let floor = self.order.floor();
            self.order = OrderBuffer::new(plan.order);
            self.order.raise(floor);
            self.nodes = fresh_nodes(plan);
        }
        for key in keys.into_iter().flatten() {
            let id = self.order.number(key);
            self.clear_key(id);
        }
        for saved in &saved {
            // It was encoded by this process, so it can be read.
            if let Some(entry) = order::Entry::of(saved) {
                self.put(&entry, saved, false);
            }
        }
        for id in self.order.keys().all() {
            if keys.is_none_or(|keys| keys.contains(self.order.keys().name_str(id))) {
                self.order.lift(id);
            }
        }
        // They passed before. If they do not now, an operator is not pure, and no care helps.
        self.run(plan, &mut events, Hearing::Again, None)
    }

    /// Lets one cause move one clock, and leaves out what panics until nothing does.
    fn carefully(
        &mut self,
        plan: &Plan<E>,
        id: Option<KeyId>,
        cause: &Cause<E>,
        hearing: Hearing,
    ) -> Result<(), Panicked> {
        let (image, mut blame, mut letters) = (self.image(id)?, Blame::default(), Vec::new());
        let mut fates = std::mem::take(&mut self.fates);
        let made = Mark::of(&self.outputs, &self.tallies);
        while let Err(panicked) = self.attempt(plan, id, cause, hearing, &mut blame) {
            self.drop_pass();
            made.reset(&mut self.outputs, &mut self.tallies);
            self.put_back(id, image.as_ref());
            letters.push(self.blame(&panicked, cause, &mut blame));
            if panicked.stage == Stage::Order {
                break;
            }
        }
        if hearing == Hearing::Heard {
            for (letter, of) in letters {
                let panics = format!("{PANICS}.{}", letter.stage);
                *self.tallies.entry(panics).or_default() += 1;
                match of {
                    Of::Row => {
                        self.taken_back += 1;
                        self.fates.counts.dead_lettered += 1;
                        self.fates.lose(letter);
                    }
                    Of::Event => self.fates.bury(letter),
                    Of::Result => self.fates.lose(letter),
                }
            }
            fates.join(&mut self.fates);
        }
        self.fates = fates;
        Ok(())
    }

    fn attempt(
        &mut self,
        plan: &Plan<E>,
        id: Option<KeyId>,
        cause: &Cause<E>,
        hearing: Hearing,
        blame: &mut Blame,
    ) -> Result<(), Panicked> {
        blame.seen.clear();
        match (cause, id) {
            (Cause::Event(taken), _) => {
                let event = (taken.offset, taken.event.clone());
                return self.run(
                    plan,
                    &mut [(taken.log, Events::from_iter([event]))],
                    hearing,
                    Some(blame),
                );
            }
            (Cause::Tick(floor), Some(id)) => self.order.raise_key(id, *floor),
            (Cause::End, Some(id)) => self.order.end_key(id),
            (_, None) => {}
        }
        self.pass(plan, hearing, Some(blame))
    }

    /// Decides what is left out of the next try, and tells of it.
    fn blame(&self, panicked: &Panicked, cause: &Cause<E>, blame: &mut Blame) -> (DeadLetter, Of) {
        let cause = match cause {
            Cause::Event(taken) => taken.offset,
            Cause::Tick(_) | Cause::End => Offset::default(),
        };
        let (offset, of) = match (panicked.stage, panicked.at) {
            (Stage::Node(_), At::Row(row, at)) if blame.seen.contains(&(row, at)) => {
                blame.rows.push((row, at));
                (row, Of::Row)
            }
            (Stage::Node(place), at) => {
                blame.nodes.push(place);
                (at.offset().unwrap_or(cause), Of::Result)
            }
            (Stage::Order | Stage::Decode | Stage::Save(_), _) => (cause, Of::Event),
            (Stage::Results, _) => {
                blame.results = true;
                (cause, Of::Result)
            }
        };
        let letter = DeadLetter {
            offset,
            stage: panicked.stage.name(&self.nodes).into(),
            reason: format!("it panicked: {}", panicked.reason),
            raw: Vec::new(),
            length: 0,
        };
        (letter, of)
    }

    /// The state of one key.
    fn image(&mut self, id: Option<KeyId>) -> Result<Option<Image>, Panicked> {
        let (Some(id), Some(slab)) = (id, self.slots.slab(self.events)) else {
            return Ok(None);
        };
        let order = caught(|| self.order.save(id, slab))
            .map_err(|reason| Panicked::new(Stage::Save(None), reason))?;
        let keys = self.order.keys();
        let nodes = self.nodes.iter().enumerate().map(|(place, (node, _))| {
            caught(|| node.save(id, keys))
                .map_err(|reason| Panicked::new(Stage::Save(Some(place)), reason))
        });
        let nodes = nodes
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()?;
        Ok(order.map(|order| Image { order, nodes }))
    }

    fn put_back(&mut self, id: Option<KeyId>, image: Option<&Image>) {
        let (Some(id), Some(image)) = (id, image) else {
            return;
        };
        self.clear_key(id);
        if let Some(slab) = self.slots.slab(self.events) {
            self.order.put_back(id, &image.order, slab);
        }
        for saved in image.nodes.iter().filter(|saved| saved.bytes.is_some()) {
            if let Some(entry) = order::Entry::of(saved) {
                self.put(&entry, saved, false);
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

/// One key as it was at some moment.
struct Image {
    order: order::Image,
    nodes: Vec<Saved>,
}

/// What a dead letter is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// An event that was accepted.
    Row,
    /// An event that was not.
    Event,
    /// What events with a fate of their own led to.
    Result,
}

/// The group of tallies that counts panics by stage.
pub(crate) const PANICS: &str = "panics";

/// The key, if the event gives one.
fn key_of<E: Event>(event: &E) -> Option<String> {
    caught(|| event.key().to_owned()).ok()
}
