//! Partitions of an input and offsets within them.

use std::{fmt, sync::Arc};

/// One ordered part of an input, such as `telemetry/3` or `file:rides.ndjson#1f2e..`: the unit of
/// work, progress and ownership.
///
/// The name is opaque: only the source that created it can interpret it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(Arc<str>);

impl Partition {
    /// Creates a partition from the name that its source gives it.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(Arc::from(name.as_ref()))
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Partition {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The place of a record in its partition.
///
/// Where reading resumes, it is the place of the first record that has not been read.
///
/// A byte position for a file, a record number for a log. Offsets increase but need not be
/// consecutive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
