//! Rows of a stream as rows of a log: which key, which lane.

use std::{fmt, sync::Arc};

use compact_str::CompactString;
use fleet_core::{
    EventTime, Result, Row, TableRow,
    dialect::MAX_RECORD_BYTES,
    event::ContentHasher,
    sink::{Outcome, Rejected},
    table::JsonFields,
};

use super::{
    error::LogError,
    options::{LogOptions, log_name_refusal},
};
use crate::check::{self, Misfit};

/// How the rows of a stream become rows of a log.
///
/// # Shape
/// The body is the row as a JSON object, as in a topic. The key is that of the row in its graph,
/// unless [`with_key`](Self::with_key) finds another. The time is the event time. A row that does
/// not fit its columns is rejected.
///
/// # Examples
/// Trips of vehicles, for a pipeline by driver:
/// ```
/// # use fleet_core::TableRow;
/// # use fleet_core::table::{Column, Fields, Value};
/// use fleet_sinks::store_log::LogRows;
///
/// struct Trip { driver: String, km: i64 }
/// # impl TableRow for Trip {
/// #     fn columns() -> &'static [Column] {
/// #         const { &[Column::text("driver"), Column::integer("km")] }
/// #     }
/// #     fn write(&self, to: &mut dyn Fields) {
/// #         to.put(Value::Text(&self.driver));
/// #         to.put(Value::Integer(self.km));
/// #     }
/// # }
/// let rows = LogRows::new("trips")?.with_key(|trip: &Trip| trip.driver.clone());
/// assert!(format!("{rows:?}").contains("trips"));
/// assert!(LogRows::<Trip>::new("no log").is_err());
/// # Ok::<(), fleet_core::Error>(())
/// ```
pub struct LogRows<R> {
    log: Arc<str>,
    options: LogOptions,
    key: Option<KeyOf<R>>,
}

/// Finds the key of a row.
type KeyOf<R> = Box<dyn Fn(&R) -> CompactString + Send + Sync>;

/// A row for a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewRow {
    pub(crate) lane: u32,
    pub(crate) key: CompactString,
    pub(crate) at: EventTime,
    pub(crate) body: Vec<u8>,
}

impl<R> fmt::Debug for LogRows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("LogRows");
        f.field("log", &self.log).finish_non_exhaustive()
    }
}

impl<R> LogRows<R> {
    /// Rows for this log.
    ///
    /// # Errors
    /// Refuses a name that no topic can have.
    pub fn new(log: &str) -> Result<Self> {
        check_name("log", log)?;
        Ok(Self {
            log: log.into(),
            options: LogOptions::default(),
            key: None,
        })
    }

    /// Sets the number of lanes and the bound.
    #[must_use]
    pub fn with_options(mut self, options: LogOptions) -> Self {
        self.options = options;
        self
    }

    /// Takes the key from the row, such as the driver of a trip. Any text is a key, the empty one
    /// too.
    #[must_use]
    pub fn with_key<K: Into<CompactString>>(
        mut self,
        of: impl Fn(&R) -> K + Send + Sync + 'static,
    ) -> Self {
        self.key = Some(Box::new(move |row| of(row).into()));
        self
    }

    pub(crate) fn log(&self) -> &Arc<str> {
        &self.log
    }

    pub(crate) fn options(&self) -> &LogOptions {
        &self.options
    }
}

impl<R: TableRow> LogRows<R> {
    /// The rows for the log, by ascending lane and in order within each, and those that are
    /// rejected.
    pub(crate) fn rows(
        &self,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<(Vec<NewRow>, Outcome)> {
        let mut new = Vec::with_capacity(rows.len());
        let mut rejected: Vec<Rejected> = Vec::new();
        let names = JsonFields::new(R::columns());
        for (index, row) in rows.iter().enumerate() {
            let mut body = Vec::new();
            match check::json(&row.value, &names, &mut body) {
                Ok(()) => {
                    let length = body.len();
                    if length <= MAX_RECORD_BYTES {
                        let own = keys.and_then(|keys| keys.get(index));
                        new.push(self.row(row, own, body));
                        continue;
                    }
                    let reason = format!("it has {length} bytes, the limit is {MAX_RECORD_BYTES}");
                    rejected.push(check::rejected(index, reason, &row.value));
                }
                Err(Misfit::Content(reason)) => {
                    rejected.push(check::rejected(index, reason, &row.value));
                }
                Err(Misfit::Shape(error)) => return Err(error),
            }
        }
        // Stable: the order within a lane stays.
        new.sort_by_key(|row| row.lane);
        Ok((new, Outcome { rejected }))
    }

    fn row(&self, row: &Row<R>, own: Option<&CompactString>, body: Vec<u8>) -> NewRow {
        let key = match &self.key {
            Some(of) => of(&row.value),
            None => own.cloned().unwrap_or_default(),
        };
        NewRow {
            lane: lane_of(&key, self.options.lanes),
            key,
            at: row.at,
            body,
        }
    }
}

/// The lane of a key. Logs hold rows by it, so it never changes.
pub(super) fn lane_of(key: &str, lanes: u32) -> u32 {
    let mut content = ContentHasher::new();
    content.text(key);
    let lane = content.finish() % u64::from(lanes.max(1));
    u32::try_from(lane).unwrap_or(0)
}

/// Refuses a name that no topic can have.
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<()> {
    let Some(why) = log_name_refusal(name) else {
        return Ok(());
    };
    // A long name would bury the reason.
    let name = name.chars().take(64).collect();
    Err(LogError::Name { what, name, why }.into())
}
