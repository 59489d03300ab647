//! [`FileSource`], which opens the inputs and hands their chunks to the driver.

use std::{sync::mpsc as blocking, thread::Builder};

use async_trait::async_trait;
use fleet_core::{
    Error, Offset, Partition, Result, Source,
    source::{Chunk, OnePartition, Position, Replayable, SourceEvent},
};
use tokio::sync::mpsc;

use super::{
    error::{FileError, fail_if_any},
    input::{Input, InputKind},
    open::{
        identity,
        opened::{Body, InputHeader, OpenedInput},
    },
    options::{AtEnd, FileOptions},
    read::{reader::Reader, thread::read},
};

/// How many chunks may wait between the reading thread and the pipeline. Our choice: enough that
/// reading continues while several workers take all of them at once; 2 MiB of memory.
const READ_AHEAD: usize = 8;

/// A source of the records in files, in standard input, or in anything that implements
/// [`Read`](std::io::Read).
///
/// # Shape
/// All inputs together form **one** partition, in the order given. An offset counts bytes in the
/// concatenation of the (decompressed) inputs, headers and line ends included. The partition's name
/// contains the first input's file name and a hash of every input's full path and beginning, so a
/// replaced file makes a different partition.
///
/// # Guarantees
/// - A chunk holds whole records of one input. The last record of a file never merges with the
///   first one of the next, even without a line end.
/// - Reading resumes at any committed offset with the same records. In a plain file the source
///   seeks to it; a compressed file or a pipe is read from its beginning, and the bytes before the
///   offset are discarded.
/// - A record longer than [`MAX_RECORD_BYTES`](fleet_core::dialect::MAX_RECORD_BYTES) is never held
///   in memory as a whole: its first 4 KiB come as a chunk with [`cut`](Chunk::cut) set.
/// - An offset at which no record begins is refused, which detects that the inputs changed. One
///   change goes undetected: an earlier input that grew or shrank by whole records.
/// - A byte order mark at the beginning of an input is not part of its first record.
///
/// # Examples
/// ```
/// use fleet_core::{Offset, Source, source::SourceEvent};
/// use fleet_sources::{FileOptions, FileSource, Input};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let input = Input::reader("two rides", &b"{\"ride\":1}\n{\"ride\":2}"[..]);
/// let mut source = FileSource::open([input], FileOptions::default())?;
///
/// let SourceEvent::Assigned(mine) = source.next().await? else {
///     panic!("the first event assigns the partition")
/// };
/// source.start(&mine[0], None).await?;
/// let (mut bytes, mut next) = (Vec::new(), Offset(0));
/// while let SourceEvent::Batch(batch) = source.next().await? {
///     bytes.extend(batch.payload.bytes);
///     next = batch.next;
/// }
/// assert_eq!(bytes, b"{\"ride\":1}\n{\"ride\":2}");
/// assert_eq!(next, Offset(21));
/// # Ok::<(), fleet_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Of kind `Config` for inputs that cannot be opened, of kind `Source` for what fails later. Each
/// names the input. None is retryable, because a damaged file does not recover by itself.
///
/// # Cost
/// One thread, which pauses while eight chunks wait to be taken. Dropping the source does not join
/// a thread that is blocked on a pipe, so stopping never waits for standard input.
#[derive(Debug)]
pub struct FileSource {
    inputs: Vec<OpenedInput>,
    headers: Vec<InputHeader>,
    options: FileOptions,
    /// Unknown until the first record of a followed file is complete.
    one: Option<OnePartition>,
    /// `None` before the start, and after an error.
    reading: Option<Reading>,
}

#[derive(Debug)]
struct Reading {
    chunks: mpsc::Receiver<Result<SourceEvent<Chunk>>>,
    /// Dropping it wakes a thread that waits for a file to grow.
    _stop: blocking::SyncSender<()>,
}

impl FileSource {
    /// Opens the inputs and reads their beginnings. Blocks until the first record of a pipe
    /// arrives.
    ///
    /// # Errors
    /// Lists every input that cannot be opened, with the reason: it is missing, not readable, a
    /// directory, or damaged gzip. Also refuses an empty list, standard input given twice, a last
    /// input that cannot be followed, and a chunk size of 0.
    pub fn open<I: Into<Input>>(
        inputs: impl IntoIterator<Item = I>,
        options: FileOptions,
    ) -> Result<Self> {
        let inputs: Vec<Input> = inputs.into_iter().map(Into::into).collect();
        let mut errors = Vec::new();
        let standard = inputs
            .iter()
            .filter(|input| matches!(input.0, InputKind::StandardInput));
        match standard.count() {
            0 | 1 => {}
            times => errors.push(FileError::StandardInputAgain(times)),
        }
        if inputs.is_empty() {
            errors.push(FileError::NoInput);
        }
        if options.chunk_bytes == 0 {
            errors.push(FileError::NoChunk);
        }
        // Report these before waiting for a pipe.
        fail_if_any(std::mem::take(&mut errors))?;
        let mut opened = Vec::with_capacity(inputs.len());
        for input in inputs {
            match OpenedInput::new(input, options.format) {
                Ok(input) => opened.push(input),
                Err(error) => errors.push(error),
            }
        }
        if let (AtEnd::Follow { .. }, Some(last)) = (options.at_end, opened.last())
            && !matches!(last.body, Body::Plain(_))
        {
            errors.push(FileError::CannotFollow(last.name.to_string()));
        }
        fail_if_any(errors)?;
        let mut source = Self {
            headers: Vec::new(),
            inputs: opened,
            options,
            one: None,
            reading: None,
        };
        source.name_partition();
        Ok(source)
    }

