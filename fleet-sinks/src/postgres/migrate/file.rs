//! One migration file, compiled into the crate.

use fleet_core::event::ContentHasher;

/// A numbered file of SQL.
#[derive(Debug)]
pub(in crate::postgres) struct Migration {
    pub(in crate::postgres) version: i32,
    pub(in crate::postgres) name: &'static str,
    pub(in crate::postgres) sql: &'static str,
}

impl Migration {
    /// A hash of the content, to notice a file that changed after it was applied. Line ends do not
    /// count, because a checkout may change them.
    pub(in crate::postgres) fn checksum(&self) -> i64 {
        let mut content = ContentHasher::new();
        for line in self.sql.lines() {
            content.text(line);
        }
        content.finish().cast_signed()
    }
}

/// Includes `migrations/FOLDER/V{version}__{name}.sql` of this crate.
macro_rules! migration {
    ($folder:literal, $version:literal, $name:literal) => {
        $crate::postgres::migrate::Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/migrations/",
                $folder,
                "/V",
                $version,
                "__",
                $name,
                ".sql"
            )),
        }
    };
}
pub(in crate::postgres) use migration;
