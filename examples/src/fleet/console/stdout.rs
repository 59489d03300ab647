//! Standard output that may be closed at any time, or be full.

use std::io::{self, ErrorKind as Io, Write};

use fleet_core::{Error, ErrorKind, Result};

/// Writes to standard output. A reader that has seen enough is no error.
///
/// # Errors
/// When standard output cannot take it, such as a full disk.
pub(crate) fn say(text: &str) -> Result<()> {
    let mut out = Output::default();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|cause| {
            let message = format!("cannot write to standard output: {cause}");
            Error::new(ErrorKind::Sink, message).because(cause)
        })
}

/// Standard output, as a writer that swallows what a closed pipe no longer takes.
#[derive(Default)]
pub(crate) struct Output {
    closed: bool,
}

impl Output {
    fn unless_closed(&mut self, done: io::Result<()>) -> io::Result<()> {
        match done {
            Err(error) if error.kind() == Io::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            done => done,
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.closed {
            let done = io::stdout().lock().write_all(bytes);
            self.unless_closed(done)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let done = io::stdout().lock().flush();
        self.unless_closed(done)
    }
}
