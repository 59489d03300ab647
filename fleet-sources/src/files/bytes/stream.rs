//! The byte stream of one input, decompressed where it is gzip.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use flate2::bufread::MultiGzDecoder;

/// How much compressed data is read at once, bytes. Our choice.
const COMPRESSED_BYTES: usize = 64 * 1024;

/// How much is requested from a pipe at once, bytes: the capacity of a pipe on Linux.
const PIPE_BYTES: usize = 64 * 1024;

/// An open input.
pub(crate) enum Stream {
    /// A plain file, which can seek and grow.
    Plain(File),
    /// A compressed file; a read returns all that was requested, until the end.
    Gzip(Box<dyn Read + Send>),
    /// A pipe; a read returns what is there and does not wait for more.
    Live(Box<dyn Read + Send>),
}

impl Stream {
    /// Appends at most `most` bytes and returns how many; 0 means the end, or the end so far. The
    /// bytes that came before an error are valid.
    pub(crate) fn read_to(&mut self, to: &mut Vec<u8>, most: usize) -> (usize, Option<io::Error>) {
        let before = to.len();
        to.reserve(most);
        let read = match self {
            Self::Plain(file) => file.take(most as u64).read_to_end(to),
            Self::Gzip(reader) => reader.take(most as u64).read_to_end(to),
            Self::Live(reader) => {
                to.resize(before + most.min(PIPE_BYTES), 0);
                let read = read_once(reader, to.get_mut(before..).unwrap_or_default());
                to.truncate(before + read.as_ref().map_or(0, |read| *read));
                read
            }
        };
        (to.len() - before, read.err())
    }

    /// Seeks to a byte where the stream can, and returns whether it did.
    pub(crate) fn seek(&mut self, to: u64) -> io::Result<bool> {
        match self {
            Self::Plain(file) => file.seek(SeekFrom::Start(to)).map(|_| true),
            Self::Gzip(_) | Self::Live(_) => Ok(false),
        }
    }
}

/// Calls `read` once, and again where a signal interrupted it.
pub(crate) fn read_once(reader: &mut dyn Read, to: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(to) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Decompresses all members of a gzip file, one after the other.
pub(crate) fn gunzip(raw: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(MultiGzDecoder::new(BufReader::with_capacity(
        COMPRESSED_BYTES,
        raw,
    )))
}

/// Whether these are the first bytes of a gzip file (RFC 1952, section 2.3.1).
pub(crate) fn is_gzip(beginning: &[u8]) -> bool {
    beginning.starts_with(&[0x1f, 0x8b])
}
