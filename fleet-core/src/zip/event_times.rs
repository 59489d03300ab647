//! Log times for files, which have none of their own: the times of their events.

use std::{fmt, ops::Range, sync::Arc, time::Duration};

use async_trait::async_trait;

use super::payload::ZipPayload;
use crate::{
    contracts::{
        Decode, Source,
        decode::{Entry, RetryCopy, SingleRecord},
        source::{Batch, Chunk, Replayable, SourceEvent},
    },
    data::{Error, ErrorKind, EventTime, InputOffset, Offset, Partition, Position, Result},
    dialect::Dialect,
    event::Event,
};

/// Lines whose event times are known. Every [dialect](crate::dialect) decodes them.
#[derive(Clone, Debug, Default)]
pub struct TimedChunk {
    chunk: Chunk,
    times: Arc<[(Offset, Option<EventTime>)]>,
}

impl TimedChunk {
    /// The lines.
    pub fn chunk(&self) -> &Chunk {
        &self.chunk
    }

    fn read<D: Dialect>(chunk: Chunk, dialect: &D) -> Self {
        let mut memo = dialect.memo(None);
        let mut times = Vec::new();
        if chunk.cut.is_some() {
            // The beginning of one record, which its decoder refuses.
            times.push((chunk.start, None));
        } else {
            let mut at = chunk.start;
            for line in chunk.bytes.split_inclusive(|byte| *byte == b'\n') {
                // An empty line is not a record.
                if !line.trim_ascii().is_empty() {
                    let text = std::str::from_utf8(line.trim_ascii_end()).ok();
                    let event = text.and_then(|text| dialect.read(text, &mut memo).ok()?);
                    times.push((at, event.map(|event| event.at())));
                }
                at.0 += line.len() as u64;
            }
        }
        Self {
            chunk,
            times: times.into(),
        }
    }

    /// The bytes from one record to another; to the end if that is behind the last.
    fn bytes(&self, records: &Range<usize>) -> &[u8] {
        let place = |record: usize| {
            let (at, _) = self.times.get(record)?;
            usize::try_from(at.0 - self.chunk.start.0).ok()
        };
        let all = &self.chunk.bytes;
        let from = place(records.start).unwrap_or(all.len());
        let upto = place(records.end).unwrap_or(all.len());
        all.get(from..upto).unwrap_or_default()
    }
}

impl ZipPayload for TimedChunk {
    fn times(&self) -> Vec<(Offset, Option<EventTime>)> {
        self.times.to_vec()
    }

    fn part(&self, records: Range<usize>) -> Self {
        let bytes = self.bytes(&records).to_vec();
        let times: Arc<[_]> = self.times.get(records).unwrap_or_default().into();
        let start = times.first().map_or(self.chunk.start, |(at, _)| *at);
        let header = self.chunk.header.clone();
        let (input, cut, newest) = (self.chunk.input, self.chunk.cut, self.chunk.newest);
        let chunk = Chunk {
            bytes,
            start,
            input,
            header,
            cut,
            newest,
        };
        Self { chunk, times }
    }

    fn raw(&self) -> Vec<u8> {
        self.chunk.bytes.trim_ascii_end().to_vec()
    }
}

impl<D: Dialect> Decode<TimedChunk> for D {
    type Event = D::Event;

    fn decode(&self, lines: TimedChunk, entry: &mut Entry<'_, D::Event>) {
        Decode::<Chunk>::decode(self, lines.chunk, entry);
    }

    fn copy_for_retry(&self, lines: &TimedChunk) -> Option<RetryCopy<TimedChunk>> {
        self.stands_alone().then(|| RetryCopy {
            payload: lines.clone(),
            records: |lines| {
                let record = |index: usize| {
                    let payload = lines.part(index..index + 1);
                    SingleRecord {
                        at: payload.chunk.start,
                        place: None,
                        raw: payload.raw(),
                        payload,
                    }
                };
                (0..lines.times.len()).map(record).collect()
            },
        })
    }
}

/// Gives the lines of a source the times of their events as log times, so that files can be zipped.
///
/// A line whose clock is wrong by hours or years holds its file back for as long, and what it held
/// back is late. So bound how far ahead a line may be, by
/// [`Zip::max_ahead`](super::Zip::max_ahead).
///
/// # Cost
/// Each line is read twice, here and in the task.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use fleet_core::{Partition, dialect::Native, source::{Chunk, Replayable}};
/// use fleet_core::zip::{EventTimes, Place, Several, Zip, ZipDecoder};
///
/// fn zipped(
///     telemetry: impl Replayable<Payload = Chunk> + 'static,
///     driving: impl Replayable<Payload = Chunk> + 'static,
/// ) -> fleet_core::Result<impl Replayable> {
///     let files = Several::new([
///         Box::new(EventTimes::new(telemetry, Native::default())?) as _,
///         Box::new(EventTimes::new(driving, Native::default())?) as _,
///     ]);
///     // Each file is an input.
///     let place = |partition: &Partition| {
///         let input = usize::from(partition.as_str().contains("driving"));
///         Some(Place { bundle: "drive".into(), input })
///     };
///     // Longer than a vehicle is silent, and shorter than a wrong clock is wrong.
///     Ok(Zip::new(files, 2, place).max_ahead(Duration::from_secs(3600)))
/// }
/// ```
pub struct EventTimes<S, D> {
    source: S,
    dialect: D,
}

