//! Results in a SQLite file.

use std::{io::Write, path::PathBuf};

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::{
    Exported, SqliteStore, StoreSummary, StoredDeadLetter,
    sqlite::rusqlite::{self, Connection, OpenFlags},
};

use crate::database::row::Row;

/// An existing file.
pub(crate) struct SqliteFile(pub(super) PathBuf);

impl SqliteFile {
    pub(super) fn summary(&self, pipeline: &str) -> Result<StoreSummary> {
        self.store(pipeline)?.summary()
    }

    pub(super) fn dead_letters(
        &self,
        pipeline: &str,
        limit: usize,
    ) -> Result<Vec<StoredDeadLetter>> {
        self.store(pipeline)?.dead_letters(limit)
    }

    pub(super) fn export_dead_letters(
        &self,
        pipeline: &str,
        to: &mut dyn Write,
    ) -> Result<Exported> {
        self.store(pipeline)?.export_dead_letters(to)
    }

    pub(super) fn export_rejected_rows(
        &self,
        pipeline: &str,
        sink: &str,
        to: &mut dyn Write,
    ) -> Result<Exported> {
        self.store(pipeline)?.export_rejected_rows(sink, to)
    }

    pub(super) fn has_table(&self, name: &str) -> Result<bool> {
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        let tables = self.rows(tables)?;
        Ok(tables.iter().any(|row| row.text(0) == name))
    }

    pub(super) fn rows(&self, sql: &str) -> Result<Vec<Row>> {
        let read = || {
            let db = Connection::open_with_flags(&self.0, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut query = db.prepare(sql)?;
            let rows = query.query_map([], Row::from_sqlite)?;
            rows.collect::<rusqlite::Result<_>>()
        };
        read().map_err(|cause| {
            let message = format!("cannot read the results in {}", self.0.display());
            Error::new(ErrorKind::Store, message).because(cause)
        })
    }

    pub(super) fn store(&self, pipeline: &str) -> Result<SqliteStore> {
        SqliteStore::open(&self.0, pipeline)
    }
}
