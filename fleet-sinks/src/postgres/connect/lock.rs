//! The advisory locks that serialise changes of the schema.

/// Held while tables are made: two processes that open a new database at once must not both make
/// them. The number is `fleet` in ASCII: our choice, because an advisory lock is known only by its
/// number.
pub(in crate::postgres) const TABLES: &str = "SELECT pg_advisory_xact_lock(439804651892)";

/// Held while migrations are applied. The number is `FLEET` in ASCII, our choice likewise.
pub(in crate::postgres) const MIGRATIONS: i64 = 0x46_4C45_4554;
