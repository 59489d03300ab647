//! The bytes of one input, decompressed.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
};

use flate2::bufread::MultiGzDecoder;

/// How much compressed data is read at once, bytes. Our choice.
const COMPRESSED_BYTES: usize = 64 * 1024;

/// How much a pipe is asked for at once, bytes: what Linux lets one hold.
const PIPE_BYTES: usize = 64 * 1024;

/// An open input.
pub(crate) enum Stream {
    /// A plain file: it can seek, and it can grow.
    Plain(File),
    /// A compressed file: as much as is asked for, until its end.
    Gzip(Box<dyn Read + Send>),
    /// A pipe: what has come is not made to wait for more.
    Live(Box<dyn Read + Send>),
}

impl Stream {
    /// Appends at most `most` bytes and says how many; 0 is the end, or the end so far. What came before
    /// an error is good.
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

    /// Goes to a byte if that costs nothing, and says whether it did.
    pub(crate) fn seek(&mut self, to: u64) -> io::Result<bool> {
        match self {
            Self::Plain(file) => file.seek(SeekFrom::Start(to)).map(|_| true),
            Self::Gzip(_) | Self::Live(_) => Ok(false),
        }
    }
}

/// One `read`, again if a signal came between.
pub(crate) fn read_once(reader: &mut dyn Read, to: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(to) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// All members of a gzip file, one after the other.
pub(crate) fn gunzip(raw: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(MultiGzDecoder::new(BufReader::with_capacity(
        COMPRESSED_BYTES,
        raw,
    )))
}

/// Whether bytes begin as gzip does (RFC 1952, section 2.3.1).
pub(crate) fn is_gzip(beginning: &[u8]) -> bool {
    beginning.starts_with(&[0x1f, 0x8b])
}
