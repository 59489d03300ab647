//! Rows as messages: which topic, which id, which trace.

use std::fmt;

use compact_str::CompactString;
use fleet_core::{
    ContentId, Result, Row, TableRow,
    sink::{Outcome, Rejected},
    table::JsonFields,
};

use super::{
    message::{OutboxMessage, TRACEPARENT, content_id},
    topic_name::{topic_name_refusal, unusable},
};
use crate::check::{self, Misfit};

/// How the rows of a stream become messages for a topic.
///
/// # Shape
/// The value is the row as a JSON object, or what [`written_by`](Self::written_by) says. The key is
/// that of the row, or that of [`with_key`](Self::with_key); the timestamp is its event time. A row
/// that does not fit its columns is rejected.
///
/// # Guarantees
/// The id is a hash of topic, key, time and value, or that of [`with_id`](Self::with_id): the same
/// in every run. Rows with the same id are one message.
///
/// # Examples
/// ```
/// use fleet_core::event::Alert;
/// use fleet_sinks::outbox::OutboxRows;
/// let rows = OutboxRows::new("fleet.alerts")?
///     .with_id(|alert: &Alert| alert.id)
///     .with_traceparent(|alert: &Alert| Some(format!("00-{:032x}-{:016x}-01", alert.id.0, 1)));
/// assert!(format!("{rows:?}").contains("fleet.alerts"));
/// assert!(OutboxRows::<Alert>::new("no topic").is_err());
/// # Ok::<(), fleet_core::Error>(())
/// ```
pub struct OutboxRows<R> {
    topic: String,
    value: Write<R>,
    /// Shows a rejected row.
    rejected: fn(usize, String, &R) -> Rejected,
    key: Option<Of<R, String>>,
    id: Option<Of<R, ContentId>>,
    /// Those of every message.
    headers: Vec<(String, String)>,
    traceparent: Option<Of<R, Option<String>>>,
}

/// Appends the value of a row, or says why it has none.
type Write<R> = Box<dyn Fn(&R, &mut Vec<u8>) -> Result<(), Misfit> + Send + Sync>;
/// Finds something of a row.
type Of<R, T> = Box<dyn Fn(&R) -> T + Send + Sync>;

impl<R> fmt::Debug for OutboxRows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("OutboxRows");
        f.field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl<R: TableRow> OutboxRows<R> {
    /// Rows for this topic, as JSON objects of their columns.
    ///
    /// # Errors
    /// Refuses a name that no topic can have.
    pub fn new(topic: impl Into<String>) -> Result<Self> {
        let names = JsonFields::new(R::columns());
        let value = move |row: &R, to: &mut Vec<u8>| check::json(row, &names, to);
        Self::with_value(topic.into(), Box::new(value), check::rejected)
    }
}

