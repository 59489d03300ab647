//! How many keys each tenant has, and which new ones are refused.

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

/// Which keys each tenant has, so that a producer that sends a new one with every event fills no memory.
///
/// It looks at records in the order of the input before they are dealt to shards, so what it lets in depends
/// on the records alone.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    keys: HashMap<CompactString, Owned, foldhash::fast::RandomState>,
    counts: HashMap<CompactString, usize>,
    /// Keys that came or went since the last seal.
    dirty: BTreeSet<CompactString>,
}

/// What decides about a list of events.
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
    /// Refuses rows of new keys past the bound: takes them out of the lists, which are each in the order of the
    /// input.
    pub(super) fn gate<E: Event>(
        &mut self,
        rules: &Rules<'_>,
        lists: &mut [(Option<EventTime>, &mut Events<E>)],
        is_known: impl Fn(&str) -> bool,
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
        let mut from = Offset(0);
        for sweep in ends {
            let upto = sweep.map_or(Offset(u64::MAX), |sweep| sweep.at);
            let mut new = Vec::new();
            for (log, events) in lists.iter() {
                let latest = order.latest(*log);
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
                // Those of a run without a bound are known and belong to no one yet.
                let most = if is_known(event.key()) {
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
                             bound: no new one is taken"
                        );
                        fates.dead_letter(offset, STEP, &reason);
                    }
                }
            }
            if let Some(sweep) = sweep {
                self.forget_before(sweep.horizon);
                from = sweep.at;
            }
        }
        if !refused.is_empty() {
            refused.sort_unstable();
            for (_, events) in lists {
                events.retain(|offset| refused.binary_search(&offset).is_err());
            }
        }
    }

    /// Notes an event of a key that is known; `false` when it is not.
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

    /// Takes back what [`seal`](Self::seal) saved; `None` when it cannot be read.
    pub(super) fn restore(&mut self, saved: &Saved) -> Option<()> {
        let tenant: CompactString = std::str::from_utf8(saved.bytes.as_deref()?).ok()?.into();
        *self.counts.entry(tenant.clone()).or_default() += 1;
        let newest = EventTime::BEFORE_ALL;
        self.keys
            .insert(saved.key.clone(), Owned { tenant, newest });
        Some(())
    }

    /// After a restart: the newest time of each key is known where its rows are.
    pub(super) fn restore_times(&mut self, newest: impl Fn(&str) -> Option<EventTime>) {
        for (key, owned) in &mut self.keys {
            owned.newest = newest(key).unwrap_or(owned.newest);
        }
    }
}
