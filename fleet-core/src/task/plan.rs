use std::sync::Arc;

use crate::{
    Order,
    graph::{Clock, Graph},
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
    /// Measures the nodes, if anyone wants to know.
    pub(crate) clock: Option<Clock>,
}
