//! Reading one page of a history, in a transaction to which the server settings are local.

use std::time::SystemTime;

use fleet_core::{Result, event::Signal};
use tokio_postgres::{
    Client, Error,
    types::{ToSql, Type},
};

use super::{
    decode::{HistoryRow, Key, read},
    options::HistoryOptions,
    row_offset::RowOffset,
};

/// The statements and parameters of every page, built once.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    first: String,
    next: String,
    tenant: String,
    to: SystemTime,
    settings: Vec<(String, String)>,
    limit: i64,
}

/// Where a page begins.
#[derive(Clone, Debug)]
pub(super) enum PageStart {
    /// At an offset: earlier rows of its microsecond are skipped.
    At(RowOffset),
    /// After the last row of the previous page.
    After(Key),
}

impl Pages {
    pub(super) fn new(options: &HistoryOptions) -> Result<Self> {
        let (table, columns) = (options.quoted_table()?, columns());
        let page = |after: &str, rest: &str| {
            format!(
                "SELECT {columns} FROM {table} WHERE tenant = $1 AND time < $2 AND {after}
                 ORDER BY time, vehicle_id, id LIMIT $3 {rest}"
            )
        };
        Ok(Self {
            first: page("time >= $4", "OFFSET $5"),
            // The planner prunes partitions by the first half of the condition.
            next: page("time >= $4 AND (time, vehicle_id, id) > ($4, $5, $6)", ""),
            tenant: options.tenant.clone(),
            to: options.to.into(),
            settings: options.settings.clone(),
            limit: options.page_rows.into(),
        })
    }

    /// Reads the next rows; a page that is not full is the last one.
    pub(super) async fn read(
        &self,
        client: &mut Client,
        start: &PageStart,
    ) -> Result<Vec<(Key, HistoryRow)>, Error> {
        let page = client.build_transaction().read_only(true).start().await?;
        for (name, value) in &self.settings {
            let values: [(&(dyn ToSql + Sync), Type); 2] =
                [(name, Type::TEXT), (value, Type::TEXT)];
            page.query_typed("SELECT set_config($1, $2, true)", &values)
                .await?;
        }
        let (tenant, to, limit) = (&self.tenant, &self.to, &self.limit);
        let rows = match start {
            PageStart::At(row) => {
                let at = SystemTime::from(row.at);
                let skipped = i64::try_from(row.tie).unwrap_or(i64::MAX);
                page.query(&self.first, &[tenant, to, limit, &at, &skipped])
                    .await?
            }
            PageStart::After(key) => {
                page.query(
                    &self.next,
                    &[tenant, to, limit, &key.at, &key.vehicle, &key.id],
                )
                .await?
            }
        };
        page.commit().await?;
        rows.iter().map(read).collect()
    }

    /// Whether a page of this many rows is the last one.
    pub(super) fn is_last(&self, rows: usize) -> bool {
        i64::try_from(rows).is_ok_and(|rows| rows < self.limit)
    }
}

/// The columns to select. Only constant names: nothing a caller gives becomes part of a statement.
fn columns() -> String {
    let mut columns = "time, vehicle_id, id, fleet_id, status".to_owned();
    for signal in Signal::ALL {
        columns.push_str(", ");
        columns.push_str(signal.name());
    }
    columns
}
