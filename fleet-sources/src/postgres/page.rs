//! One page of a history: a transaction of its own, so that settings end with it.

use std::time::SystemTime;

use fleet_core::{Result, event::Signal};
use tokio_postgres::{
    Client, Error,
    types::{ToSql, Type},
};

use super::{
    HistoryOptions,
    place::Place,
    stored::{Key, Stored, read},
};

/// What is asked, made once.
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
pub(super) enum From {
    /// At a place: the rows of its microsecond that come before it are passed over.
    Place(Place),
    /// After a row.
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
            // The first half of the condition is what partitions are left out by.
            next: page("time >= $4 AND (time, vehicle_id, id) > ($4, $5, $6)", ""),
            tenant: options.tenant.clone(),
            to: options.to.into(),
            settings: options.settings.clone(),
            limit: options.page_rows.into(),
        })
    }

    /// The next rows; fewer than a page has where there are no more.
    pub(super) async fn read(
        &self,
        client: &mut Client,
        from: &From,
    ) -> Result<Vec<(Key, Stored)>, Error> {
        let page = client.build_transaction().read_only(true).start().await?;
        for (name, value) in &self.settings {
            let values: [(&(dyn ToSql + Sync), Type); 2] =
                [(name, Type::TEXT), (value, Type::TEXT)];
            page.query_typed("SELECT set_config($1, $2, true)", &values)
                .await?;
        }
        let (tenant, to, limit) = (&self.tenant, &self.to, &self.limit);
        let rows = match from {
            From::Place(place) => {
                let at = SystemTime::from(place.at);
                let passed = i64::try_from(place.tie).unwrap_or(i64::MAX);
                page.query(&self.first, &[tenant, to, limit, &at, &passed])
                    .await?
            }
            From::After(key) => {
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

    /// Whether so many rows are all there were.
    pub(super) fn is_last(&self, rows: usize) -> bool {
        i64::try_from(rows).is_ok_and(|rows| rows < self.limit)
    }
}

/// Names of ours only: nothing of a request is part of a statement.
fn columns() -> String {
    let mut columns = "time, vehicle_id, id, fleet_id, status".to_owned();
    for signal in Signal::ALL {
        columns.push_str(", ");
        columns.push_str(signal.name());
    }
    columns
}
