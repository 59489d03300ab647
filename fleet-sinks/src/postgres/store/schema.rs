//! The store's own tables.

use fleet_core::Result;

use super::PostgresStore;
use crate::postgres::{PostgresConnection, error::Refused};

const TABLES: &str = include_str!("../../../migrations/V1__checkpoints.sql");
/// The layout that [`TABLES`] make.
const VERSION: i32 = 2;

/// Two that open a new database at once must not make the same tables. The number is `fleet` in ASCII: our
/// choice, as locks of this kind have nothing but a number.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(439804651892)";

/// Makes the tables that are not there, and refuses a newer layout.
pub(super) async fn prepare(store: &PostgresStore) -> Result<()> {
    let mut connection = store.kept.connection().await?;
    let found = layout(&connection).await?;
    if found > VERSION {
        return Err(Refused::Newer {
            address: store.database().address().to_owned(),
            found,
            known: VERSION,
        }
        .into());
    }
    if found < VERSION {
        let tx = connection.begin().await?;
        tx.run("lock", tx.client().batch_execute(LOCK)).await?;
        let made = tx.client().batch_execute(TABLES);
        tx.run("make the store's tables in", made).await?;
        connection = tx.finish().await?;
    }
    store.kept.keep(connection);
    Ok(())
}

/// The version of the layout that is there; 0 where there is none.
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
