//! The conformance suite of replayable sources, over a table.

use fleet_core::testing::conformance::replayable;

use super::table::{Table, events};

#[tokio::test]
async fn a_history_is_a_replayable_source() {
    let Some(table) = Table::new().await else {
        return;
    };
    table.insert(&events()).await;
    for page_rows in [1, 7, 60, 1000] {
        let mut options = table.options();
        options.page_rows = page_rows;
        replayable(
            || table.open(options.clone()),
            |rows| {
                rows.iter()
                    .map(|(at, row)| (*at, format!("{row:?}").into_bytes()))
                    .collect()
            },
        )
        .await;
    }
}
