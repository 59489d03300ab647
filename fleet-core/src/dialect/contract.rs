use serde_json::error::Category;

use super::Lossy;
use crate::{
    contracts::decode::Entry,
    data::{EventTime, Offset},
    event::Event,
};

/// How one system writes one kind of event: a record of text in, an event out, and back.
///
/// Every dialect is a [`Decode`](crate::Decode) of [`Chunk`](crate::source::Chunk)s of lines.
///
/// # Guarantees
/// `write(read(line))` equals `line` as a JSON value, number kinds and key order included; unknown keys
/// survive where the dialect was told to keep them.
pub trait Dialect: Send + Sync + 'static {
    /// What it writes.
    type Event: Event;
    /// What is remembered from record to record of one batch: to be fast, or what [`memo`](Self::memo) says.
    type Memo: Default;

    /// The memory that a batch begins with. It changes a result only where a record may lack a time: `newest` is
    /// the newest time before the batch in its input, if the source tells it ([`Chunk::newest`]).
    ///
    /// [`Chunk::newest`]: crate::source::Chunk::newest
    fn memo(&self, newest: Option<EventTime>) -> Self::Memo {
        let _ = newest;
        Self::Memo::default()
    }

    /// Whether a record means the same whatever stood before it in its batch: then several workers share one.
    /// A dialect whose [`memo`](Self::memo) changes results says no.
    fn stands_alone(&self) -> bool {
        true
    }

    /// Reads one record. `None` is a record that is left out on purpose.
    ///
    /// # Errors
    /// Why it is no event, for people.
    fn read(&self, record: &str, memo: &mut Self::Memo) -> Result<Option<Self::Event>, Refused>;

    /// A short cut for lines that are written as most are: enters the one that the text begins with, and
    /// returns its length with the line feed. `None` decides nothing: the line is looked for and
    /// [read](Self::read) then, which gives the same event. By default there is none.
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

    /// What of an event [`write`](Self::write) leaves out, because this dialect has no place for it.
    fn lossy(&self, event: &Self::Event) -> Lossy {
        let _ = event;
        Lossy::new()
    }
}

/// Why a record is no event: what was wrong, with which value, in a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// How much of a reason is kept, bytes: serde quotes the value, which can be the whole record.
const MAX_REASON_BYTES: usize = 400;

impl Refused {
    /// What `serde_json` says, told as a reason.
    pub(super) fn of_json(error: &serde_json::Error) -> Self {
        let why = error.to_string();
        let mut reason = match error.classify() {
            // serde_json's words for 1e999.
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
