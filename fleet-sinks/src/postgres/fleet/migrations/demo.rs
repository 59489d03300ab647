//! Demo data: customers, regions, vehicles and people.

use fleet_core::Result;

use crate::postgres::connect::Database;

/// Adds customers, regions, vehicles and people for experiments, without history and passwords.
///
/// Existing rows are not changed.
///
/// # Errors
/// Returns errors of the server, such as for a missing schema `fleet`.
pub async fn seed_demo(database: &Database) -> Result<()> {
    let tx = database.begin().await?;
    let sql = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/migrations/fleet/demo.sql"
    ));
    tx.run("add demo rows to", tx.client().batch_execute(sql))
        .await?;
    tx.commit().await
}
