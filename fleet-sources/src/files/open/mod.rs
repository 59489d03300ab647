//! Opening an input: its beginning, its header, and the identity of all inputs together.

pub(super) mod beginning;
pub(super) mod identity;
pub(super) mod opened;
