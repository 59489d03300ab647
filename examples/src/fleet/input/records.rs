//! Reading an input to its end without a pipeline.

use fleet_core::{
    Decode, Result, Source,
    checkpoint::Fates,
    decode::Entry,
    source::{Chunk, SourceEvent},
};
use fleet_sources::FileSource;

/// Decodes a source to its end, passes every event to `on_event`, and returns the counts and dead
/// letters of its records.
///
/// # Errors
/// Returns an error if the source cannot be read.
pub(crate) async fn read_all<D: Decode<Chunk>>(
    mut source: FileSource,
    decode: &D,
    mut on_event: impl FnMut(D::Event),
) -> Result<Fates> {
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    loop {
        match source.next().await? {
            SourceEvent::Assigned(partitions) => {
                for partition in &partitions {
                    source.start(partition, None).await?;
                }
            }
            SourceEvent::Batch(batch) => {
                decode.decode(batch.payload, &mut Entry::new(&mut rows, &mut fates));
                rows.drain(..).for_each(|(_, event)| on_event(event));
            }
            SourceEvent::End(_) => return Ok(fates),
            _ => {}
        }
    }
}
