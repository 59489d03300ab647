//! Lists and exports the dead letters of a pipeline.

use std::{io::Write, pin::pin, sync::Arc};

use fleet_core::{Offset, Partition, Result, checkpoint::DeadLetter};
use futures_util::TryStreamExt;
use tokio_postgres::{Error, Row};

use super::{checkpoints::PostgresStore, claim::unsigned};
use crate::store_report::{Exported, StoredDeadLetter};

const FIRST: &str = r#"
SELECT partition, "offset", stage, reason, raw, length FROM fleet_stream.dead_letters
WHERE pipeline = $1 ORDER BY partition, "offset", stage, reason, raw LIMIT $2"#;

const DECODED: &str = r#"
SELECT raw, length <= octet_length(raw) FROM fleet_stream.dead_letters
WHERE pipeline = $1 AND stage = 'decode' ORDER BY partition, "offset""#;

impl PostgresStore {
    /// The first dead letters of this pipeline, by partition and offset.
    ///
    /// # Errors
    /// Returns errors of reading.
    pub async fn dead_letters(&self, limit: usize) -> Result<Vec<StoredDeadLetter>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let connection = self.connection.take().await?;
        let read = async {
            let first = connection.prepare(FIRST).await?;
            let client = connection.client();
            let rows = client.query(&first, &[&self.pipeline(), &limit]).await?;
            rows.iter().map(letter).collect()
        };
        let letters = connection.run("read dead letters from", read).await?;
        self.connection.put_back(connection);
        Ok(letters)
    }

    /// Writes the records that a decoder could not read, one per line, so that they can be repaired
    /// and processed again. Rows that a sink refused are not exported: they are results, not input.
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
}

fn letter(row: &Row) -> Result<StoredDeadLetter, Error> {
    Ok(StoredDeadLetter {
        partition: Partition::from(row.try_get::<_, &str>(0)?),
        letter: DeadLetter {
            offset: Offset(unsigned(row, 1)?),
            step: Arc::from(row.try_get::<_, &str>(2)?),
            reason: row.try_get(3)?,
            raw: row.try_get(4)?,
            length: unsigned(row, 5)?,
            ..DeadLetter::default()
        },
    })
}
