//! The advisory locks: for changes of the schema, for who relays, and for who reads a log.

use fleet_core::event::ContentHasher;

/// Held while tables are made: two processes that open a new database at once must not both make
/// them. The number is `fleet` in ASCII: our choice, because an advisory lock is known only by its
/// number.
pub(in crate::postgres) const TABLES: &str = "SELECT pg_advisory_xact_lock(439804651892)";

/// Held while migrations are applied. The number is `FLEET` in ASCII, our choice likewise.
pub(in crate::postgres) const MIGRATIONS: i64 = 0x46_4C45_4554;

/// Held by whoever relays these contents of the store of a pipeline. A hash: another lock of the
/// same number is as likely as any two of 2^64.
pub(in crate::postgres) fn relay(contents: &str, pipeline: &str) -> i64 {
    let mut content = ContentHasher::new();
    content.text("fleet relay").text(contents).text(pipeline);
    content.finish().cast_signed()
}

/// Held while a reader of a log is registered or dropped, and while rows are deleted that no reader
/// needs: of two that happen at once, the second must see what the first did.
pub(in crate::postgres) fn readers(tenant: &str, log: &str) -> i64 {
    let mut content = ContentHasher::new();
    content.text("fleet log readers").text(tenant).text(log);
    content.finish().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::{readers, relay};

    #[test]
    fn each_log_of_each_tenant_has_a_lock_of_its_own() {
        let own = readers("", "trips");
        assert_ne!(own, readers("north", "trips"));
        assert_ne!(own, readers("", "trip"));
        assert_ne!(readers("a", "b"), readers("ab", ""));
    }

    #[test]
    fn each_pipeline_and_contents_has_a_lock_of_its_own() {
        let own = relay("outbox", "demo");
        assert_ne!(own, relay("outbox", "other"));
        assert_ne!(own, relay("dead_letters", "demo"));
        // Programs of several versions relay one store.
        assert_eq!(own, -4_864_078_267_120_247_077);
    }
}
