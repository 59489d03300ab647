//! Messages for topics, and the ids by which readers drop what they got before.

mod message;
mod topic_name;

pub(crate) use message::content_id;
pub use message::{CONTENT_ID, OutboxMessage};
#[cfg(feature = "kafka")]
pub(crate) use topic_name::topic_name_refusal;
