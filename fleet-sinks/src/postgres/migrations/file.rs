use fleet_core::event::ContentHasher;

use super::Migrations;

/// One numbered file.
#[derive(Debug)]
pub(super) struct File {
    pub(super) version: i32,
    pub(super) name: &'static str,
    pub(super) part: Migrations,
    pub(super) sql: &'static str,
}

impl File {
    /// Tells whether what was applied is what is here. Line ends do not count: a checkout may change them.
    pub(super) fn checksum(&self) -> i64 {
        let mut content = ContentHasher::new();
        for line in self.sql.lines() {
            content.text(line);
        }
        content.finish().cast_signed()
    }
}

macro_rules! file {
    ($version:literal, $name:literal, $part:ident) => {
        $crate::postgres::migrations::File {
            version: $version,
            name: $name,
            part: $crate::postgres::migrations::Migrations::$part,
            sql: include_str!(concat!(
                "../../../migrations/V",
                $version,
                "__",
                $name,
                ".sql"
            )),
        }
    };
}
pub(super) use file;
