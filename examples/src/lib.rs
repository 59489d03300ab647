#![doc = include_str!("../../README.md")]
//!
#![doc = include_str!("../../ARCHITECTURE.md")]

use fleet_core::{
    Error, ErrorKind, Result, Source,
    source::{Chunk, SourceEvent},
};

/// All that a source gives, as text: what an example counts again by a plain loop.
///
/// # Errors
/// Those of the source, and bytes that are no text.
pub async fn everything<S: Source<Payload = Chunk>>(mut source: S) -> Result<String> {
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
        .map_err(|cause| Error::new(ErrorKind::Source, "the source gives no text").because(cause))
}
