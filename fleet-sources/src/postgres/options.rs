//! Which rows of which table a history source reads, and its limits.

use std::time::Duration;

use fleet_core::{EventTime, Result};

use super::error::OptionsError;

/// Which rows a [`HistorySource`](super::HistorySource) reads, and how.
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_sources::HistoryOptions;
/// let [from, to] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"].map(EventTime::parse);
/// let options = HistoryOptions::new("fleet.v_telemetry", "acme", from?, to?)
///     .with("fleet.tenants", "{acme}");
/// assert_eq!(options.page_rows, 4096);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct HistoryOptions {
    /// The table or view, such as `fleet.v_telemetry`.
    ///
    /// It has the columns `tenant`, `time`, `vehicle_id`, `fleet_id`, `status`, `id`, and one for
    /// each [`Signal`](fleet_core::event::Signal). An index on `(tenant, time, vehicle_id, id)`
    /// keeps pages cheap.
    pub table: String,
    /// The tenant whose rows are read.
    pub tenant: String,
    /// The first time to read.
    pub from: EventTime,
    /// The end of the span, exclusive.
    pub to: EventTime,
    /// Server settings, in effect while a page is read: such as `fleet.tenants` and `fleet.roles`
    /// where row-level security depends on them.
    pub settings: Vec<(String, String)>,
    /// The most rows of a page. Default 4,096, our choice: about a megabyte.
    pub page_rows: u32,
    /// How long a page may take, including a new connection. Default 60 s, our choice.
    pub page_timeout: Duration,
}

impl HistoryOptions {
    /// Reads all telemetry of one tenant in a span of time.
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
            page_timeout: Duration::from_secs(60),
        }
    }

    /// Adds a server setting that is in effect while a page is read.
    #[must_use]
    pub fn with(mut self, setting: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((setting.into(), value.into()));
        self
    }

    /// The table's name with its schema and its table each quoted.
    pub(super) fn quoted_table(&self) -> Result<String> {
        let fits = |name: &str| {
            let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            name.len() <= 63
                && name.bytes().next().is_some_and(letter)
                && name
                    .bytes()
                    .all(|byte| letter(byte) || byte.is_ascii_digit())
        };
        let names: Vec<_> = self.table.split('.').collect();
        if names.len() > 2 || !names.iter().all(|name| fits(name)) {
            return Err(OptionsError::Table(self.table.clone()).into());
        }
        Ok(names
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect::<Vec<_>>()
            .join("."))
    }
}
