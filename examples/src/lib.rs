//! Shared code of the examples. README.md, which shows every feature, and ARCHITECTURE.md are
//! compiled as its doc tests.
//!
#![cfg_attr(all(feature = "kafka", feature = "postgres"), doc = include_str!("../../README.md"))]
//!
#![doc = include_str!("../../ARCHITECTURE.md")]

#[cfg(feature = "kafka")]
pub mod kafka;
pub mod rest;

use fleet_core::{
    Error, ErrorKind, Result, Source,
    source::{Chunk, SourceEvent},
};

/// Reads a source to its end and returns it as text, for an example that checks its result with a
/// plain loop.
///
/// # Errors
/// Returns an error if the source fails or its bytes are not UTF-8.
pub async fn read_to_string<S: Source<Payload = Chunk>>(mut source: S) -> Result<String> {
    let mut bytes = Vec::new();
    loop {
        match source.next().await? {
            SourceEvent::Assigned(partitions) => {
                for partition in &partitions {
                    source.start(partition, None).await?;
                }
            }
            SourceEvent::Batch(batch) => bytes.extend(batch.payload.bytes),
            SourceEvent::End(_) => break,
            _ => {}
        }
    }
    String::from_utf8(bytes)
        .map_err(|cause| Error::new(ErrorKind::Source, "the source is not UTF-8").because(cause))
}
