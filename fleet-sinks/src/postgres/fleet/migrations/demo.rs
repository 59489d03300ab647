//! Demo customers, vehicles and people.

use fleet_core::Result;

use crate::postgres::connect::Database;

/// Adds customers, regions, vehicles and people of the described demos, for trying things out. No history, no passwords.
///
/// Rows that are there already stay as they are.
///
/// # Errors
/// Those of the server; the schema `fleet` must have been made.
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
