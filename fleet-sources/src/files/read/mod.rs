//! Reading opened inputs: a state machine, and the thread that drives it.

pub(super) mod reader;
pub(super) mod thread;
