//! The handle of a result table: opening or making it, and writing rows.

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
};

use fleet_core::{Result, Row, TableRow, sink::Outcome, table::Column};

use super::{
    batch::Batch,
    catalog::TableSchema,
    error::TableError,
    keys::SortKey,
    options::{ResolvedMode, TableOptions},
    refusal::refusal,
    sql::{self, Statements},
    wire::Wire,
    writer::BatchWriter,
};
use crate::{
    check,
    indexes::Indexes,
    postgres::connect::{Database, PostgresTransaction, connection::StagingState, lock},
};

/// A result table: rows are committed together with the position they came from.
///
/// # Shape
/// Columns are those of the [`TableRow`], with the types `text`, `double precision`, `bigint`,
/// `boolean` and `timestamp with time zone`. An existing table may have further columns that the
/// server fills in, and narrower types such as `varchar(20)`, an enum or `integer`.
///
/// # Guarantees
/// Rows are combined with existing ones as [`WriteMode`](super::WriteMode) specifies. A row that
/// does not fit its columns, or that the server refuses (a constraint, a policy, a limit), is
/// rejected with the server's message; the other rows are written. Rows are written in the order of
/// their key, so concurrent writers of the same rows wait for each other instead of running into a
/// deadlock.
///
/// # Examples
/// ```no_run
/// use fleet_core::{event::Telemetry, event::Alert};
/// use fleet_sinks::{PostgresStore, postgres::{TableOptions, WriteMode}};
///
/// # async fn example(store: PostgresStore) -> fleet_core::Result<()> {
/// let alerts = store.table::<Alert>("alerts").await?;
/// let newest = WriteMode::Latest { key: &["vehicle_id"], time: "time" };
/// let options = TableOptions { mode: newest, ..TableOptions::default() };
/// let state = store.table_with::<Telemetry>("vehicle_state", options).await?;
/// assert_eq!((alerts.name(), state.name()), ("alerts", "vehicle_state"));
/// # Ok(()) }
/// ```
///
/// # Cost
/// Appended rows go into the table by one binary `COPY`. If rows replace others or are added up, if
/// row-level security applies to the writer, or if a type must be converted, rows go through a
/// temporary table and `INSERT`, at about half the speed.
#[derive(Debug)]
pub struct PostgresTable<R> {
    database: Database,
    name: String,
    statements: Statements,
    sort_key: SortKey,
    /// The number of statements that the last write used to write its rows.
    pub(in crate::postgres) attempts: usize,
    row: PhantomData<fn() -> R>,
}

/// The next number of a staging table; numbers distinguish those of one connection.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl<R: TableRow> PostgresTable<R> {
    /// Opens a table or makes it; returns whether it was made.
    pub(in crate::postgres) async fn open(
        tx: &PostgresTransaction,
        database: &Database,
        name: &str,
        options: TableOptions,
    ) -> Result<(Self, bool)> {
        let columns = R::columns();
        let mode = ResolvedMode::of(options.mode, R::replaces());
        let address = || database.address().to_owned();
        if let Some(reason) = refusal(name, columns, mode) {
            return Err(TableError::Unusable {
                address: address(),
                table: name.to_owned(),
                reason,
            }
            .into());
        }
        tx.run("lock", tx.client().batch_execute(lock::TABLES))
            .await?;
        let mut schema = TableSchema::read(tx, name, columns, mode).await?;
        let made = schema.is_none();
        if made {
            make(tx, name, columns, mode, options.indexes).await?;
            schema = TableSchema::read(tx, name, columns, mode).await?;
        }
        let schema = schema.unwrap_or_else(|| Err("it is gone again".to_owned()));
        let schema = schema.map_err(|differs| TableError::Columns {
            address: address(),
            table: name.to_owned(),
            differs,
        })?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let table = Self {
            database: database.clone(),
            name: name.to_owned(),
            statements: sql::statements(name, columns, mode, &schema, number),
            sort_key: SortKey::of(columns, mode),
            attempts: 0,
            row: PhantomData,
        };
        Ok((table, made))
    }

    /// Writes rows in an open transaction of this table's database.
    pub(in crate::postgres) async fn write_in(
        &mut self,
        tx: &mut PostgresTransaction,
        rows: &[Row<R>],
    ) -> Result<Outcome> {
        tx.belongs_to(&self.database)?;
        let batch = Batch::of(rows, &self.sort_key);
        let slots = batch.slots();
        let staging = self.statements.staging.as_ref();
        // A staging table that is not used is not made.
        let used = staging.filter(|_| !slots.is_empty());
        let state = used.map_or(StagingState::Missing, |staging| {
            tx.use_staging(staging.number)
        });
        let wire = Wire {
            tx,
            table: &self.name,
            statements: &self.statements,
        };
        let written = BatchWriter::new(wire, &batch).write(slots, state).await?;
        self.attempts = written.attempts;
        let refused = written.refused.into_iter().filter_map(|(index, reason)| {
            let row = rows.get(index)?;
            Some(check::rejected(index, reason, &row.value))
        });
        let mut rejected: Vec<_> = refused.collect();
        rejected.sort_by_key(|rejected| rejected.index);
        Ok(Outcome { rejected })
    }
}

impl<R> PostgresTable<R> {
    /// The table's name, as it was passed to [`PostgresStore::table`](crate::PostgresStore::table).
    pub fn name(&self) -> &str {
        &self.name
    }
}

async fn make(
    tx: &PostgresTransaction,
    name: &str,
    columns: &[Column],
    mode: ResolvedMode,
    indexes: Indexes,
) -> Result<()> {
    let create = sql::create(name, columns, mode);
    tx.run(
        &format!("make table {name} in"),
        tx.client().batch_execute(&create),
    )
    .await?;
    let has = |wanted: &str| columns.iter().any(|column| column.name == wanted);
    if indexes == Indexes::ByVehicle && has("vehicle_id") && has("time") {
        let index = sql::index_by_vehicle(name);
        tx.run("make an index in", tx.client().batch_execute(&index))
            .await?;
    }
    Ok(())
}
