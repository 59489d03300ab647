//! Optional hypertables of TimescaleDB in place of native partitions.

use fleet_core::Result;

use crate::postgres::connect::Database;

/// Whether a database uses TimescaleDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timescale {
    /// Tables of time are hypertables with compression and retention, hours a continuous aggregate.
    Enabled,
    /// The server does not have the extension. Tables of time are native partitions, which works the same.
    Missing,
}

/// Makes the tables of time hypertables, where the server has TimescaleDB. Done once, while they are empty.
///
/// TimescaleDB allows no row-level security beside compression or continuous aggregates, so readers lose their rights on
/// the tables and keep the views `fleet.v_..`, which hold the same conditions and are all that the queries ask.
///
/// # Errors
/// Refuses tables that hold rows. Else those of the server.
pub async fn enable_timescale(database: &Database) -> Result<Timescale> {
    let tx = database.begin().await?;
    let sql = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')";
    let asked = tx.client().query_one(sql, &[]);
    let available: bool = tx
        .run("look for TimescaleDB in", async { asked.await?.try_get(0) })
        .await?;
    if !available {
        tracing::info!(
            server = database.address(),
            "no TimescaleDB here: tables of time stay native partitions"
        );
        return Ok(Timescale::Missing);
    }
    let sql = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/migrations/fleet/timescale.sql"
    ));
    tx.run("make hypertables in", tx.client().batch_execute(sql))
        .await?;
    tx.commit().await?;
    Ok(Timescale::Enabled)
}
