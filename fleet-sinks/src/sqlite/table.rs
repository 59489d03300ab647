//! A result table: opening or making it, and writing rows.

use std::{collections::BTreeMap, marker::PhantomData};

use async_trait::async_trait;
use fleet_core::{
    Result, Row, TableRow,
    sink::{Outcome, TransactionalSink},
    table::{Column, ColumnKind, Replaces, Value},
};
use rusqlite::{CachedStatement, Connection, ErrorCode, OptionalExtension, types::Null};

use super::{
    error::SqliteError,
    insert::{insert, key_index},
    schema::RESERVED,
    store::SqliteStore,
    tx::SqliteTx,
};
use crate::{
    check::{self, Misfit},
    indexes::Indexes,
};

/// A result table: rows are committed together with the position they came from.
///
/// # Shape
/// Columns are those of the [`TableRow`], in a `STRICT` table. Times are texts of fixed length,
/// `2024-02-15T14:32:18.500000Z`, so that they sort; truth values are 0 or 1.
///
/// # Guarantees
/// If the row type [declares](fleet_core::table::Replaces) a key and a revision, the highest
/// revision is kept: a row of revision 0 is inserted, and a later one replaces the newest row of
/// its key with a lower revision. A row that does not fit its columns, or that SQLite refuses (a
/// constraint or trigger that someone added), is rejected alone; the other rows are written.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, Row, VehicleId, event::Telemetry};
/// use fleet_core::{checkpoint::CheckpointStore, sink::TransactionalSink};
/// use fleet_sinks::SqliteStore;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut store = SqliteStore::open_in_memory("demo")?;
/// let mut table = store.table::<Telemetry>("telemetry")?;
///
/// let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
/// let mut tx = store.begin().await?;
/// let outcome = table.write(&mut tx, &[Row::detached(EventTime::MIN, Offset(0), event)]).await?;
/// assert!(outcome.rejected.is_empty());
/// store.commit(tx, &[]).await?;
/// assert_eq!(store.summary()?.tables["telemetry"], 1);
/// # Ok::<(), fleet_core::Error>(()) }).unwrap();
/// ```
///
/// # Cost
/// Each row binds and steps one prepared statement.
#[derive(Debug)]
pub struct SqliteTable<R> {
    store: SqliteStore,
    name: String,
    insert: String,
    row: PhantomData<fn() -> R>,
}

impl SqliteStore {
    /// The table of this name, made if it does not exist; the sink of a stream of `R`.
    ///
    /// An index on `vehicle_id` and `time` is made where there are such columns, unless
    /// [`Indexes`] specifies otherwise.
    ///
    /// # Errors
    /// Refuses a name or a column that would need quotes, a name that the store itself uses, and an
    /// existing table with other columns. Waits for an open transaction, up to the busy timeout.
    pub fn table<R: TableRow>(&self, name: &str) -> Result<SqliteTable<R>> {
        SqliteTable::open(self, name)
    }
}

impl<R: TableRow> SqliteTable<R> {
    fn open(store: &SqliteStore, name: &str) -> Result<Self> {
        let columns = R::columns();
        let refused = |reason: String| SqliteError::Table {
            file: store.file().to_string(),
            table: name.to_owned(),
            reason,
        };
        let replaces = R::replaces();
        let reason = check::name_refusal(name)
            .or_else(|| check::columns_refusal(columns))
            .or_else(|| check::replaces_refusal(columns, replaces));
        if let Some(reason) = reason {
            return Err(refused(reason).into());
        }
        if RESERVED.contains(&name) || name.starts_with("sqlite_") {
            return Err(refused("the store uses this name itself; take another".to_owned()).into());
        }
        let tx = store.begin_now()?;
        let differs = prepare(tx.connection(), name, columns, replaces, store.indexes())
            .map_err(|cause| tx.failed(&format!("make table {name} in"), cause))?;
        if let Some(differs) = differs {
            return Err(SqliteError::Columns {
                file: store.file().to_string(),
                table: name.to_owned(),
                differs,
            }
            .into());
        }
        tx.commit()?;
        Ok(Self {
            store: store.clone(),
            name: name.to_owned(),
            insert: insert(name, columns, replaces),
            row: PhantomData,
        })
    }
}

impl<R> SqliteTable<R> {
    /// The table's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait]
impl<T: TableRow + Send + Sync + 'static> TransactionalSink<T, SqliteStore> for SqliteTable<T> {
    async fn write(&mut self, tx: &mut SqliteTx, rows: &[Row<T>]) -> Result<Outcome> {
        tx.belongs_to(self.store.db(), self.store.file())?;
        tx.still_open()?;
        let doing = || format!("write to table {} of", self.name);
        let mut statement = tx
            .connection()
            .prepare_cached(&self.insert)
            .map_err(|cause| tx.failed(&doing(), cause))?;
        let mut outcome = Outcome::default();
        let mut time = String::new();
        for (index, row) in rows.iter().enumerate() {
            let written = write_row(&mut statement, &row.value, &mut time)
                .map_err(|cause| tx.failed(&doing(), cause))?;
            if let Err(misfit) = written {
                tx.still_open()?;
                let reason = match misfit {
                    Misfit::Content(reason) => reason,
                    Misfit::Shape(error) => return Err(error),
                };
                outcome
                    .rejected
                    .push(check::rejected(index, reason, &row.value));
            }
        }
        Ok(outcome)
    }
}

