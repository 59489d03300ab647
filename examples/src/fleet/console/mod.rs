//! What the process prints.

pub(crate) mod stdout;
