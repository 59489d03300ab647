//! The store's own tables.

use fleet_core::Result;

use super::PostgresStore;
use crate::postgres::error::Refused;

const TABLES: &str = include_str!("../../../migrations/V1__checkpoints.sql");
/// The layout that [`TABLES`] make.
const VERSION: i32 = 1;

/// Two that open a new database at once must not make the same tables. The number is `fleet` in ASCII: our
/// choice, as locks of this kind have nothing but a number.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(439804651892)";

/// Makes the tables where they are not there, and refuses a newer layout.
pub(super) async fn prepare(store: &PostgresStore) -> Result<()> {
    let connection = store.kept.connection().await?;
    let asked = "SELECT to_regclass('fleet_stream.layout') IS NOT NULL";
    let asked = connection.client().query_one(asked, &[]);
    let there: bool = connection
        .run("look for the store's tables in", asked)
        .await?
        .get(0);
    let connection = if there {
        connection
    } else {
        let tx = connection.begin().await?;
        tx.run("lock", tx.client().batch_execute(LOCK)).await?;
        let made = tx.client().batch_execute(TABLES);
        tx.run("make the store's tables in", made).await?;
        tx.finish().await?
    };
    let asked = "SELECT coalesce(max(version), 0) FROM fleet_stream.layout";
    let asked = connection.client().query_one(asked, &[]);
    let found: i32 = connection.run("ask for the layout of", asked).await?.get(0);
    if found > VERSION {
        return Err(Refused::Newer {
            address: store.database().address().to_owned(),
            found,
            known: VERSION,
        }
        .into());
    }
    store.kept.keep(connection);
    Ok(())
}
