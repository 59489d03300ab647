//! The store's tables: made when they are missing, and refused when they are newer.

use fleet_core::Result;

use super::{dead_letter_rows, error::StoreError};
use crate::postgres::{
    connect::{PostgresConnection, PostgresTransaction, cached::CachedConnection, lock},
    migrate::{Migration, migration},
};

/// These migrations make the tables of a store; the others belong to whoever uses it.
pub(in crate::postgres) const MIGRATIONS: &[Migration] = &[
    migration!("store", 1, "checkpoints"),
    migration!("store", 9, "dead_letters"),
    migration!("store", 12, "outbox"),
    migration!("store", 14, "logs"),
];
/// The layout that [`MIGRATIONS`] make.
const VERSION: i32 = 5;

/// Makes missing tables, and refuses a newer layout.
pub(super) async fn prepare(cached: &CachedConnection) -> Result<()> {
    let mut connection = cached.take().await?;
    let found = layout(&connection).await?;
    if found > VERSION {
        return Err(StoreError::Newer {
            address: cached.database.address().to_owned(),
            found,
            known: VERSION,
        }
        .into());
    }
    if found < VERSION {
        let tx = connection.begin().await?;
        tx.run("lock", tx.client().batch_execute(lock::TABLES))
            .await?;
        for file in MIGRATIONS {
            let made = tx.client().batch_execute(file.sql);
            tx.run("make the store's tables in", made).await?;
        }
        fill(&tx).await?;
        connection = tx.finish().await?;
    }
    cached.put_back(connection);
    Ok(())
}

/// Fills what a migration added and SQL cannot compute. In the transaction of the migrations.
pub(in crate::postgres) async fn fill(tx: &PostgresTransaction) -> Result<()> {
    dead_letter_rows::identify(tx).await
}

/// The version of the existing layout; 0 if there is none.
async fn layout(connection: &PostgresConnection) -> Result<i32> {
    let asked = "SELECT to_regclass('fleet_stream.layout') IS NOT NULL";
    let asked = connection.client().query_one(asked, &[]);
    let there = connection.run("look for the store's tables in", asked);
    if !there.await?.get::<_, bool>(0) {
        return Ok(0);
    }
    let asked = "SELECT coalesce(max(version), 0) FROM fleet_stream.layout";
    let asked = connection.client().query_one(asked, &[]);
    let found = connection.run("ask for the layout of", asked).await?;
    Ok(found.get(0))
}
