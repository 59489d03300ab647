//! Limits the number of keys per tenant, and refuses new keys beyond it.

use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroUsize,
};

use compact_str::CompactString;

use super::{Replay, Sweep};
use crate::{
    contracts::checkpoint::{Fates, Saved},
    data::{EventTime, Offset},
    engine::{entries, order::Order},
    event::Event,
    rows::Events,
};

/// The keys of each tenant. Their limit keeps a producer that sends a new key with every event from
/// filling the memory.
///
/// Records are inspected in input order, before they reach the shards, so the keys that are
/// admitted depend on the records alone.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    keys: HashMap<CompactString, Owned, foldhash::fast::RandomState>,
    counts: HashMap<CompactString, usize>,
    /// Keys that were added or removed since the last seal.
    dirty: BTreeSet<CompactString>,
}

/// The rules by which keys are admitted.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) most: NonZeroUsize,
    pub(super) order: &'a Order,
    pub(super) sweeps: &'a [Sweep],
    pub(super) replay: Option<&'a Replay>,
}

#[derive(Debug)]
struct Owned {
    tenant: CompactString,
    newest: EventTime,
}

/// The step that dead letters of refused keys name.
const STEP: &str = "keys";

impl Tenants {
    /// Removes the rows of new keys beyond the limit from the lists, each of which is in input
    /// order. `newest` returns the newest time of a key that its shard knew before these rows.
    pub(super) fn gate<E: Event>(
        &mut self,
        rules: &Rules<'_>,
        lists: &mut [&mut Events<E>],
        newest: impl Fn(&str) -> Option<EventTime>,
        fates: &mut Fates,
    ) {
        let Rules {
            most,
            order,
            sweeps,
            replay,
        } = *rules;
        let mut refused = Vec::new();
        let ends = sweeps.iter().map(|sweep| Some(*sweep)).chain([None]);
        let (mut from, mut forgotten_before) = (Offset(0), EventTime::BEFORE_ALL);
        for sweep in ends {
            let upto = sweep.map_or(Offset(u64::MAX), |sweep| sweep.at);
            let mut new = Vec::new();
            for (log, events) in lists.iter().flat_map(|events| events.runs()) {
                let latest = order.latest(log);
                let start = events.partition_point(|(offset, _)| *offset < from);
                let end = events.partition_point(|(offset, _)| *offset < upto);
                for (offset, event) in events.get(start..end).unwrap_or_default() {
                    let is_left_out = replay.is_some_and(|replay| replay.leaves_out(*offset));
                    let is_taken = (EventTime::MIN..=latest).contains(&event.at());
                    if is_taken && !is_left_out && !self.moves(event) {
                        new.push((*offset, event));
                    }
                }
            }
            new.sort_unstable_by_key(|(offset, _)| *offset);
            for (offset, event) in new {
                // Keys from a run without a limit are known, but belong to no tenant yet.
                let newest = newest(event.key());
                let most = if newest.is_some_and(|newest| newest >= forgotten_before) {
                    usize::MAX
                } else {
                    most.get()
                };
                if !self.moves(event) && !self.lets_in(most, event) {
                    refused.push(offset);
                    if replay.is_none_or(|replay| offset >= replay.upto()) {
                        let tenant = event.tenant();
                        let reason = format!(
                            "the tenant `{tenant}` has {most} keys in this partition, which is its \
                             limit: the new key is refused"
                        );
                        fates.dead_letter(offset, event.key(), STEP, &reason);
                    }
                }
            }
            if let Some(sweep) = sweep {
                self.forget_before(sweep.horizon);
                (from, forgotten_before) = (sweep.at, sweep.horizon);
            }
        }
        if !refused.is_empty() {
            refused.sort_unstable();
            for events in lists {
                events.retain(|offset| refused.binary_search(&offset).is_err());
            }
        }
    }

    /// Updates the time of a known key. Returns `false` if the key is unknown.
    fn moves<E: Event>(&mut self, event: &E) -> bool {
        let Some(owned) = self.keys.get_mut(event.key()) else {
            return false;
        };
        owned.newest = owned.newest.max(event.at());
        true
    }

    fn lets_in<E: Event>(&mut self, most: usize, event: &E) -> bool {
        let tenant: CompactString = event.tenant().into();
        let count = self.counts.entry(tenant.clone()).or_default();
        if *count >= most {
            return false;
        }
        *count += 1;
        let (key, newest): (CompactString, _) = (event.key().into(), event.at());
        self.dirty.insert(key.clone());
        self.keys.insert(key, Owned { tenant, newest });
        true
    }

    fn forget_before(&mut self, horizon: EventTime) {
        let (counts, dirty) = (&mut self.counts, &mut self.dirty);
        self.keys.retain(|key, owned| {
            let stays = owned.newest >= horizon;
            if !stays {
                dirty.insert(key.clone());
                if let Some(count) = counts.get_mut(&owned.tenant) {
                    *count -= 1;
                }
            }
            stays
        });
    }

    pub(super) fn seal(&mut self, to: &mut Vec<Saved>) {
        for key in std::mem::take(&mut self.dirty) {
            let tenant = self.keys.get(&key).map(|owned| &*owned.tenant);
            to.push(entries::tenant_key(key.clone(), tenant));
        }
    }

    /// Restores what [`seal`](Self::seal) saved. Returns `None` if it cannot be read.
    pub(super) fn restore(&mut self, saved: &Saved) -> Option<()> {
        let tenant: CompactString = std::str::from_utf8(saved.bytes.as_deref()?).ok()?.into();
        *self.counts.entry(tenant.clone()).or_default() += 1;
        let newest = EventTime::BEFORE_ALL;
        self.keys
            .insert(saved.key.clone(), Owned { tenant, newest });
        Some(())
    }

    /// Restores the newest time of each key, which its shard knows.
    pub(super) fn restore_times(&mut self, newest: impl Fn(&str) -> Option<EventTime>) {
        for (key, owned) in &mut self.keys {
            owned.newest = newest(key).unwrap_or(owned.newest);
        }
    }
}
