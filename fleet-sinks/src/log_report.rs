//! What a store holds of a log, and who reads it.

use std::time::Duration;

/// How long a reader may be silent before it counts as gone. Our choice: a restart takes less, and
/// readers give a sign of life ten times as often.
const GONE: Duration = Duration::from_secs(300);

/// What a store holds of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSummary {
    /// The number of lanes.
    pub lanes: u32,
    /// The number of rows that were ever written.
    pub written: u64,
    /// The number of rows that wait for the slowest reader.
    pub waiting: u64,
    /// The registered readers, the slowest first.
    pub readers: Vec<LogReader>,
}

/// A registered reader of a log.
///
/// # Examples
/// A reader that is gone holds the log back until it is dropped:
/// ```
/// use std::time::Duration;
/// use fleet_sinks::store_log::LogReader;
/// let mut reader = LogReader { behind: 7, ..LogReader::named("drivers") };
/// assert!(!reader.is_gone());
/// reader.silent = Duration::from_secs(301);
/// assert!(reader.is_gone());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogReader {
    /// Its name.
    pub name: String,
    /// How many rows it has not committed yet.
    pub behind: u64,
    /// How long ago it gave a sign of life, by the clock of the store. A running reader gives one
    /// every 30 s.
    pub silent: Duration,
}

impl LogReader {
    /// A reader that was just seen and has nothing to read.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Whether it was not seen for five minutes. If it does not come back, drop it by `drop_reader`
    /// of its store, because it holds the log back.
    pub fn is_gone(&self) -> bool {
        self.silent >= GONE
    }
}

/// Says of a full log which reader is to blame, and what to do.
pub(crate) fn slowest(readers: &[LogReader]) -> String {
    let Some(reader) = readers.first() else {
        return "no reader is registered: start the pipeline that reads it".to_owned();
    };
    let LogReader { name, behind, .. } = reader;
    let seconds = reader.silent.as_secs();
    let advice = if reader.is_gone() {
        "it seems to be gone: start it again, or drop it by `drop_reader`"
    } else {
        "start it if it is not running, wait until it has caught up, or raise `most_waiting`"
    };
    format!("the slowest reader is {name}, {behind} rows behind and seen {seconds} s ago; {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_reader_is_named_with_what_to_do() {
        assert!(slowest(&[]).contains("no reader is registered"));
        let mut reader = LogReader {
            behind: 12,
            ..LogReader::named("drivers")
        };
        let text = slowest(std::slice::from_ref(&reader));
        assert!(text.contains("drivers, 12 rows behind"), "{text}");
        assert!(text.contains("caught up"), "{text}");
        reader.silent = Duration::from_secs(400);
        let text = slowest(&[reader]);
        assert!(text.contains("seen 400 s ago"), "{text}");
        assert!(text.contains("`drop_reader`"), "{text}");
    }
}
