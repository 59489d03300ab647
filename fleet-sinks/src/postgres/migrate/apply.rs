//! Applies the migrations that a database lacks. Our own code, because the libraries for it need
//! exclusive ownership of the client, which a pool does not give, and take no lock against a second
//! process that starts at the same time.

use std::collections::BTreeMap;

use fleet_core::{Error, ErrorKind, Result};

use super::file::Migration;
use crate::postgres::connect::{PostgresTransaction, lock};

/// Runs under the lock: otherwise two processes that find no schema would both create it.
const HISTORY: &str = "CREATE SCHEMA IF NOT EXISTS fleet_stream;
    CREATE TABLE IF NOT EXISTS fleet_stream.migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        checksum bigint NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )";

/// What [`migrate`](crate::postgres::migrations::migrate) did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// The versions that were applied; empty if the database was up to date.
    pub applied: Vec<i32>,
}

/// Applies those of `wanted` that the database lacks, and refuses a database with a history that
/// differs from `known`.
pub(in crate::postgres) async fn apply_missing(
    tx: &PostgresTransaction,
    wanted: &[&Migration],
    known: &[&Migration],
) -> Result<Migrated> {
    let applied = history(tx).await?;
    refuse_other_history(&applied, known, tx.connection().address())?;
    let missing: Vec<_> = wanted
        .iter()
        .filter(|file| !applied.contains_key(&file.version))
        .collect();
    for file in &missing {
        apply(tx, file).await?;
    }
    Ok(Migrated {
        applied: missing.iter().map(|file| file.version).collect(),
    })
}

/// The name and checksum of each applied version.
async fn history(tx: &PostgresTransaction) -> Result<BTreeMap<i32, (String, i64)>> {
    let read = async {
        let client = tx.client();
        client
            .execute("SELECT pg_advisory_xact_lock($1)", &[&lock::MIGRATIONS])
            .await?;
        client.batch_execute(HISTORY).await?;
        let rows = client
            .query(
                "SELECT version, name, checksum FROM fleet_stream.migrations",
                &[],
            )
            .await?;
        let entry =
            |row: tokio_postgres::Row| Ok((row.try_get(0)?, (row.try_get(1)?, row.try_get(2)?)));
        rows.into_iter().map(entry).collect()
    };
    tx.run("read the migrations of", read).await
}

fn refuse_other_history(
    applied: &BTreeMap<i32, (String, i64)>,
    known: &[&Migration],
    address: &str,
) -> Result<()> {
    for (version, (name, checksum)) in applied {
        let why = match known.iter().find(|file| file.version == *version) {
            None => "which this version does not know: it was made by a newer one",
            Some(file) if file.name != name || file.checksum() != *checksum => {
                "which was changed after it was applied: undo the change and write another migration"
            }
            Some(_) => continue,
        };
        let message =
            format!("cannot migrate {address}: it has migration V{version}__{name}, {why}");
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(())
}

async fn apply(tx: &PostgresTransaction, file: &Migration) -> Result<()> {
    let Migration { version, name, sql } = file;
    tx.run(&format!("apply migration V{version}__{name} to"), async {
        tx.client().batch_execute(sql).await?;
        let note =
            "INSERT INTO fleet_stream.migrations (version, name, checksum) VALUES ($1, $2, $3)";
        tx.client()
            .execute(note, &[version, name, &file.checksum()])
            .await
    })
    .await?;
    Ok(())
}
