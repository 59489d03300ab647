//! Lists and exports the dead letters of a pipeline.

use std::{io::Write, pin::pin};

use fleet_core::Result;
use futures_util::TryStreamExt;

use super::{
    checkpoints::PostgresStore,
    dead_letter_rows::{COLUMNS, stored},
    text::storable,
};
use crate::{store_report::Exported, stored_dead_letter::StoredDeadLetter};

const DECODED: &str = r#"
SELECT raw, length <= octet_length(raw) FROM fleet_stream.dead_letters
WHERE pipeline = $1 AND stage = 'decode' ORDER BY partition, "offset""#;

/// Which dead letters are listed, and in which order.
const FIRST: &str =
    r#"WHERE pipeline = $1 ORDER BY partition, "offset", stage, reason, raw, ordinal LIMIT $2"#;

/// Which rows are exported, and in which order.
const REJECTED: &str =
    r#"WHERE pipeline = $1 AND stage = $2 ORDER BY partition, "offset", raw, ordinal"#;

impl PostgresStore {
    /// The first dead letters of this pipeline, by partition and offset.
    ///
    /// # Errors
    /// Returns errors of reading.
    pub async fn dead_letters(&self, limit: usize) -> Result<Vec<StoredDeadLetter>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let connection = self.connection.take().await?;
        let read = async {
            let first = connection.prepare(&select(FIRST)).await?;
            let client = connection.client();
            let rows = client.query(&first, &[&self.pipeline(), &limit]).await?;
            let letters = rows.iter().map(|row| stored(row, self.pipeline()));
            letters.collect()
        };
        let letters = connection.run("read dead letters from", read).await?;
        self.connection.put_back(connection);
        Ok(letters)
    }

    /// Writes the records that a decoder could not read, one per line, so that they can be repaired
    /// and processed again. For rows that a sink refused see
    /// [`export_rejected_rows`](Self::export_rejected_rows): they are results, not input.
    ///
    /// # Errors
    /// Returns errors of reading the store and of writing to `to`.
    pub async fn export_dead_letters(&self, to: &mut dyn Write) -> Result<Exported> {
        let connection = self.connection.take().await?;
        let doing = "read dead letters from";
        let asked = async {
            let decoded = connection.prepare(DECODED).await?;
            connection
                .client()
                .query_raw(&decoded, [self.pipeline()])
                .await
        };
        let mut rows = pin!(connection.run(doing, asked).await?);
        let mut exported = Exported::default();
        while let Some(row) = connection.run(doing, rows.try_next()).await? {
            let read = async { Ok((row.try_get::<_, &[u8]>(0)?, row.try_get(1)?)) };
            let (raw, whole) = connection.run(doing, read).await?;
            exported.record(raw, whole, to)?;
        }
        self.connection.put_back(connection);
        exported.finish(to)
    }

    /// Writes the rows that the sink of this name refused, so that they can be sent again once the
    /// fault of the row or of its table is mended.
    ///
    /// # Shape
    /// One JSON object per line: `id`, the [id](crate::StoredDeadLetter::id) by which a row that
    /// was sent is not sent twice; `partition` and `offset` of the record that produced the row;
    /// `key`, or null if it is not known; `reason`; and `row`, the row as its sink stored it: a
    /// JSON value, or a text otherwise.
    ///
    /// # Errors
    /// Returns errors of reading the store and of writing to `to`.
    pub async fn export_rejected_rows(&self, sink: &str, to: &mut dyn Write) -> Result<Exported> {
        let connection = self.connection.take().await?;
        let doing = "read dead letters from";
        let asked = async {
            let rejected = connection.prepare(&select(REJECTED)).await?;
            let client = connection.client();
            client
                .query_raw(&rejected, [self.pipeline(), &storable(sink)])
                .await
        };
        let mut rows = pin!(connection.run(doing, asked).await?);
        let mut exported = Exported::default();
        while let Some(row) = connection.run(doing, rows.try_next()).await? {
            let row = async { stored(&row, self.pipeline()) };
            exported.row(&connection.run(doing, row).await?, to)?;
        }
        self.connection.put_back(connection);
        exported.finish(to)
    }
}

fn select(which: &str) -> String {
    format!("SELECT {COLUMNS} FROM fleet_stream.dead_letters {which}")
}
