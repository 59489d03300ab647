//! Hypertables of TimescaleDB instead of native partitions, where the server has the extension.

use fleet_core::Result;

use crate::postgres::connect::Database;

/// Whether a database uses TimescaleDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timescale {
    /// Time-series tables are hypertables with compression and retention, and hours are a
    /// continuous aggregate.
    Enabled,
    /// The server lacks the extension. Time-series tables stay natively partitioned, and all
    /// queries work the same.
    Missing,
}

/// Turns time-series tables into hypertables, if the server has TimescaleDB. Call it once, while
/// the tables are empty.
///
/// TimescaleDB does not allow row-level security together with compression or continuous
/// aggregates. So readers lose their rights on the tables and keep those on the views `fleet.v_..`,
/// which apply the same conditions and are all that the queries read. Logins that ingest write to
/// these tables past all policies: only services that you trust to name the right tenant may have
/// one.
///
/// Hours and days that are over are brought up to date every ten minutes. Until then an older event
/// counts in its minute only; [`refresh_timescale`] does it at once.
///
/// # Errors
/// Refuses tables with rows. Otherwise returns errors of the server.
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

/// Brings hours and days up to date with their minutes, on a database with hypertables. Call it
/// after a replay of older events, as the owner of the tables. The current hour and day are
/// computed when they are asked for, so they need none of it.
///
/// # Errors
/// Returns errors of the server, such as for a database without TimescaleDB.
pub async fn refresh_timescale(database: &Database) -> Result<()> {
    for (view, end) in [("hours", "1 hour"), ("days", "1 day")] {
        let connection = database.connection().await?;
        // A procedure that commits by itself, so it runs outside any transaction.
        let call = format!(
            "CALL refresh_continuous_aggregate('fleet.{view}', NULL, now() - interval '{end}')"
        );
        let work = connection.client().batch_execute(&call);
        connection.run("refresh hours and days in", work).await?;
    }
    Ok(())
}
