//! The loop of the reading thread, which sends the reader's chunks to the source.

use std::sync::mpsc as blocking;

use fleet_core::{
    Partition, Result,
    source::{Batch, Chunk, SourceEvent},
};
use tokio::sync::mpsc;

use super::reader::{Reader, Step};
use crate::files::options::AtEnd;

/// Steps the reader and sends what it emits, until the inputs end or the source is dropped.
pub(crate) fn read(
    mut reader: Reader,
    partition: &Partition,
    at_end: AtEnd,
    to: &mpsc::Sender<Result<SourceEvent<Chunk>>>,
    stopped: &blocking::Receiver<()>,
) {
    let mut idle = false;
    while !to.is_closed() {
        let (event, last) = match reader.step() {
            Ok(Step::Busy) => continue,
            Ok(Step::Wait) => {
                if !idle && to.blocking_send(Ok(SourceEvent::Idle)).is_err() {
                    return;
                }
                idle = true;
                if let AtEnd::Follow { poll } = at_end
                    && stopped.recv_timeout(poll) == Err(blocking::RecvTimeoutError::Disconnected)
                {
                    return;
                }
                continue;
            }
            Ok(Step::Chunk(payload, next)) => {
                let partition = partition.clone();
                let batch = Batch {
                    partition,
                    next,
                    time: None,
                    mark: None,
                    payload,
                };
                (Ok(SourceEvent::Batch(batch)), false)
            }
            Ok(Step::End) => (Ok(SourceEvent::End(partition.clone())), true),
            Err(error) => (Err(error), true),
        };
        idle = false;
        if to.blocking_send(event).is_err() || last {
            return;
        }
    }
}
