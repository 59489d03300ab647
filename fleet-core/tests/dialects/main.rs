//! The dialects through the public API: described messages, pairs of dialects, recorded data.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers panic on failure and print what they check"
)]

mod described;
mod pairs;
#[cfg(feature = "csv")]
mod recorded_csv;
mod recorded_openxc;
mod recordings;
mod vehicleops;
