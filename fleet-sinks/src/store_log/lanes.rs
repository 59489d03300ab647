//! What a store does for the source of a log.

use async_trait::async_trait;
use fleet_core::Result;

use super::{error::LogError, record::LogRecord};

/// The limits of a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageLimits {
    pub(crate) rows: usize,
    /// One row is there however large it is.
    pub(crate) bytes: usize,
}

/// Where a lane is read from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LaneStart {
    pub(crate) at: u64,
    /// The number of the next row that will be written.
    pub(crate) end: u64,
}

/// What a store keeps of a lane for a reader.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// The number of the oldest row; `end` if no row is kept.
    pub(crate) oldest: u64,
    /// The number of the next row that will be written.
    pub(crate) end: u64,
    /// The oldest row when the reader was registered; `None` if it was dropped.
    pub(crate) began: Option<u64>,
}

/// One registered reader of a log, as a store keeps it. Calls may overlap.
#[async_trait]
pub(crate) trait LaneReader: Send + Sync + 'static {
    /// The number of the next row of each lane.
    async fn ends(&self) -> Result<Vec<u64>>;

    /// The rows of a lane from this number on.
    async fn page(&self, lane: u32, from: u64, limits: PageLimits) -> Result<Vec<LogRecord>>;

    /// Registers that the reader needs a lane from this number on; by default from where it began.
    async fn start(&self, lane: u32, at: Option<u64>) -> Result<LaneStart>;

    /// Records that everything below these numbers is durable with the reader, and that it is
    /// alive. Deletes rows that no reader needs.
    async fn note(&self, done: &[(u32, u64)]) -> Result<()>;
}

/// Decides where a lane is read from. Without a place the reader has computed nothing, so it needs
/// every row since it began: if a pipeline of this name has read some, they may be gone.
pub(crate) fn start_at(
    (log, reader, lane): (&str, &str, u32),
    at: Option<u64>,
    Kept { oldest, end, began }: Kept,
) -> Result<LaneStart> {
    let wanted = at.or(began).unwrap_or(oldest);
    let (log, reader) = (log.to_owned(), reader.to_owned());
    if wanted < oldest {
        let refused = if at.is_some() {
            LogError::Trimmed {
                log,
                reader,
                lane,
                wanted,
                oldest,
            }
        } else {
            LogError::ReadBefore {
                log,
                reader,
                lane,
                wanted,
                oldest,
            }
        };
        return Err(refused.into());
    }
    if wanted > end {
        return Err(LogError::Beyond {
            log,
            reader,
            lane,
            wanted,
            end,
        }
        .into());
    }
    Ok(LaneStart { at: wanted, end })
}

/// Refuses a page that does not begin where it should, or has a gap: its rows were deleted because
/// the reader was dropped while it was running. `page` is known not to be the end of the lane.
pub(crate) fn unbroken(
    (log, reader, lane): (&str, &str, u32),
    from: u64,
    page: &[LogRecord],
) -> Result<()> {
    let numbers = page.iter().map(|record| record.offset.0);
    let broken = (from..)
        .zip(numbers)
        .find(|(expected, found)| expected != found);
    let (wanted, oldest) = match broken {
        Some(broken) => broken,
        None if page.is_empty() => (from, from + 1),
        None => return Ok(()),
    };
    Err(LogError::Trimmed {
        log: log.to_owned(),
        reader: reader.to_owned(),
        lane,
        wanted,
        oldest,
    }
    .into())
}
