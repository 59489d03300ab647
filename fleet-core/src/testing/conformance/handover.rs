//! The ways in which a source gives a partition away.

/// How a source gives a partition away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handover {
    /// By [`Revoking`](crate::source::SourceEvent::Revoking): there is time for a commit.
    Revoking,
    /// By [`Lost`](crate::source::SourceEvent::Lost): what was not committed is read again.
    Lost,
}
