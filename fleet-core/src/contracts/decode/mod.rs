//! The contract of a decoder, which turns payloads into events, and the [`Entry`] that counts the
//! fate of each record.

mod contract;
mod entry;
mod numbering;
pub mod parallel;
mod typed;

pub use contract::Decode;
pub use entry::{Entry, MAX_RAW_BYTES, MAX_REASON_BYTES};
#[cfg(feature = "zip")]
pub(crate) use numbering::Numbering;
pub use parallel::{RetryCopy, SingleRecord};
pub use typed::Typed;
