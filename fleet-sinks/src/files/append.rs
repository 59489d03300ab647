//! Appends to a file so that a failed write or a crash leaves no partial row.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use fleet_core::{Result, Row, TableRow, sink::Outcome};

use super::{
    error::{FileError, failed},
    format::Format,
};
use crate::check;

/// A file that exactly one process appends to.
#[derive(Debug)]
pub(super) struct Appender {
    file: File,
    path: PathBuf,
    /// The length of the durable, complete rows.
    length: u64,
    format: Format,
}

impl Appender {
    pub(super) fn open<R: TableRow>(path: &Path, format: Format) -> Result<Self> {
        if let Some(reason) = check::columns_refusal(R::columns()) {
            let name = path.display().to_string();
            return Err(FileError::Name { name, reason }.into());
        }
        let opened = || -> io::Result<File> {
            let is_new = !path.exists();
            let file = open(path)?;
            if is_new {
                sync_folder_of(path)?;
            }
            Ok(file)
        };
        let mut file = opened().map_err(|cause| failed("open", path, cause))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(FileError::Locked(path.display().to_string()).into());
            }
            Err(TryLockError::Error(cause)) => return Err(failed("lock", path, cause)),
        }
        let read = |cause| failed("read", path, cause);
        let length = whole_rows(&mut file, format).map_err(read)?;
        if length > 0 && !begins_with(&mut file, &format.header(R::columns())).map_err(read)? {
            return Err(FileError::Header(path.display().to_string()).into());
        }
        cut(&file, length).map_err(|cause| failed("repair", path, cause))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            length,
            format,
        })
    }

    /// Appends rows and waits until they are durable.
    pub(super) fn write<R: TableRow>(&mut self, rows: &[Row<R>]) -> Result<Outcome> {
        let broken = |cause| failed("append to", &self.path, cause);
        // Someone may have emptied the file meanwhile, as tools that rotate logs do.
        self.length = self.length.min(self.file.metadata().map_err(broken)?.len());
        let mut bytes = Vec::new();
        if self.length == 0 {
            bytes = self.format.header(R::columns());
        }
        let outcome = self.format.encode(rows, &mut bytes)?;
        append_at(&mut self.file, self.length, &bytes).map_err(broken)?;
        self.file.sync_data().map_err(broken)?;
        self.length += bytes.len() as u64;
        Ok(outcome)
    }
}

/// Opens for reading and writing, not in append mode, in which some systems cannot truncate.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

/// Truncates to `length`, which removes the rest of a failed write, and appends.
pub(super) fn append_at(file: &mut File, length: u64, bytes: &[u8]) -> io::Result<()> {
    if file.metadata()?.len() > length {
        file.set_len(length)?;
    }
    file.seek(SeekFrom::Start(length))?;
    file.write_all(bytes)
}

/// Truncates to `length`, durably.
pub(super) fn cut(file: &File, length: u64) -> io::Result<()> {
    if file.metadata()?.len() > length {
        file.set_len(length)?;
        file.sync_all()?;
    }
    Ok(())
}

/// Whether the file begins with these bytes.
pub(super) fn begins_with(file: &mut File, head: &[u8]) -> io::Result<bool> {
    file.seek(SeekFrom::Start(0))?;
    let mut found = Vec::new();
    file.take(head.len() as u64).read_to_end(&mut found)?;
    Ok(found == head)
}

/// Makes the name of a new file durable, on systems where a folder can be synchronised.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// The length up to the end of the last complete row.
fn whole_rows(file: &mut File, format: Format) -> io::Result<u64> {
    let length = file.metadata()?.len();
    if !format.rows_span_lines() && length > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
        if last == *b"\n" {
            return Ok(length);
        }
    }
    file.seek(SeekFrom::Start(0))?;
    let (mut block, mut at, mut whole, mut quoted) = (vec![0; 64 * 1024], 0, 0, false);
    loop {
        let read = file.read(&mut block)?;
        let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(whole);
        };
        for byte in bytes {
            at += 1;
            match byte {
                b'"' if format.rows_span_lines() => quoted = !quoted,
                b'\n' if !quoted => whole = at,
                _ => {}
            }
        }
    }
}
