//! Who relays a backlog: one owner, for a limited time, which it extends.

use rusqlite::{Connection, OptionalExtension, Result, params};

/// Takes the lease if it is free or ours. One that ends later than a new one would is of a clock
/// that was set back since; waiting for it could take years.
const TAKE: &str = "
INSERT INTO relay_leases (pipeline, kind, owner, until)
VALUES (?1, ?2, ?3, unixepoch('subsec') + ?4)
ON CONFLICT (pipeline, kind) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE relay_leases.owner = excluded.owner OR relay_leases.until <= unixepoch('subsec')
   OR relay_leases.until > unixepoch('subsec') + ?4";

const EXTEND: &str = "
UPDATE relay_leases SET until = unixepoch('subsec') + ?4
WHERE pipeline = ?1 AND kind = ?2 AND owner = ?3";

/// Whether most of the time is left, so that polling seldom writes, and a page that is begun can be
/// marked: 5/6, our choice, are 50 s of a minute.
const IS_FRESH: &str = "
SELECT owner = ?3 AND until > unixepoch('subsec') + ?4 * 5 / 6 FROM relay_leases
WHERE pipeline = ?1 AND kind = ?2";

/// A lease on one backlog.
#[derive(Debug)]
pub(super) struct Lease {
    pub(super) kind: &'static str,
    /// A random number: processes and relays are told apart by it.
    pub(super) owner: i64,
    /// How long it lasts, in seconds.
    pub(super) seconds: f64,
}

impl Lease {
    /// Whether it is ours, and need not be extended yet.
    pub(super) fn is_fresh(&self, db: &Connection, pipeline: &str) -> Result<bool> {
        let fresh = db
            .prepare_cached(IS_FRESH)?
            .query_row(
                params![pipeline, self.kind, self.owner, self.seconds],
                |row| row.get(0),
            )
            .optional()?;
        Ok(fresh.unwrap_or(false))
    }

    /// Takes or extends it. `false` while it is somebody else's.
    pub(super) fn take(&self, db: &Connection, pipeline: &str) -> Result<bool> {
        self.change(db, pipeline, TAKE)
    }

    /// Extends it. `false` if somebody else has taken it.
    pub(super) fn extend(&self, db: &Connection, pipeline: &str) -> Result<bool> {
        self.change(db, pipeline, EXTEND)
    }

    /// Gives it up.
    pub(super) fn release(&self, db: &Connection, pipeline: &str) -> Result<()> {
        db.prepare_cached(
            "DELETE FROM relay_leases WHERE pipeline = ?1 AND kind = ?2 AND owner = ?3",
        )?
        .execute(params![pipeline, self.kind, self.owner])?;
        Ok(())
    }

    fn change(&self, db: &Connection, pipeline: &str, sql: &str) -> Result<bool> {
        let changed = db.prepare_cached(sql)?.execute(params![
            pipeline,
            self.kind,
            self.owner,
            self.seconds
        ])?;
        Ok(changed == 1)
    }
}