    /// The partition, under whose name progress is stored; `None` only while a followed file has no
    /// complete record.
    pub fn partition(&self) -> Option<&Partition> {
        self.one.as_ref().map(OnePartition::partition)
    }

    /// The header of each input, in order, so that columns can be checked before reading starts.
    pub fn headers(&self) -> &[InputHeader] {
        &self.headers
    }

    /// The current size of all inputs together, bytes; `None` if one of them is compressed or a
    /// pipe.
    pub fn total_bytes(&self) -> Option<u64> {
        let sizes = self.inputs.iter().map(|input| input.size().ok().flatten());
        sizes.sum()
    }

    /// Names the partition once the beginnings that its name depends on can no longer change.
    fn name_partition(&mut self) {
        self.headers = self.inputs.iter().map(OpenedInput::header).collect();
        let settled = self.inputs.last().is_none_or(|last| last.settled);
        if settled || self.options.at_end == AtEnd::End {
            self.one = Some(OnePartition::new(identity::partition(&self.inputs)));
        }
    }

    /// Waits until a followed file has its first record, and the partition its name.
    async fn known_partition(&mut self) -> Result<()> {
        while self.one.is_none() {
            if let AtEnd::Follow { poll } = self.options.at_end {
                tokio::time::sleep(poll).await;
            }
            if let Some(last) = self.inputs.last_mut() {
                last.refresh(self.options.format)?;
            }
            self.name_partition();
        }
        Ok(())
    }

    fn stopped(&self) -> Error {
        let name = self.first_name();
        FileError::Stopped { name }.into()
    }

    #[cfg(test)]
    pub(super) fn inputs_for_tests(&mut self) -> Vec<OpenedInput> {
        self.inputs
            .iter_mut()
            .map(|input| input.for_reader().unwrap())
            .collect()
    }
    #[cfg(test)]
    pub(super) fn options_for_tests(&self) -> FileOptions {
        self.options
    }

    fn first_name(&self) -> String {
        self.inputs
            .first()
            .map_or(String::new(), |input| input.name.to_string())
    }
}

#[async_trait]
impl Source for FileSource {
    type Payload = Chunk;

    fn follows(&self) -> bool {
        matches!(self.options.at_end, AtEnd::Follow { .. })
    }

    async fn next(&mut self) -> Result<SourceEvent<Chunk>> {
        self.known_partition().await?;
        let Some(one) = &mut self.one else {
            return Err(self.stopped());
        };
        if let Some(assigned) = one.ready().await {
            return Ok(assigned);
        }
        let event = match &mut self.reading {
            Some(reading) => reading.chunks.recv().await,
            None => None,
        };
        match event {
            Some(Ok(SourceEvent::End(_))) => Ok(one.end()),
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                self.reading = None;
                Err(error)
            }
            None => Err(self.stopped()),
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.known_partition().await?;
        let Some(one) = &mut self.one else {
            return Err(self.stopped());
        };
        one.start(partition, at)?;
        let at = one.at();
        self.reading = None;
        let inputs = self.inputs.iter_mut().map(OpenedInput::for_reader);
        let inputs = inputs.collect::<Result<Vec<_>, FileError>>()?;
        let reader = Reader::new(inputs, partition.clone(), self.options, at);
        let (to, chunks) = mpsc::channel(READ_AHEAD);
        let (stop, stopped) = blocking::sync_channel(0);
        let (own, at_end) = (partition.clone(), self.options.at_end);
        Builder::new()
            .name("fleet-files".into())
            .spawn(move || read(reader, &own, at_end, &to, &stopped))
            .map_err(|cause| FileError::Thread {
                name: self.first_name(),
                cause,
            })?;
        let _stop = stop;
        self.reading = Some(Reading { chunks, _stop });
        Ok(())
    }

    fn pause(&mut self, _: &Partition) {
        self.one.iter_mut().for_each(OnePartition::pause);
    }

    fn resume(&mut self, _: &Partition) {
        self.one.iter_mut().for_each(OnePartition::resume);
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        let ours = self.partition() == Some(partition);
        self.total_bytes().filter(|_| ours).map(Offset)
    }
}

impl Replayable for FileSource {}
