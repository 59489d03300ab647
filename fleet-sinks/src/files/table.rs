//! A result file: rows are committed with the position they came from.

use std::{io, marker::PhantomData, path::PathBuf};

use async_trait::async_trait;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, TransactionalSink},
};

use super::{
    append::{begins_with, cut, open, sync_folder_of},
    error::{FileError, failed},
    format::Format,
    store::FileStore,
    tx::{CommittedFile, FileTx},
};
use crate::check;

/// A file of a [`FileStore`]: rows are committed together with the position they came from.
///
/// # Guarantees
/// A row that does not fit its columns is rejected alone; the other rows are written.
#[derive(Debug)]
pub struct FileTable<R> {
    store: FileStore,
    name: String,
    path: PathBuf,
    format: Format,
    row: PhantomData<fn() -> R>,
}

impl FileStore {
    /// The file `NAME.ndjson`, made if it does not exist; the sink of a stream of `R`.
    ///
    /// # Errors
    /// Refuses a name or a column that is not `[a-z_][a-z0-9_]{0,62}`, a file with rows that this
    /// store did not write, and one that is shorter than at the last commit. Waits for an open
    /// transaction, up to the busy timeout.
    pub fn ndjson<R: TableRow>(&self, name: &str) -> Result<FileTable<R>> {
        FileTable::open(self, name, Format::Ndjson)
    }

    /// The file `NAME.csv`, made if it does not exist; the sink of a stream of `R`.
    ///
    /// # Errors
    /// Returns errors of [`ndjson`](Self::ndjson). Also refuses a file whose first line names other
    /// columns.
    pub fn csv<R: TableRow>(&self, name: &str) -> Result<FileTable<R>> {
        FileTable::open(self, name, Format::Csv)
    }
}

impl<R: TableRow> FileTable<R> {
    fn open(store: &FileStore, name: &str, format: Format) -> Result<Self> {
        let bad = check::name_refusal(name).or_else(|| check::columns_refusal(R::columns()));
        if let Some(reason) = bad {
            let name = name.to_owned();
            return Err(FileError::Name { name, reason }.into());
        }
        let name = format!("{name}.{}", format.extension());
        let table = Self {
            path: store.path(&name),
            store: store.clone(),
            name,
            format,
            row: PhantomData,
        };
        // In a transaction, so that no other process is writing meanwhile.
        let tx = store.begin_now()?;
        if let Some(known) = tx.file(&table.name)? {
            table.resume(known.length)?;
        } else {
            table.make()?;
            tx.set_file(&table.name, CommittedFile::default())?;
        }
        tx.inner.commit()?;
        Ok(table)
    }

    /// Makes an empty file. A file with contents belongs to somebody else and is refused.
    fn make(&self) -> Result<()> {
        let made = || -> io::Result<u64> {
            let file = open(&self.path)?;
            sync_folder_of(&self.path)?;
            Ok(file.metadata()?.len())
        };
        match made().map_err(|cause| failed("make", &self.path, cause))? {
            0 => Ok(()),
            _ => Err(FileError::NotOurs(self.path.display().to_string()).into()),
        }
    }

    /// Cuts the file to its committed length.
    fn resume(&self, committed: u64) -> Result<()> {
        let broken = |cause| failed("open", &self.path, cause);
        if committed > 0 && !self.path.exists() {
            return Err(self.short(0, committed).into());
        }
        let mut file = open(&self.path).map_err(broken)?;
        let found = file.metadata().map_err(broken)?.len();
        if found < committed {
            return Err(self.short(found, committed).into());
        }
        if committed > 0
            && !begins_with(&mut file, &self.format.header(R::columns())).map_err(broken)?
        {
            return Err(FileError::Header(self.path.display().to_string()).into());
        }
        cut(&file, committed).map_err(broken)
    }
}

impl<R> FileTable<R> {
    /// The file's name in the store's folder.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn short(&self, found: u64, committed: u64) -> FileError {
        FileError::Short {
            file: self.path.display().to_string(),
            found,
            committed,
        }
    }
}

#[async_trait]
impl<T: TableRow + Send + Sync + 'static> TransactionalSink<T, FileStore> for FileTable<T> {
    async fn write(&mut self, tx: &mut FileTx, rows: &[Row<T>]) -> Result<Outcome> {
        self.store.owns(tx)?;
        tx.inner.still_open()?;
        // Read anew in every transaction, because the last one may not have been committed.
        let known = tx.file(&self.name)?.unwrap_or_default();
        let mut bytes = Vec::new();
        if known.length == 0 {
            bytes = self.format.header(T::columns());
        }
        let outcome = self.format.encode(rows, &mut bytes)?;
        tx.append(&self.name, &self.path, known.length, &bytes)?;
        let written = (rows.len() - outcome.rejected.len()) as u64;
        tx.set_file(
            &self.name,
            CommittedFile {
                length: known.length + bytes.len() as u64,
                rows: known.rows + written,
            },
        )?;
        Ok(outcome)
    }
}
