//! The plan of a pipeline, which its tasks share.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use crate::{
    engine::{
        graph::{Clock, Graph, is_of_late},
        order::Order,
        outlet::{Outlet, Tally},
    },
    event::Event,
};

/// The settings of a pipeline, which its tasks share.
pub(crate) struct Plan<E> {
    pub(crate) name: Arc<str>,
    /// How the input is decoded. Part of the structure.
    pub(crate) reading: String,
    pub(crate) order: Order,
    /// Whether there is no order stage: rows are taken as they arrive, and no key is known.
    pub(crate) by_arrival: bool,
    pub(crate) graph: Graph<E>,
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) keys: KeyLimits,
    /// Whether panics are isolated.
    pub(crate) isolate: bool,
    /// The clock that measures the nodes, if metrics are recorded.
    pub(crate) clock: Option<Clock>,
}

/// The limits on keys.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyLimits {
    /// How long a key may be silent before it is forgotten.
    pub(crate) ttl: Option<Duration>,
    /// The number of keys that a tenant may have in one partition.
    pub(crate) per_tenant: Option<NonZeroUsize>,
}

impl<E: Event> Plan<E> {
    /// Returns whether anything reads the late events.
    pub(super) fn reads_late(&self) -> bool {
        let outlets = self.outlets.iter().map(|outlet| outlet.slot);
        let mut slots = outlets.chain(self.tallies.iter().map(|tally| tally.slot));
        slots.any(is_of_late) || self.graph.reads_late()
    }
}

impl KeyLimits {
    /// Returns whether there is no limit.
    pub(crate) fn is_none(self) -> bool {
        self.ttl.is_none() && self.per_tenant.is_none()
    }
}
