//! What a shard does after a panic where panics are isolated: it goes back to where it was and takes what it
//! was taking once more, one event and one key at a time, without what is to blame.

use std::collections::BTreeSet;

use super::{
    Events, Plan, Replay,
    isolation::Mark,
    panics::{Panicked, Stage, caught},
    shard::Shard,
};
use crate::{
    EventTime, Offset,
    checkpoint::{DeadLetter, Fates, Saved},
    event::Event,
    graph::At,
    order::OrderBuffer,
    row::KeyId,
};

/// What is left out of a pass because it made a panic.
#[derive(Debug, Default)]
pub(super) struct Blame {
    /// Rows of events.
    pub(super) rows: Vec<Offset>,
    /// Nodes, by place: a timer panicked, or a row that a timer made, and no event of this pass can be left
    /// out instead.
    pub(super) nodes: Vec<usize>,
    /// The rows that the last try released.
    pub(super) released: Vec<(Offset, EventTime)>,
    /// All results.
    results: bool,
}

/// What moves the clock of a key.
enum Cause<E> {
    Event(Offset, E),
    End,
}

/// Whether what comes of it is heard, or was committed in an earlier run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hearing {
    Heard,
    Again,
}

impl<E: Event> Shard<E> {
    /// Remembers where the shard is, if it is to go back there after a panic.
    pub(super) fn mark(&mut self, again: &[Events<E>], lists: &[Events<E>]) -> Option<Mark> {
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
        let recovered = self.go_back(mark).ok_or(panicked).and_then(|events| {
            let keys: Option<BTreeSet<_>> = events.iter().map(|(_, event)| key_of(event)).collect();
            // An event that does not even give its key may have any.
            self.rebuild(plan, keys.as_ref())?;
            for (offset, event) in events {
                let is_again = replay.is_some_and(|replay| offset < replay.upto());
                let hearing = if is_again {
                    Hearing::Again
                } else {
                    Hearing::Heard
                };
                let id = key_of(&event).map(|key| self.order.number(&key));
                self.carefully(plan, id, &Cause::Event(offset, event), hearing);
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
                self.carefully(plan, Some(id), &Cause::End, Hearing::Heard);
            }
            Ok(())
        });
        self.finish(recovered);
    }

    fn finish(&mut self, recovered: Result<(), Panicked>) {
        self.panicked = recovered.err();
        if self.panicked.is_none() {
            // The next panic has not as far to go back.
            let changed = self.save_changed();
            self.isolation
                .iter_mut()
                .for_each(|isolation| isolation.rebase(&changed));
        }
    }

    /// Drops what was made since the mark, and gives the events that were taken.
    fn go_back(&mut self, mark: Option<Mark>) -> Option<Events<E>> {
        self.slots.clear();
        self.order.settle();
        // A task takes up the fates of its shards after every turn.
        self.fates = Fates::default();
        let (isolation, mark) = (self.isolation.as_mut()?, mark?);
        mark.reset(&mut self.outputs, &mut self.tallies);
        Some(isolation.take_after(&mark))
    }

    /// Computes the state at the mark again: of these keys, or of all.
    fn rebuild(&mut self, plan: &Plan<E>, keys: Option<&BTreeSet<String>>) -> Result<(), Panicked> {
        let Some(isolation) = &self.isolation else {
            return Ok(());
        };
        let entries: Vec<Saved> = isolation.entries(keys).cloned().collect();
        let mut events = isolation.events(keys);
        match keys {
            Some(keys) => {
                for key in keys {
                    let id = self.order.number(key);
                    self.clear_key(id);
                }
            }
            None => {
                self.order = OrderBuffer::new(plan.order);
                let nodes = plan.graph.nodes.iter();
                self.nodes = nodes.map(|node| node.fresh(&plan.name)).collect();
            }
        }
        for saved in &entries {
            // It was encoded by this process, so it can be read.
            self.put(saved, false);
        }
        // They passed before. If they do not now, an operator is not pure, and no care helps.
        self.admit(plan, std::slice::from_mut(&mut events))?;
        self.compute(plan, None)?;
        self.discard();
        Ok(())
    }

    /// Lets one cause move one clock, and leaves out what panics until nothing does.
    fn carefully(&mut self, plan: &Plan<E>, id: Option<KeyId>, cause: &Cause<E>, hearing: Hearing) {
        let (image, mut blame, mut letters) = (self.image(id), Blame::default(), Vec::new());
        let mut fates = std::mem::take(&mut self.fates);
        let made = Mark::of(&self.outputs, &self.tallies);
        while let Err(panicked) = self.attempt(plan, id, cause, hearing, &mut blame) {
            self.slots.clear();
            self.order.settle();
            self.fates = Fates::default();
            made.reset(&mut self.outputs, &mut self.tallies);
            self.put_back(id, &image);
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
    }

    fn attempt(
        &mut self,
        plan: &Plan<E>,
        id: Option<KeyId>,
        cause: &Cause<E>,
        hearing: Hearing,
        blame: &mut Blame,
    ) -> Result<(), Panicked> {
        match (cause, id) {
            (Cause::Event(offset, event), _) => {
                self.admit(plan, &mut [vec![(*offset, event.clone())]])?;
            }
            (Cause::End, Some(id)) => self.order.end_key(id),
            (Cause::End, None) => {}
        }
        self.compute(plan, Some(blame))?;
        if hearing == Hearing::Again || blame.results {
            self.slots.clear();
            return Ok(());
        }
        self.collect(plan)
    }

    /// Decides what is left out of the next try, and tells of it.
    fn blame(&self, panicked: &Panicked, cause: &Cause<E>, blame: &mut Blame) -> (DeadLetter, Of) {
        let cause = match cause {
            Cause::Event(offset, _) => *offset,
            Cause::End => Offset::default(),
        };
        let (offset, of) = match (panicked.stage, panicked.at) {
            (Stage::Node(_), At::Row(row, at)) if blame.released.contains(&(row, at)) => {
                blame.rows.push(row);
                (row, Of::Row)
            }
            (Stage::Node(place), at) => {
                blame.nodes.push(place);
                (at.offset().unwrap_or(cause), Of::Result)
            }
            (Stage::Order | Stage::Decode, _) => (cause, Of::Event),
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
    fn image(&self, id: Option<KeyId>) -> Vec<Saved> {
        let Some(id) = id else { return Vec::new() };
        let keys = self.order.keys();
        let nodes = self.nodes.iter().filter_map(|node| node.save(id, keys));
        self.order.save(id).into_iter().chain(nodes).collect()
    }

    fn put_back(&mut self, id: Option<KeyId>, image: &[Saved]) {
        let Some(id) = id else { return };
        self.clear_key(id);
        for saved in image.iter().filter(|saved| saved.bytes.is_some()) {
            self.put(saved, false);
        }
    }

    fn clear_key(&mut self, id: KeyId) {
        self.order.clear(id);
        for node in &mut self.nodes {
            node.forget(id);
        }
    }
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
