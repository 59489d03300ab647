use std::{sync::mpsc as blocking, thread::Builder};

use async_trait::async_trait;
use fleet_core::{
    Offset, Partition, Result, Source,
    source::{Chunk, Replayable, SourceEvent},
};
use tokio::sync::mpsc;

use super::{
    error::{self, FileError},
    input::{Input, Kind},
    open::{
        identity,
        opened::{Body, InputHeader, Opened},
    },
    options::{AtEnd, FileOptions},
    read::{reader::Reader, thread::read},
};

/// How many chunks may lie between the reading thread and the pipeline. Our choice: reading goes on
/// while several workers take them all at once, and 2 MiB of memory is no burden.
const READ_AHEAD: usize = 8;

/// Records of files, of standard input, of anything that can be read.
///
/// # Shape
/// All inputs together are **one** partition, in the order given. An offset is a byte of the
/// (decompressed) inputs laid end to end, headers and line ends included. The partition's name holds the
/// first input's file name and a hash of every input's full path and beginning, so a replaced file is
/// another partition.
///
/// # Guarantees
/// - Chunks hold whole records of one input; two files never run together, whatever the first ends in.
/// - From every committed offset the same records come again. A plain file is entered there directly,
///   a compressed one and a pipe are read and skipped up to there.
/// - A record longer than [`MAX_RECORD_BYTES`](fleet_core::dialect::MAX_RECORD_BYTES) is never in memory
///   as a whole: its first 4 KiB come as a chunk with [`cut`](Chunk::cut) set.
/// - An offset that no longer lies where a record begins is refused, so inputs that changed are noticed.
///   That holds for all changes but one: an earlier input that grew or shrank by whole records.
/// - A byte order mark at the beginning of an input is no part of its first record.
///
/// # Examples
/// ```
/// use fleet_core::{Offset, Source, source::SourceEvent};
/// use fleet_sources::{FileOptions, FileSource, Input};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let input = Input::reader("two rides", &b"{\"ride\":1}\n{\"ride\":2}"[..]);
/// let mut source = FileSource::open([input], FileOptions::default())?;
///
/// let SourceEvent::Assigned(mine) = source.next().await? else { panic!("it begins with its partition") };
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
/// Of kind `Config` for inputs that cannot be opened, of kind `Source` for what happens later; each
/// names the input, and none is retryable, because a file does not heal by itself.
///
/// # Cost
/// One thread, which rests while eight chunks are waiting. A thread that waits for a pipe is left behind
/// when the source drops, so that stopping never waits for standard input.
#[derive(Debug)]
pub struct FileSource {
    inputs: Vec<Opened>,
    headers: Vec<InputHeader>,
    options: FileOptions,
    /// Not known while the first record of a followed file is not complete.
    partition: Option<Partition>,
    state: State,
    paused: bool,
}

#[derive(Debug)]
enum State {
    New,
    Assigned,
    Reading {
        chunks: mpsc::Receiver<Result<SourceEvent<Chunk>>>,
        /// Dropped with the rest, which wakes a thread that waits for a file to grow.
        _stop: blocking::SyncSender<()>,
    },
    Ended,
    Stopped,
}

impl FileSource {
    /// Opens the inputs and reads their beginnings. It waits for the first record of a pipe.
    ///
    /// # Errors
    /// Lists every input that cannot be opened, and why: not there, not readable, a directory, no gzip
    /// file; also standard input given twice, and a last input that cannot be followed.
    pub fn open<I: Into<Input>>(
        inputs: impl IntoIterator<Item = I>,
        options: FileOptions,
    ) -> Result<Self> {
        let inputs: Vec<Input> = inputs.into_iter().map(Into::into).collect();
        let mut errors = Vec::new();
        let standard = inputs
            .iter()
            .filter(|input| matches!(input.0, Kind::StandardInput));
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
        // Before a pipe is waited for.
        error::all(std::mem::take(&mut errors))?;
        let mut opened = Vec::with_capacity(inputs.len());
        for input in inputs {
            match Opened::new(input, options.format) {
                Ok(input) => opened.push(input),
                Err(error) => errors.push(error),
            }
        }
        if let (AtEnd::Follow { .. }, Some(last)) = (options.at_end, opened.last())
            && !matches!(last.body, Body::Plain(_))
        {
            errors.push(FileError::CannotFollow(last.name.to_string()));
        }
        error::all(errors)?;
        let mut source = Self {
            headers: Vec::new(),
            inputs: opened,
            options,
            partition: None,
            state: State::New,
            paused: false,
        };
        source.name();
        Ok(source)
    }

