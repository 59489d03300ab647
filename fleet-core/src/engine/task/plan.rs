//! The plan of a pipeline, which its tasks share.

use std::sync::Arc;

use super::KeyLimits;
use crate::engine::{
    graph::{Clock, Graph},
    order::Order,
    outlet::{Outlet, Tally},
};

/// The settings of a pipeline, which its tasks share.
pub(crate) struct Plan<E> {
    pub(crate) name: Arc<str>,
    /// How the input is decoded. Part of the structure.
    pub(crate) reading: String,
    pub(crate) order: Order,
    pub(crate) graph: Graph<E>,
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) keys: KeyLimits,
    /// Whether panics are isolated.
    pub(crate) isolate: bool,
    /// The clock that measures the nodes, if metrics are recorded.
    pub(crate) clock: Option<Clock>,
}
