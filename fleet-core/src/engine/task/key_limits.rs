//! Limits on the keys of a partition: their time to live, and their number per tenant.

use super::{
    Plan, Replay,
    plan::KeyLimits,
    tenants::{Rules, Tenants},
    time_to_live::{PartitionTime, Sweep},
};
use crate::{
    contracts::checkpoint::{Fates, Saved},
    data::EventTime,
    engine::entries::SnapshotEntry,
    event::Event,
    rows::Events,
};

/// Inspects all events of a turn before they reach the shards.
#[derive(Debug, Default)]
pub(super) struct KeyGate {
    time: PartitionTime,
    tenants: Tenants,
}

impl KeyGate {
    /// Refuses new keys beyond the limit of their tenant, and returns the sweeps of silent keys.
    /// `newest` returns the newest time of a key that its shard knows.
    pub(super) fn admit<E: Event>(
        &mut self,
        plan: &Plan<E>,
        lists: &mut [&mut Events<E>],
        replay: Option<&Replay>,
        newest: impl Fn(&str) -> Option<EventTime>,
        fates: &mut Fates,
    ) -> Vec<Sweep> {
        let KeyLimits { ttl, per_tenant } = plan.keys;
        let read = lists.iter().flat_map(|events| events.runs());
        let sweeps = ttl.map(|ttl| self.time.advance(ttl, &plan.order, read));
        let sweeps = sweeps.unwrap_or_default();
        if let Some(most) = per_tenant {
            let rules = Rules {
                most,
                order: &plan.order,
                sweeps: &sweeps,
                replay,
            };
            self.tenants.gate(&rules, lists, newest, fates);
        }
        sweeps
    }

    /// Appends the entries that changed since the last call.
    pub(super) fn seal(&mut self, to: &mut Vec<Saved>) {
        self.time.seal(to);
        self.tenants.seal(to);
    }

    /// Restores one entry, if it belongs to this gate. Returns `None` if it cannot be read.
    pub(super) fn restore(&mut self, entry: &SnapshotEntry<'_>, saved: &Saved) -> Option<()> {
        match entry {
            SnapshotEntry::PartitionTime => self.time.restore(saved),
            SnapshotEntry::TenantKey => self.tenants.restore(saved),
            _ => Some(()),
        }
    }

    /// Restores the newest time of each key, which its shard knows.
    pub(super) fn restore_times(&mut self, newest: impl Fn(&str) -> Option<EventTime>) {
        self.tenants.restore_times(newest);
    }
}
