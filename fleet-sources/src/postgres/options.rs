use std::time::Duration;

use fleet_core::{EventTime, Result};

use super::error::Refused;

/// What is read of a table, and how.
#[derive(Clone, Debug)]
pub struct HistoryOptions {
    /// The table or view, such as `fleet.v_telemetry`: columns `tenant`, `time`, `vehicle_id`, `fleet_id`, `status`, `id`
    /// and one for each [`Signal`](fleet_core::event::Signal). An index on `(tenant, time, vehicle_id, id)` gives the pages.
    pub table: String,
    /// Whose rows.
    pub tenant: String,
    /// From this time on.
    pub from: EventTime,
    /// Up to, and without, this time.
    pub to: EventTime,
    /// Settings of the server that hold while a page is read, such as `fleet.tenants` and `fleet.roles` where row-level
    /// security goes by them.
    pub settings: Vec<(String, String)>,
    /// How many rows a page has at most. Default 4,096, our choice: about a megabyte.
    pub page_rows: u32,
    /// How long a page may take. Default 60 s.
    pub patience: Duration,
}

impl HistoryOptions {
    /// All telemetry of one tenant over a span of time.
    pub fn new(
        table: impl Into<String>,
        tenant: impl Into<String>,
        from: EventTime,
        to: EventTime,
    ) -> Self {
        Self {
            table: table.into(),
            tenant: tenant.into(),
            from,
            to,
            settings: Vec::new(),
            page_rows: 4096,
            patience: Duration::from_secs(60),
        }
    }

    /// Adds a setting that holds while a page is read.
    #[must_use]
    pub fn with(mut self, setting: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((setting.into(), value.into()));
        self
    }

    /// The table's name, each part quoted.
    pub(super) fn quoted_table(&self) -> Result<String> {
        let fits = |part: &str| {
            let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            part.len() <= 63
                && part.bytes().next().is_some_and(letter)
                && part
                    .bytes()
                    .all(|byte| letter(byte) || byte.is_ascii_digit())
        };
        let parts: Vec<_> = self.table.split('.').collect();
        if parts.len() > 2 || !parts.iter().all(|part| fits(part)) {
            return Err(Refused::Table(self.table.clone()).into());
        }
        Ok(parts
            .iter()
            .map(|part| format!("\"{part}\""))
            .collect::<Vec<_>>()
            .join("."))
    }
}
