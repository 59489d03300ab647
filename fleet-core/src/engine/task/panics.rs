//! Panics of code that the pipeline was given: caught, and traced to a step.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    data::{Error, ErrorKind, Offset, Partition},
    engine::graph::{At, Meter, Node},
};

/// Which step of a shard panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PanicSite {
    /// The decoder.
    Decode,
    /// The entry of the graph, which asks events for key, time and identity.
    Order,
    /// The node of this place.
    Node(usize),
    /// Words of tallies, and copies of rows for sinks.
    Results,
    /// The state of the node of this place, or the rows that wait, being saved.
    Save(Option<usize>),
}

impl PanicSite {
    /// Its name in dead letters and messages.
    pub(super) fn name(self, nodes: &[(Box<dyn Node>, Meter)]) -> &str {
        match self {
            Self::Decode => "decode",
            Self::Order | Self::Save(None) => "order",
            Self::Node(place) | Self::Save(Some(place)) => {
                nodes.get(place).map_or("", |(node, _)| node.shape().name)
            }
            Self::Results => "results",
        }
    }
}

/// A panic of code that the pipeline was given.
#[derive(Debug)]
pub(super) struct Panicked {
    pub(super) site: PanicSite,
    /// What the node was working on.
    pub(super) at: At,
    /// Its message.
    pub(super) reason: String,
}

impl Panicked {
    pub(super) fn new(site: PanicSite, reason: String) -> Self {
        let at = At::Nothing;
        Self { site, at, reason }
    }

    /// The error that stops the pipeline; the panic happened somewhere in these records.
    pub(super) fn error(
        &self,
        nodes: &[(Box<dyn Node>, Meter)],
        partition: &Partition,
        records: std::ops::Range<Offset>,
    ) -> Error {
        let (step, reason) = (self.site.name(nodes), &self.reason);
        let message = match self.site {
            PanicSite::Save(_) => format!(
                "`{step}` panicked when its state was encoded, and nothing since the last commit is \
                 committed: mend it, no record is to blame: {reason}"
            ),
            _ => format!(
                "`{step}` panicked over the records from offset {} to before {}, and nothing of them is \
                 committed: mend it, or isolate panics: {reason}",
                records.start, records.end
            ),
        };
        Error::new(ErrorKind::Panic, message).at(partition, records.start)
    }
}

/// Does the work. A panic comes back as its message; whatever the work changes may be half done
/// then.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| message(&*panic))
}

/// The message that `panic!` was given.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it gave no message".into())
}
