//! A stateless node that makes any number of rows from each row.

use std::sync::Arc;

use super::{
    Slots, Stream,
    node::{Node, Now, Shape, Watch},
};
use crate::rows::{Row, Rows};

pub(super) type Step<A, B> = Arc<dyn Fn(Rows<'_, A>, &mut Vec<Row<B>>, &Watch) + Send + Sync>;

pub(super) struct FlatMap<A, B> {
    pub(super) name: Arc<str>,
    pub(super) from: Stream<A>,
    pub(super) to: Stream<B>,
    pub(super) step: Step<A, B>,
}

impl<A: Send + Sync + 'static, B: Send + Sync + 'static> Node for FlatMap<A, B> {
    fn fresh(&self, _: &str) -> Box<dyn Node> {
        let (name, step) = (Arc::clone(&self.name), Arc::clone(&self.step));
        Box::new(Self {
            name,
            from: self.from,
            to: self.to,
            step,
        })
    }

    fn run(&mut self, slots: &mut Slots, now: &Now<'_>) {
        let mut out = slots.take(self.to);
        (self.step)(slots.rows(self.from), &mut out, now.watch);
        slots.put(self.to, out);
    }

    fn shape(&self) -> Shape<'_> {
        Shape {
            name: &self.name,
            kind: "flat_map",
            from: vec![self.from.slot],
            to: self.to.slot,
            state: None,
        }
    }
}
