//! Recovers a shard from a panic, if panics are isolated: rolls back, and takes the same events
//! again, one event and one key at a time, without the ones to blame.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::{
    Plan, Replay,
    blame::Blame,
    isolation::{Isolation, TakenEvent},
    panics::{PanicSite, Panicked, caught},
    processor::Processor,
    results::{Emission, Results},
};
use crate::{
    contracts::checkpoint::{DeadLetter, Fates, Saved},
    data::{EventTime, Offset},
    engine::graph::At,
    event::Event,
    rows::{Events, KeyId},
};

/// The group of tallies that counts panics by step.
pub(crate) const PANICS: &str = "panics";

/// What a panic interrupted.
#[derive(Clone, Copy)]
pub(super) enum Interrupted<'a> {
    /// Taking events. Those before the end of a replay emit nothing.
    Events(Option<&'a Replay>),
    /// Advancing the clocks of silent keys.
    Tick(EventTime),
    /// Releasing the rows of silent keys, each at this time of its clock.
    Release(&'a [(String, EventTime)]),
    /// Ending all keys.
    End,
    /// Ending the keys that have been silent since this time.
    Sweep(EventTime, Emission),
}

/// Rolls the processor back to the savepoint, and repeats what the panic interrupted.
///
/// # Errors
/// Fails if something panics for which no event, timer or result is to blame.
pub(super) fn recover<E: Event>(
    plan: &Plan<E>,
    processor: &mut Processor<E>,
    results: &mut Results,
    isolation: &Isolation<E>,
    taken: Vec<TakenEvent<E>>,
    interrupted: Interrupted<'_>,
) -> Result<(), Panicked> {
    let mut recovery = Recovery {
        plan,
        processor,
        results,
    };
    match interrupted {
        Interrupted::Events(replay) => {
            let keys = taken.iter().map(|taken| key_of(plan, taken));
            // `None` if a key cannot be read: the event may belong to any key.
            let keys: Option<BTreeSet<_>> = keys
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()
                .ok();
            recovery.rebuild(isolation, keys.as_ref())?;
            for taken in taken {
                let is_replay = replay.is_some_and(|replay| taken.offset < replay.upto());
                let emission = Emission::discard_if(is_replay);
                let key = key_of(plan, &taken).ok().flatten();
                let id = key.map(|key| recovery.processor.number(&key));
                recovery.step(id, &Cause::Event(taken), emission)?;
            }
            if plan.by_arrival {
                // Recovery numbers keys, of which a queue keeps none.
                recovery.processor.reset(plan, None, &[]);
            }
        }
        Interrupted::Tick(floor) => {
            recovery.rebuild(isolation, None)?;
            for id in recovery.processor.keys_by_name() {
                recovery.step(Some(id), &Cause::Tick(floor), Emission::Emit)?;
            }
            recovery.processor.restore_floor(floor);
        }
        Interrupted::Release(silent) => {
            recovery.rebuild(isolation, None)?;
            for (key, to) in silent {
                let id = recovery.processor.number(key);
                recovery.step(Some(id), &Cause::Release(*to), Emission::Emit)?;
            }
        }
        Interrupted::End => {
            recovery.rebuild(isolation, None)?;
            for id in recovery.processor.keys_by_name() {
                recovery.step(Some(id), &Cause::End, Emission::Emit)?;
            }
        }
        Interrupted::Sweep(horizon, emission) => {
            recovery.rebuild(isolation, None)?;
            for id in recovery.processor.silent_since(horizon) {
                recovery.step(Some(id), &Cause::End, emission)?;
            }
        }
    }
    Ok(())
}

/// A processor that recovers step by step.
struct Recovery<'a, E: Event> {
    plan: &'a Plan<E>,
    processor: &'a mut Processor<E>,
    results: &'a mut Results,
}

/// The cause that advances the clock of a key.
enum Cause<E> {
    Event(TakenEvent<E>),
    Tick(EventTime),
    Release(EventTime),
    End,
}

/// The subject of a dead letter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// An event that was accepted.
    AcceptedEvent,
    /// An event that was not accepted.
    RefusedEvent,
    /// A result, whose events have their own fates.
    Result,
}

