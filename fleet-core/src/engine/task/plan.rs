//! What all tasks of a pipeline have in common.

use std::sync::Arc;

use super::KeyLimits;
use crate::engine::{
    graph::{Clock, Graph},
    order::Order,
    outlet::{Outlet, Tally},
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
    pub(crate) keys: KeyLimits,
    /// A panic costs one record, not the run.
    pub(crate) isolate: bool,
    /// Measures the nodes, if anyone wants to know.
    pub(crate) clock: Option<Clock>,
}
