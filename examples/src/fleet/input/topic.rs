//! Topics of Apache Kafka as inputs.

use std::path::PathBuf;

use fleet_core::Result;

use crate::{console::failure::usage_error, topic::TopicAddress};

/// Returns the topic that the inputs name, or `None` if they are files.
///
/// # Errors
/// Refuses a topic beside other inputs, a malformed one, and one that this build cannot read.
pub(crate) fn topic(inputs: &[PathBuf]) -> Result<Option<TopicAddress>> {
    let parsed = |input: &PathBuf| TopicAddress::parse(&input.to_string_lossy());
    let mut topics = inputs.iter().filter_map(parsed);
    let Some(first) = topics.next() else {
        return Ok(None);
    };
    if inputs.len() > 1 {
        return Err(usage_error("a topic is the only input of a run".into()));
    }
    let topic = first.map_err(usage_error)?;
    if cfg!(feature = "kafka") {
        Ok(Some(topic))
    } else {
        Err(TopicAddress::not_built())
    }
}
