//! Tables of results, as sinks.

mod batch;
mod catalog;
mod keys;
mod land;
mod options;
mod plain;
mod refusal;
mod sql;
mod wire;

use std::{
    marker::PhantomData,
    sync::atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use fleet_core::{
    Record, Result, Row,
    record::Column,
    sink::{Outcome, TransactionalSink},
};

use self::{
    batch::Batch, catalog::Shape, keys::Order, land::Landing as Rows, options::Way,
    sql::Statements, wire::Wire,
};
use super::{
    Database, PostgresStore, PostgresTransaction, connection::Stage, error::Refused, store::LOCK,
};
use crate::{Indexes, check};

pub use options::{Landing, TableOptions};
pub use plain::PostgresSink;

/// A result table: rows land in it together with the position they came from.
///
/// # Shape
/// Columns are those of the [`Record`]: `text`, `double precision`, `bigint`, `boolean` and
/// `timestamp with time zone`. A table that is there already may have others, whose values the server fills in,
/// and narrower types, such as `varchar(20)`, an enum or `integer`.
///
/// # Guarantees
/// Rows land as [`Landing`] says. A row that does not fit its columns, or that the server refuses (a constraint, a
/// policy, a limit), is rejected alone with what the server said; the others land. Rows are written in the order
/// of their key, so that writers of the same rows wait for each other instead of dying in a deadlock.
///
/// # Examples
/// ```no_run
/// use fleet_core::{event::Telemetry, event::Alert};
/// use fleet_sinks::{PostgresStore, postgres::{Landing, TableOptions}};
///
/// # async fn example(store: PostgresStore) -> fleet_core::Result<()> {
/// let alerts = store.table::<Alert>("alerts").await?;
/// let newest = Landing::Latest { key: &["vehicle_id"], time: "time" };
/// let options = TableOptions { landing: newest, ..TableOptions::default() };
/// let state = store.table_with::<Telemetry>("vehicle_state", options).await?;
/// assert_eq!((alerts.name(), state.name()), ("alerts", "vehicle_state"));
/// # Ok(()) }
/// ```
///
/// # Cost
/// Rows that are only appended go into the table by one binary `COPY`. Where they replace others, where a policy
/// holds for the writer, or where a type must be converted, they go by a temporary table and `INSERT`, at about
/// half the speed.
#[derive(Debug)]
pub struct PostgresTable<R> {
    database: Database,
    name: String,
    statements: Statements,
    order: Order,
    /// How many statements the last write took to write its rows.
    pub(in crate::postgres) attempts: usize,
    row: PhantomData<fn() -> R>,
}

/// Tells the staging tables of one connection apart.
static NUMBER: AtomicU64 = AtomicU64::new(0);

impl<R: Record> PostgresTable<R> {
    /// Opens a table, or makes it; tells `made` which.
    pub(super) async fn open(
        tx: &PostgresTransaction,
        database: &Database,
        name: &str,
        options: TableOptions,
    ) -> Result<(Self, bool)> {
        let columns = R::columns();
        let way = Way::of(options.landing, R::replaces());
        let address = || database.address().to_owned();
        if let Some(reason) = refusal::refusal(name, columns, way) {
            return Err(Refused::Table {
                address: address(),
                table: name.to_owned(),
                reason,
            }
            .into());
        }
        tx.run("lock", tx.client().batch_execute(LOCK)).await?;
        let mut shape = Shape::read(tx, name, columns, way).await?;
        let made = shape.is_none();
        if made {
            make(tx, name, columns, way, options.indexes).await?;
            shape = Shape::read(tx, name, columns, way).await?;
        }
        let shape = shape.unwrap_or_else(|| Err("it is gone again".to_owned()));
        let shape = shape.map_err(|differs| Refused::Columns {
            address: address(),
            table: name.to_owned(),
            differs,
        })?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let table = Self {
            database: database.clone(),
            name: name.to_owned(),
            statements: sql::statements(name, columns, way, &shape, number),
            order: Order::of(columns, way),
            attempts: 0,
            row: PhantomData,
        };
        Ok((table, made))
    }

    /// Writes rows in an open transaction.
    async fn land(&mut self, tx: &mut PostgresTransaction, rows: &[Row<R>]) -> Result<Outcome> {
        let batch = Batch::of(rows, &self.order);
        let places = batch.places();
        let staging = self.statements.staging.as_ref();
        // What is never used is not made.
        let used = staging.filter(|_| !places.is_empty());
        let stage = used.map_or(Stage::Missing, |staging| tx.stage(staging.number));
        let wire = Wire {
            tx,
            table: &self.name,
            statements: &self.statements,
        };
        let landed = Rows::new(wire, &batch).land(places, stage).await?;
        self.attempts = landed.attempts;
        let refused = landed.refused.into_iter().filter_map(|(index, reason)| {
            let row = rows.get(index)?;
            Some(check::rejected(index, reason, &row.value))
        });
        let mut rejected: Vec<_> = refused.collect();
        rejected.sort_by_key(|rejected| rejected.index);
        Ok(Outcome { rejected })
    }
}

impl<R> PostgresTable<R> {
    /// The table's name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait]
impl<T: Record + Send + Sync + 'static> TransactionalSink<T, PostgresStore> for PostgresTable<T> {
    async fn write(&mut self, tx: &mut PostgresTransaction, rows: &[Row<T>]) -> Result<Outcome> {
        tx.belongs_to(&self.database)?;
        self.land(tx, rows).await
    }
}

async fn make(
    tx: &PostgresTransaction,
    name: &str,
    columns: &[Column],
    way: Way,
    indexes: Indexes,
) -> Result<()> {
    let create = sql::create(name, columns, way);
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
