//! Standard output, which a reader may close at any time and a full disk may refuse.

use std::io::{self, ErrorKind as Io, Write};

use fleet_core::{Error, ErrorKind, Result};

/// Writes to standard output. It is not an error if the reader has closed the pipe.
///
/// # Errors
/// Returns an error if standard output refuses the text, for instance because a disk is full.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = Stdout::default();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|cause| {
            let message = format!("cannot write to standard output: {cause}");
            Error::new(ErrorKind::Sink, message).because(cause)
        })
}

/// A writer to standard output that ignores everything after the reader has closed the pipe.
#[derive(Default)]
pub(crate) struct Stdout {
    closed: bool,
}

impl Stdout {
    fn ignore_closed_pipe(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == Io::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            result => result,
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.closed {
            let result = io::stdout().lock().write_all(bytes);
            self.ignore_closed_pipe(result)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = io::stdout().lock().flush();
        self.ignore_closed_pipe(result)
    }
}
