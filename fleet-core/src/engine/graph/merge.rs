//! A node that merges the rows of several streams into one stream.

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

    fn run(&mut self, slots: &mut Slots, now: &Now<'_>) {
        let mut out = slots.take(self.to);
        for from in &self.of {
            out.extend(slots.rows(*from).iter().cloned());
        }
        // All rows of one time are in one pass, so rows with equal times keep the order of the
        // streams in any batching. With a bound of 0 each row is its own pass, so the order of
        // arrival decides.
        if now.by_arrival {
            out.sort_by_key(|row| (row.at, row.offset));
        } else {
            out.sort_by_key(|row| row.at);
        }
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
