//! Tests of the file source, and a reader without its thread that they share.

mod contract;
mod faults;
mod follow;
mod records;
mod resume;
mod source;

use std::{io::Write, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use fleet_core::{Error, Offset, source::Chunk};
use tempfile::TempDir;

use super::{
    FileOptions, FileSource, Format, Input,
    read::reader::{Reader, Step},
};

/// A record as a decoder would see it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    at: u64,
    input: usize,
    text: Vec<u8>,
    cut: Option<u64>,
}

/// The result of reading to the end, or to the end so far.
#[derive(Default)]
struct Read {
    seen: Vec<Seen>,
    chunks: Vec<(Chunk, Offset)>,
    error: Option<Error>,
}

impl Read {
    fn texts(&self) -> Vec<&str> {
        let texts = self
            .seen
            .iter()
            .map(|seen| str::from_utf8(&seen.text).unwrap());
        texts.collect()
    }
}

/// The state machine without its thread.
fn reader(source: &mut FileSource, at: u64) -> Reader {
    let inputs = source.inputs_for_tests();
    let partition = source.partition().unwrap().clone();
    Reader::new(inputs, partition, source.options_for_tests(), Offset(at))
}

fn drain(reader: &mut Reader, format: Format) -> Read {
    let mut read = Read::default();
    loop {
        match reader.step() {
            Ok(Step::Busy) => {}
            Ok(Step::Chunk(chunk, next)) => {
                records_of(&chunk, format, &mut read.seen);
                read.chunks.push((chunk, next));
            }
            Ok(Step::Wait | Step::End) => return read,
            Err(error) => {
                read.error = Some(error);
                return read;
            }
        }
    }
}

fn read_all<I: Into<Input>>(
    inputs: impl IntoIterator<Item = I>,
    options: FileOptions,
    at: u64,
) -> Read {
    let mut source = FileSource::open(inputs, options).unwrap();
    drain(&mut reader(&mut source, at), options.format)
}

/// Splits a chunk byte by byte, independently of the code under test.
fn records_of(chunk: &Chunk, format: Format, to: &mut Vec<Seen>) {
    let mut push = |from: usize, to_end: usize, bytes: &[u8]| {
        to.push(Seen {
            at: chunk.start.0 + from as u64,
            input: chunk.input,
            text: bytes[from..to_end].to_vec(),
            cut: chunk.cut,
        });
    };
    if chunk.cut.is_some() {
        push(0, chunk.bytes.len(), &chunk.bytes);
        return;
    }
    let (mut from, mut quoted) = (0, false);
    for (n, byte) in chunk.bytes.iter().enumerate() {
        // Enough for well-formed CSV: a doubled quote closes and opens.
        quoted ^= format == Format::Csv && *byte == b'"';
        if *byte == b'\n' && !quoted {
            push(from, n, &chunk.bytes);
            from = n + 1;
        }
    }
    if from < chunk.bytes.len() {
        push(from, chunk.bytes.len(), &chunk.bytes);
    }
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
    fn append(&self, name: &str, bytes: &str) {
        let path = self.0.path().join(name);
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(bytes.as_bytes()).unwrap();
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A pseudo-random generator with a fixed seed (Knuth's constants for a 64-bit LCG).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}