    /// The partition, under whose name progress is stored. `None` only while a followed file has no
    /// complete record.
    pub fn partition(&self) -> Option<&Partition> {
        self.partition.as_ref()
    }

    /// The header of each input, in their order, so that columns can be checked before anything is read.
    pub fn headers(&self) -> &[InputHeader] {
        &self.headers
    }

    /// The size of all inputs as they are now, bytes; unknown as soon as one is compressed or a pipe.
    pub fn total_bytes(&self) -> Option<u64> {
        let sizes = self.inputs.iter().map(|input| input.size().ok().flatten());
        sizes.sum()
    }

    /// Gives the partition its name, once the beginnings that are part of it cannot change any more.
    fn name(&mut self) {
        self.headers = self.inputs.iter().map(Opened::header).collect();
        let settled = self.inputs.last().is_none_or(|last| last.settled);
        if settled || self.options.at_end == AtEnd::End {
            self.partition = Some(identity::partition(&self.inputs));
        }
    }

    /// Waits until the followed file has a first record.
    async fn named(&mut self) -> Result<Partition> {
        loop {
            if let Some(partition) = &self.partition {
                return Ok(partition.clone());
            }
            if let AtEnd::Follow { poll } = self.options.at_end {
                tokio::time::sleep(poll).await;
            }
            if let Some(last) = self.inputs.last_mut() {
                last.look_again(self.options.format)?;
            }
            self.name();
        }
    }

    #[cfg(test)]
    pub(super) fn inputs_for_tests(&mut self) -> Vec<Opened> {
        self.inputs
            .iter_mut()
            .map(|input| input.hand_over().unwrap())
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
        match &mut self.state {
            State::New => {
                let partition = self.named().await?;
                self.state = State::Assigned;
                Ok(SourceEvent::Assigned(vec![partition]))
            }
            State::Reading { chunks, .. } if !self.paused => {
                let event = chunks.recv().await;
                match &event {
                    Some(Ok(SourceEvent::End(_))) => self.state = State::Ended,
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => self.state = State::Stopped,
                }
                event.unwrap_or_else(|| {
                    Err(FileError::Stopped {
                        name: self.first_name(),
                    }
                    .into())
                })
            }
            State::Stopped => Err(FileError::Stopped {
                name: self.first_name(),
            }
            .into()),
            State::Assigned | State::Reading { .. } | State::Ended => std::future::pending().await,
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<Offset>) -> Result<()> {
        let own = self.named().await?;
        if *partition != own {
            let (asked, own) = (partition.to_string(), own.to_string());
            return Err(FileError::NotOurs { asked, own }.into());
        }
        let inputs = self.inputs.iter_mut().map(Opened::hand_over);
        let inputs = inputs.collect::<Result<Vec<_>, FileError>>()?;
        let reader = Reader::new(inputs, own.clone(), self.options, at.unwrap_or_default());
        let (to, chunks) = mpsc::channel(READ_AHEAD);
        let (stop, stopped) = blocking::sync_channel(0);
        let at_end = self.options.at_end;
        Builder::new()
            .name("fleet-files".into())
            .spawn(move || read(reader, &own, at_end, &to, &stopped))
            .map_err(|cause| FileError::Thread {
                name: self.first_name(),
                cause,
            })?;
        self.state = State::Reading {
            chunks,
            _stop: stop,
        };
        self.paused = false;
        Ok(())
    }

    fn pause(&mut self, _: &Partition) {
        self.paused = true;
    }

    fn resume(&mut self, _: &Partition) {
        self.paused = false;
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        let ours = self.partition.as_ref() == Some(partition);
        self.total_bytes().filter(|_| ours).map(Offset)
    }
}

impl Replayable for FileSource {}
