//! Catches panics of user code, and attributes them to a step.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    data::{Error, ErrorKind, Offset, Partition},
    engine::graph::{At, Meter, Node},
};

/// The step that panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PanicSite {
    /// The decoder.
    Decode,
    /// The order buffer, which asks events for key, time and identity.
    Order,
    /// The node with this index.
    Node(usize),
    /// The words of tallies, and the copies of rows for sinks.
    Results,
    /// Encoding the state of the node with this index, or the rows in the order buffer.
    Save(Option<usize>),
}

impl PanicSite {
    /// Returns its name in dead letters and messages.
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

/// A caught panic of user code.
#[derive(Debug)]
pub(super) struct Panicked {
    pub(super) site: PanicSite,
    /// The row or timer that the node was processing.
    pub(super) at: At,
    /// The panic message.
    pub(super) reason: String,
}

impl Panicked {
    pub(super) fn new(site: PanicSite, reason: String) -> Self {
        let at = At::Nothing;
        Self { site, at, reason }
    }

    /// Returns the error that stops the pipeline. The panic happened within these records.
    pub(super) fn error(
        &self,
        nodes: &[(Box<dyn Node>, Meter)],
        partition: &Partition,
        records: std::ops::Range<Offset>,
    ) -> Error {
        let (step, reason) = (self.site.name(nodes), &self.reason);
        let message = match self.site {
            PanicSite::Save(_) => format!(
                "`{step}` panicked while its state was encoded, and nothing since the last commit is \
                 committed: fix the encoding, no record is to blame: {reason}"
            ),
            _ => format!(
                "`{step}` panicked over a record from offset {} to before {}, and none of these is \
                 committed: fix it, or isolate panics: {reason}",
                records.start, records.end
            ),
        };
        Error::new(ErrorKind::Panic, message).at(partition, records.start)
    }
}

/// Runs `work`, and returns a panic as its message. After a panic, whatever `work` changes may be
/// in an inconsistent state.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| message(&*panic))
}

/// Returns the message that was passed to `panic!`.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it gave no message".into())
}
