//! The store's tables: made when they are missing, and refused when they are newer.

use fleet_core::Result;

use super::error::StoreError;
use crate::postgres::{
    connect::{PostgresConnection, cached::CachedConnection, lock},
    migrate::{Migration, migration},
};

/// The first migration makes the tables of a store; the others belong to whoever uses it.
pub(in crate::postgres) const MIGRATION: Migration = migration!("store", 1, "checkpoints");
/// The layout that [`MIGRATION`] makes.
const VERSION: i32 = 2;

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
        let made = tx.client().batch_execute(MIGRATION.sql);
        tx.run("make the store's tables in", made).await?;
        connection = tx.finish().await?;
    }
    cached.put_back(connection);
    Ok(())
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
