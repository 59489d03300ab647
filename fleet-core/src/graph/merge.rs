//! A node that puts the rows of several streams into one.

use std::sync::Arc;

use super::{
    Slots, Stream,
    node::{Node, Now, Shape},
};

pub(super) struct Merge<T> {
    pub(super) name: Arc<str>,
    pub(super) of: Vec<Stream<T>>,
    pub(super) to: Stream<T>,
}

impl<T: Clone + Send + Sync + 'static> Node for Merge<T> {
    fn fresh(&self, _: &str) -> Box<dyn Node> {
        Box::new(Self {
            name: Arc::clone(&self.name),
            of: self.of.clone(),
            to: self.to,
        })
    }

    fn run(&mut self, slots: &mut Slots, _: &Now<'_>) {
        let mut out = slots.take(self.to);
        for from in &self.of {
            out.extend_from_slice(slots.rows(*from));
        }
        // Stable: rows of one time stay in the order of the streams, so batching does not show.
        out.sort_by_key(|row| row.at);
        slots.put(self.to, out);
    }

    fn shape(&self) -> Shape<'_> {
        let from = self.of.iter().map(|stream| stream.slot).collect();
        Shape {
            name: &self.name,
            kind: "merge",
            from,
            to: self.to.slot,
            state: None,
        }
    }
}