impl<S, D> fmt::Debug for EventTimes<S, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventTimes").finish_non_exhaustive()
    }
}

impl<S: Source<Payload = Chunk>, D: Dialect> EventTimes<S, D> {
    /// Reads the times of the lines of a source with this dialect.
    ///
    /// # Errors
    /// Refuses a dialect whose records need those before them, because a zip divides lines
    /// anywhere.
    pub fn new(source: S, dialect: D) -> Result<Self> {
        if dialect.stands_alone() {
            return Ok(Self { source, dialect });
        }
        let message = "records of this dialect need those before them, so they cannot be zipped: \
                       convert them first, to one whose records have times of their own";
        Err(Error::new(ErrorKind::Config, message))
    }
}

#[async_trait]
impl<S: Source<Payload = Chunk>, D: Dialect> Source for EventTimes<S, D> {
    type Payload = TimedChunk;

    async fn next(&mut self) -> Result<SourceEvent<TimedChunk>> {
        Ok(match self.source.next().await? {
            SourceEvent::Batch(batch) => SourceEvent::Batch(Batch {
                payload: TimedChunk::read(batch.payload, &self.dialect),
                partition: batch.partition,
                next: batch.next,
                mark: batch.mark,
                time: batch.time,
            }),
            SourceEvent::Assigned(partitions) => SourceEvent::Assigned(partitions),
            SourceEvent::Revoking {
                partitions,
                within,
                done,
            } => SourceEvent::Revoking {
                partitions,
                within,
                done,
            },
            SourceEvent::Lost(partitions) => SourceEvent::Lost(partitions),
            SourceEvent::Idle => SourceEvent::Idle,
            SourceEvent::End(partition) => SourceEvent::End(partition),
            SourceEvent::Closed(partition) => SourceEvent::Closed(partition),
        })
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.source.start(partition, at).await
    }

    fn follows(&self) -> bool {
        self.source.follows()
    }

    fn repeats(&self) -> bool {
        self.source.repeats()
    }

    fn pause(&mut self, partition: &Partition) {
        self.source.pause(partition);
    }

    fn resume(&mut self, partition: &Partition) {
        self.source.resume(partition);
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        self.source.end(partition)
    }

    fn position(&self, partition: &Partition) -> Option<Offset> {
        self.source.position(partition)
    }

    fn ends(&self, partition: &Partition) -> Vec<InputOffset> {
        self.source.ends(partition)
    }

    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        self.source.lag_time(partition, committed)
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        self.source.committed(partition, upto).await
    }

    fn in_group(&self) -> bool {
        self.source.in_group()
    }

    fn fenced(&mut self, partition: &Partition) {
        self.source.fenced(partition);
    }
}

impl<S: Replayable<Payload = Chunk>, D: Dialect> Replayable for EventTimes<S, D> {}

#[cfg(test)]
mod tests {
    use super::{super::several::Several, *};
    use crate::dialect::{OpenXc, VehicleOps};

    fn line(second: u32) -> String {
        format!("{{\"vehicle_id\":\"car-1\",\"timestamp\":\"2024-02-15T14:32:{second:02}Z\"}}\n")
    }

    #[test]
    fn lines_have_the_times_of_their_events_however_they_are_divided() {
        let text = format!("\n{}broken\n\n{}{}", line(5), line(7), line(6).trim_end());
        let (bytes, start) = (text.into_bytes(), Offset(1000));
        let chunk = Chunk {
            bytes,
            start,
            ..Chunk::default()
        };
        let timed = TimedChunk::read(chunk, &VehicleOps::default());
        let time = |second: u32| EventTime::parse(&format!("2024-02-15T14:32:{second:02}Z")).ok();
        let times: Vec<_> = timed.times().iter().map(|(_, time)| *time).collect();
        assert_eq!(times, [time(5), None, time(7), time(6)]);
        for from in 0..4 {
            for upto in from..=4 {
                let part = timed.part(from..upto);
                assert_eq!(part.times(), timed.times()[from..upto]);
                let again = TimedChunk::read(part.chunk.clone(), &VehicleOps::default());
                assert_eq!(again.times(), part.times(), "{from}..{upto}");
            }
        }
        assert_eq!(timed.part(1..2).raw(), b"broken");
    }

    #[test]
    fn a_cut_record_is_one_and_a_dialect_that_needs_others_is_refused() {
        let chunk = Chunk {
            bytes: b"{\"a\":\n".to_vec(),
            cut: Some(2_000_000),
            ..Chunk::default()
        };
        let timed = TimedChunk::read(chunk, &VehicleOps::default());
        assert_eq!(timed.times(), [(Offset(0), None)]);
        assert_eq!(timed.part(0..1).chunk().cut, Some(2_000_000));

        let source = Several::new([]);
        let car = crate::data::VehicleId::new("car").unwrap();
        let refused = EventTimes::new(source, OpenXc::new(car)).unwrap_err();
        assert!(
            refused.to_string().contains("need those before"),
            "{refused}"
        );
    }
}