/// Inserts one row. The inner error is the reason to refuse only this row.
fn write_row<R: TableRow>(
    statement: &mut CachedStatement<'_>,
    row: &R,
    time: &mut String,
) -> rusqlite::Result<Result<(), Misfit>> {
    let mut bound = Ok(());
    let fits = check::fields(row, &mut |index, value| {
        if bound.is_ok() {
            bound = bind(statement, index + 1, value, time);
        }
    });
    if fits.is_err() {
        return Ok(fits);
    }
    match bound.and_then(|()| statement.raw_execute()) {
        Ok(_) => Ok(Ok(())),
        Err(cause) => match cause.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
                Ok(Err(Misfit::Content(cause.to_string())))
            }
            _ => Err(cause),
        },
    }
}

fn bind(
    statement: &mut CachedStatement<'_>,
    index: usize,
    value: &Value<'_>,
    time: &mut String,
) -> rusqlite::Result<()> {
    match value {
        Value::Null => statement.raw_bind_parameter(index, Null),
        Value::Text(text) => statement.raw_bind_parameter(index, text),
        Value::Real(number) => statement.raw_bind_parameter(index, number),
        Value::Integer(number) => statement.raw_bind_parameter(index, number),
        Value::Bool(yes) => statement.raw_bind_parameter(index, yes),
        Value::Time(at) => {
            time.clear();
            check::sortable_time(*at, time);
            statement.raw_bind_parameter(index, &*time)
        }
    }
}

const fn type_word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text | ColumnKind::Time => "TEXT",
        ColumnKind::Real => "REAL",
        ColumnKind::Integer | ColumnKind::Bool => "INTEGER",
    }
}

/// Makes the table, or returns how an existing one differs. Names were checked, and are quoted
/// nevertheless because they may be keywords such as `order`.
fn prepare(
    db: &Connection,
    name: &str,
    columns: &[Column],
    replaces: Option<Replaces>,
    indexes: Indexes,
) -> rusqlite::Result<Option<String>> {
    let there: Option<String> = db
        .query_row(
            "SELECT type FROM sqlite_schema WHERE name = ?1",
            [name],
            |row| row.get(0),
        )
        .optional()?;
    match there.as_deref() {
        Some("table") => {
            if let Some(differs) = differences(db, name, columns)? {
                return Ok(Some(differs));
            }
        }
        Some(other) => return Ok(Some(format!("it is not a table but a kind of {other}"))),
        None => {
            db.execute_batch(&create(name, columns))?;
        }
    }
    let has = |wanted: &str| columns.iter().any(|column| column.name == wanted);
    if indexes == Indexes::ByVehicle && has("vehicle_id") && has("time") {
        db.execute_batch(&format!(
            "CREATE INDEX IF NOT EXISTS \"{name}_by_vehicle\" ON \"{name}\" (\"vehicle_id\", \"time\")"
        ))?;
    }
    if let Some(replaces) = replaces {
        db.execute_batch(&key_index(name, replaces))?;
    }
    db.execute("INSERT OR IGNORE INTO result_tables VALUES (?1)", [name])?;
    Ok(None)
}

fn create(name: &str, columns: &[Column]) -> String {
    let columns: Vec<_> = columns
        .iter()
        .map(|column| {
            let null = if column.nullable { "" } else { " NOT NULL" };
            format!("\"{}\" {}{null}", column.name, type_word(column.kind))
        })
        .collect();
    format!("CREATE TABLE \"{name}\" ({}) STRICT", columns.join(", "))
}

/// The differences between the columns of a table and those of the rows. Additional columns are
/// allowed if a row may leave them out.
fn differences(
    db: &Connection,
    name: &str,
    columns: &[Column],
) -> rusqlite::Result<Option<String>> {
    let mut there: BTreeMap<String, (String, bool, bool)> = db
        .prepare(
            "SELECT name, type, \"notnull\", dflt_value IS NOT NULL FROM pragma_table_info(?1)",
        )?
        .query_map([name], |row| {
            Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let null = |not: bool| if not { "not null" } else { "nullable" };
    let mut differs = Vec::new();
    for column in columns {
        let wanted = type_word(column.kind);
        match there.remove(column.name) {
            None => differs.push(format!("it has no column {}", column.name)),
            Some((found, ..)) if !found.eq_ignore_ascii_case(wanted) => differs.push(format!(
                "its column {} is {found}, the rows have {wanted}",
                column.name
            )),
            Some((_, not_null, _)) if not_null == column.nullable => differs.push(format!(
                "its column {} is {}, that of the rows {}",
                column.name,
                null(not_null),
                null(!column.nullable)
            )),
            Some(_) => {}
        }
    }
    for (name, (_, not_null, default)) in there {
        if not_null && !default {
            differs.push(format!(
                "its column {name} must not be null, and the rows have no such column"
            ));
        }
    }
    Ok((!differs.is_empty()).then(|| differs.join(", ")))
}