impl<E: Event> Recovery<'_, E> {
    /// Recomputes the state at the savepoint, for these keys or for all.
    fn rebuild(
        &mut self,
        isolation: &Isolation<E>,
        keys: Option<&BTreeSet<String>>,
    ) -> Result<(), Panicked> {
        let saved: Vec<Saved> = isolation.entries(keys).cloned().collect();
        self.processor.reset(self.plan, keys, &saved);
        let events = isolation.events(keys);
        // These events succeeded before. If they panic now, an operator is not pure, and no retry
        // helps.
        self.processor.run(
            self.plan,
            &mut [events],
            self.results,
            Emission::Discard,
            None,
        )
    }

    /// Advances one clock for one cause, and leaves out what panics until nothing does.
    fn step(
        &mut self,
        id: Option<KeyId>,
        cause: &Cause<E>,
        emission: Emission,
    ) -> Result<(), Panicked> {
        let image = match id {
            Some(id) => self.processor.image(id)?,
            None => None,
        };
        let (mut blame, mut letters) = (Blame::default(), Vec::new());
        let mut fates = std::mem::take(&mut self.results.fates);
        let mark = self.results.mark();
        while let Err(panicked) = self.attempt(id, cause, emission, &mut blame) {
            self.processor.abandon_pass();
            self.results.fates = Fates::default();
            self.results.reset(&mark);
            if let (Some(id), Some(image)) = (id, &image) {
                self.processor.put_back(id, image);
            }
            letters.push(self.assign_blame(id, &panicked, cause, &mut blame));
            if panicked.site == PanicSite::Order {
                break;
            }
        }
        if emission == Emission::Emit {
            self.record(letters);
            fates.join(&mut self.results.fates);
        }
        self.results.fates = fates;
        Ok(())
    }

    /// Records the dead letters of one step.
    fn record(&mut self, letters: Vec<(DeadLetter, Subject)>) {
        let results = &mut *self.results;
        for (letter, subject) in letters {
            let tally = format!("{PANICS}.{}", letter.step);
            *results.tallies.entry(tally).or_default() += 1;
            match subject {
                Subject::AcceptedEvent => {
                    results.retracted += 1;
                    results.fates.counts.dead_lettered += 1;
                    results.fates.lose(letter);
                }
                Subject::RefusedEvent => results.fates.bury(letter),
                Subject::Result => results.fates.lose(letter),
            }
        }
    }

    fn attempt(
        &mut self,
        id: Option<KeyId>,
        cause: &Cause<E>,
        emission: Emission,
        blame: &mut Blame,
    ) -> Result<(), Panicked> {
        blame.begin_attempt();
        let (plan, results) = (self.plan, &mut *self.results);
        match (cause, id) {
            (Cause::Event(taken), _) => {
                let mut event = Events::default();
                event.set_log_time(taken.log);
                event.push(taken.offset, taken.event.clone());
                return self
                    .processor
                    .run(plan, &mut [event], results, emission, Some(blame));
            }
            (Cause::Tick(floor), Some(id)) => self.processor.raise_key(id, *floor),
            (Cause::Release(to), Some(id)) => self.processor.advance_key(id, *to),
            (Cause::End, Some(id)) => self.processor.end_key(id),
            (_, None) => {}
        }
        self.processor.pass(plan, results, emission, Some(blame))
    }

    /// Decides what the next attempt leaves out, and returns its dead letter.
    fn assign_blame(
        &self,
        id: Option<KeyId>,
        panicked: &Panicked,
        cause: &Cause<E>,
        blame: &mut Blame,
    ) -> (DeadLetter, Subject) {
        let (cause, key) = match cause {
            Cause::Event(taken) => {
                let key = caught(|| CompactString::from(taken.event.key()));
                (taken.offset, key.ok())
            }
            Cause::Tick(_) | Cause::Release(_) | Cause::End => {
                (Offset::default(), id.map(|id| self.processor.key_name(id)))
            }
        };
        let (offset, subject) = match (panicked.site, panicked.at) {
            (PanicSite::Node(_), At::Row(row, at)) if blame.has_seen(row, at) => {
                blame.add_row(row, at);
                (row, Subject::AcceptedEvent)
            }
            (PanicSite::Node(place), at) => {
                blame.add_node(place);
                (at.offset().unwrap_or(cause), Subject::Result)
            }
            (PanicSite::Order | PanicSite::Decode | PanicSite::Save(_), _) => {
                (cause, Subject::RefusedEvent)
            }
            (PanicSite::Results, _) => {
                blame.add_results();
                (cause, Subject::Result)
            }
        };
        let step = panicked.site.name(self.processor.nodes());
        let reason = format!("it panicked: {}", panicked.reason);
        let mut letter = DeadLetter::new(offset, step, reason);
        letter.key = key;
        (letter, subject)
    }
}

/// Returns the key of an event, or `None` if its time is refused: it must not make a key known.
///
/// # Errors
/// Fails if the event panics.
fn key_of<E: Event>(plan: &Plan<E>, taken: &TakenEvent<E>) -> Result<Option<String>, String> {
    let accepted = EventTime::MIN..=plan.order.latest(taken.log);
    let event = &taken.event;
    caught(|| {
        let is_accepted = accepted.contains(&event.at());
        is_accepted.then(|| event.key().to_owned())
    })
}
