//! An open transaction of a file store, and the files it has appended to.

use std::{collections::BTreeMap, fs::File, path::Path};

use fleet_core::{Error, Result};
use rusqlite::params;

use super::{
    append::{append_at, cut, open},
    error::{FileError, failed},
};
use crate::sqlite::SqliteTx;

/// An open transaction of a [`FileStore`](super::FileStore).
///
/// Dropping it rolls back and cuts the files to their committed lengths.
#[derive(Debug)]
pub struct FileTx {
    pub(super) inner: SqliteTx,
    touched: BTreeMap<String, Touched>,
}

/// A file with rows beyond its committed length.
#[derive(Debug)]
struct Touched {
    file: File,
    committed: u64,
}

/// The length and the number of rows of a file, as the store has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct CommittedFile {
    pub(super) length: u64,
    pub(super) rows: u64,
}

impl FileTx {
    pub(super) fn new(inner: SqliteTx) -> Self {
        Self {
            inner,
            touched: BTreeMap::new(),
        }
    }

    /// The entry of a file, including changes of this transaction.
    pub(super) fn file(&self, name: &str) -> Result<Option<CommittedFile>> {
        let read = || -> rusqlite::Result<Option<CommittedFile>> {
            let db = self.inner.connection();
            let mut known = db.prepare_cached("SELECT length, rows FROM files WHERE name = ?1")?;
            let mut rows = known.query([name])?;
            let Some(row) = rows.next()? else {
                return Ok(None);
            };
            Ok(Some(CommittedFile {
                length: row.get::<_, i64>(0)?.cast_unsigned(),
                rows: row.get::<_, i64>(1)?.cast_unsigned(),
            }))
        };
        read().map_err(|cause| self.inner.failed("read the lengths of files from", cause))
    }

    pub(super) fn set_file(&self, name: &str, known: CommittedFile) -> Result<()> {
        let db = self.inner.connection();
        db.prepare_cached("INSERT OR REPLACE INTO files (name, length, rows) VALUES (?1, ?2, ?3)")
            .and_then(|mut put| {
                put.execute(params![
                    name,
                    known.length.cast_signed(),
                    known.rows.cast_signed()
                ])
            })
            .map_err(|cause| self.inner.failed("store the lengths of files in", cause))?;
        Ok(())
    }

    /// Appends at `length`. Nobody else writes there, because every writer holds a transaction, and
    /// with it the write lock of the database.
    pub(super) fn append(
        &mut self,
        name: &str,
        path: &Path,
        length: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let touched = match self.touched.entry(name.to_owned()) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let file = open(path).map_err(|cause| failed("open", path, cause))?;
                let found = file
                    .metadata()
                    .map_err(|cause| failed("open", path, cause))?
                    .len();
                if found < length {
                    return Err(FileError::Short {
                        file: path.display().to_string(),
                        found,
                        committed: length,
                    }
                    .into());
                }
                entry.insert(Touched {
                    file,
                    committed: length,
                })
            }
        };
        append_at(&mut touched.file, length, bytes)
            .map_err(|cause| failed("append to", path, cause))
    }

    /// Waits until all rows are durable. Only then may their lengths be committed.
    pub(super) fn sync(&self) -> Result<()> {
        for (name, touched) in &self.touched {
            touched
                .file
                .sync_data()
                .map_err(|cause| failed("append to", Path::new(name), cause))?;
        }
        Ok(())
    }

    /// Cuts the files to their committed lengths and rolls back. What fails is tried again when the
    /// transaction is dropped.
    pub(super) fn rollback(&mut self) -> Result<()> {
        if self.inner.still_open().is_ok() {
            for (name, touched) in &self.touched {
                cut(&touched.file, touched.committed)
                    .map_err(|cause| failed("cut", Path::new(name), cause))?;
            }
        }
        self.touched.clear();
        self.inner.rollback()
    }

    pub(super) fn failed(&self, doing: &str, cause: rusqlite::Error) -> Error {
        self.inner.failed(doing, cause)
    }
}

impl Drop for FileTx {
    fn drop(&mut self) {
        // Before the rollback, while nobody else can append. After a failed COMMIT the outcome is
        // unknown and the transaction has ended; the next one cuts to the length that it finds.
        if self.inner.still_open().is_ok() {
            for touched in self.touched.values() {
                drop(cut(&touched.file, touched.committed));
            }
        }
    }
}
