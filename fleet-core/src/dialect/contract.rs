//! The contract of a dialect.

use serde_json::error::Category;

use super::Lossy;
use crate::{
    contracts::decode::Entry,
    data::{EventTime, Offset},
    event::Event,
};

/// The text format in which one system writes one kind of event.
///
/// Every dialect is a [`Decode`](crate::Decode) for [`Chunk`](crate::source::Chunk)s of lines.
///
/// # Guarantees
/// `write(read(line))` equals `line` as a JSON value, including the kinds of numbers and the order
/// of keys. Unknown keys are written back if the dialect was created to keep them.
pub trait Dialect: Send + Sync + 'static {
    /// The event that a record holds.
    type Event: Event;
    /// State that is carried from record to record of one batch, such as a cache or the newest
    /// time.
    type Memo: Default;

    /// Creates the state at the start of a batch. It affects results only if records may lack a
    /// time: `newest` is the newest time before the batch in its input, if the source knows it
    /// ([`Chunk::newest`]).
    ///
    /// [`Chunk::newest`]: crate::source::Chunk::newest
    fn memo(&self, newest: Option<EventTime>) -> Self::Memo {
        let _ = newest;
        Self::Memo::default()
    }

    /// Whether a record can be read without the records before it, so that several workers may
    /// divide a batch. A dialect whose [`memo`](Self::memo) affects results returns `false`.
    fn stands_alone(&self) -> bool {
        true
    }

    /// Reads one record. Returns `None` for a record that is filtered out on purpose.
    ///
    /// # Errors
    /// Returns why the record is not an event, in words for people.
    fn read(&self, record: &str, memo: &mut Self::Memo) -> Result<Option<Self::Event>, Refused>;

    /// A fast path for lines in the usual form: enters the first line of a text and returns its
    /// length with the line feed. If it returns `None`, the line is [read](Self::read) instead,
    /// which must give the same event. By default there is no fast path.
    #[inline]
    fn enter_first(
        &self,
        text: &str,
        memo: &mut Self::Memo,
        at: Offset,
        entry: &mut Entry<'_, Self::Event>,
    ) -> Option<usize> {
        let _ = (text, memo, at, entry);
        None
    }

    /// Appends one record, without a line end.
    fn write(&self, event: &Self::Event, to: &mut Vec<u8>);

    /// Names the parts of an event that [`write`](Self::write) drops because this dialect cannot
    /// express them.
    fn lossy(&self, event: &Self::Event) -> Lossy {
        let _ = event;
        Lossy::new()
    }
}

/// Why a record is not an event: what is wrong, with which value, without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// The most bytes of a reason. Serde quotes the wrong value, which can be the whole record.
const MAX_REASON_BYTES: usize = 400;

impl Refused {
    /// Turns an error of `serde_json` into a reason.
    pub(super) fn of_json(error: &serde_json::Error) -> Self {
        let why = error.to_string();
        let mut reason = match error.classify() {
            // The message of serde_json for 1e999.
            Category::Syntax if why.starts_with("number out of range") => {
                format!("a number is not finite: {why}")
            }
            Category::Syntax | Category::Eof | Category::Io => format!("not JSON: {why}"),
            Category::Data => why,
        };
        if reason.len() > MAX_REASON_BYTES {
            let cut = (0..=MAX_REASON_BYTES).rfind(|at| reason.is_char_boundary(*at));
            reason.truncate(cut.unwrap_or(0));
            reason.push_str("..");
        }
        Self(reason)
    }
}