impl<R> OutboxRows<R> {
    /// Rows for this topic, whose values are written as a system expects them, such as by its
    /// [`Dialect`](fleet_core::dialect::Dialect). Any value is taken, so no row is rejected.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::{Dialect, VehicleOps}, event::Telemetry};
    /// use fleet_sinks::outbox::OutboxRows;
    /// let dialect = VehicleOps::default();
    /// let write = move |event: &Telemetry, to: &mut Vec<u8>| dialect.write(event, to);
    /// let rows = OutboxRows::written_by("fleet.telemetry.raw", write)?
    ///     .with_key(|event| event.vehicle().as_str().to_owned());
    /// # let _ = rows;
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Refuses a name that no topic can have.
    pub fn written_by(
        topic: impl Into<String>,
        write: impl Fn(&R, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Result<Self> {
        let value = move |row: &R, to: &mut Vec<u8>| {
            write(row, to);
            Ok(())
        };
        let rejected = |index, reason, _: &R| Rejected {
            index,
            reason,
            raw: Vec::new(),
        };
        Self::with_value(topic.into(), Box::new(value), rejected)
    }

    fn with_value(
        topic: String,
        value: Write<R>,
        rejected: fn(usize, String, &R) -> Rejected,
    ) -> Result<Self> {
        if let Some(why) = topic_name_refusal(&topic) {
            return Err(unusable(&topic, why));
        }
        Ok(Self {
            topic,
            value,
            rejected,
            key: None,
            id: None,
            headers: Vec::new(),
            traceparent: None,
        })
    }

    /// Takes the key of the message from the row, for topics that are keyed by something else than
    /// the pipeline. Messages of one key keep the order in which one task committed them; those of
    /// several tasks have none.
    #[must_use]
    pub fn with_key(mut self, of: impl Fn(&R) -> String + Send + Sync + 'static) -> Self {
        self.key = Some(Box::new(of));
        self
    }

    /// Takes the id from the row, such as that of an alert. Rows that differ must have different
    /// ids, revisions of a result too: of two with the same id the second is left out.
    #[must_use]
    pub fn with_id(mut self, of: impl Fn(&R) -> ContentId + Send + Sync + 'static) -> Self {
        self.id = Some(Box::new(of));
        self
    }

    /// Gives each message this header, such as the kind of its row in a topic of several kinds.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Gives each message the trace context of its row, where it has one, in the header
    /// `traceparent`.
    #[must_use]
    pub fn with_traceparent(
        mut self,
        of: impl Fn(&R) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.traceparent = Some(Box::new(of));
        self
    }

    /// The topic.
    #[cfg(feature = "kafka")]
    pub(crate) fn topic(&self) -> &str {
        &self.topic
    }

    /// The messages of rows, and the rows that are rejected.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) fn messages(
        &self,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
    ) -> Result<(Vec<OutboxMessage>, Outcome)> {
        self.messages_unless(rows, keys, |_| None)
    }

    /// The same; messages that are refused with a reason are rejected, too.
    pub(crate) fn messages_unless(
        &self,
        rows: &[Row<R>],
        keys: Option<&[CompactString]>,
        refusal: impl Fn(&OutboxMessage) -> Option<String>,
    ) -> Result<(Vec<OutboxMessage>, Outcome)> {
        let mut messages = Vec::with_capacity(rows.len());
        let mut rejected: Vec<Rejected> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let key = keys.and_then(|keys| keys.get(index));
            let mut value = Vec::new();
            let message = match (self.value)(&row.value, &mut value) {
                Ok(()) => {
                    let message = self.message(row, key, value);
                    refusal(&message).map_or(Ok(message), Err)
                }
                Err(Misfit::Content(reason)) => Err(reason),
                Err(Misfit::Shape(error)) => return Err(error),
            };
            match message {
                Ok(message) => messages.push(message),
                Err(reason) => rejected.push((self.rejected)(index, reason, &row.value)),
            }
        }
        Ok((messages, Outcome { rejected }))
    }

    fn message(&self, row: &Row<R>, key: Option<&CompactString>, value: Vec<u8>) -> OutboxMessage {
        let own = self.key.as_ref().map(|of| of(&row.value));
        let key = own.as_deref().or(key.map(CompactString::as_str));
        let key = key.map(str::as_bytes);
        let id = match &self.id {
            Some(of) => of(&row.value),
            None => content_id(&self.topic, key, row.at, &value),
        };
        let traceparent = self.traceparent.as_ref().and_then(|of| of(&row.value));
        let traceparent = traceparent.map(|trace| (TRACEPARENT.to_owned(), trace.into_bytes()));
        let fixed = self.headers.iter();
        let fixed = fixed.map(|(name, value)| (name.clone(), value.clone().into_bytes()));
        OutboxMessage {
            id,
            topic: self.topic.clone(),
            key: key.map(<[u8]>::to_vec),
            value: Some(value),
            at: row.at,
            headers: fixed.chain(traceparent).collect(),
        }
    }
}
