//! Standard output and error messages.

pub(crate) mod failure;
pub(crate) mod stdout;
pub(crate) mod usage;
