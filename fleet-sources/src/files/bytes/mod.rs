//! The bytes of an input: how they are read and decompressed, and where records end in them.

pub(super) mod record_ends;
pub(super) mod stream;
