//! The [`Entry`] of a decoder, which counts the fate of each record.

use super::numbering::Numbering;
pub use crate::contracts::dead_letter::MAX_RAW_BYTES;
use crate::{
    contracts::{
        dead_letter::DeadLetter,
        fates::{Counts, Fates},
    },
    data::{EventTime, Offset},
    rows::{Dealer, Slab},
};

/// The longest reason that a dead letter stores, in bytes. Our choice: a few lines, because some
/// reasons quote what they refuse.
pub const MAX_REASON_BYTES: usize = 1024;

/// Receives the records of a payload, one call for each, and counts their fates.
///
/// # Examples
/// ```
/// use fleet_core::{Offset, checkpoint::Fates, decode::Entry};
/// let mut fates = Fates::default();
/// let mut rows = Vec::new();
/// let mut entry = Entry::new(&mut rows, &mut fates);
/// entry.row(Offset(0), "good");
/// entry.malformed(Offset(5), b"bad", "not a number");
/// assert_eq!((fates.counts.read, fates.counts.dead_lettered), (2, 1));
/// ```
#[derive(Debug)]
pub struct Entry<'a, E> {
    to: To<'a, E>,
    fates: &'a mut Fates,
    /// The current record.
    at: Offset,
    /// The first record to count. Earlier ones were counted before; a replay reads them again only
    /// to rebuild the state.
    counted: Offset,
    /// The log time of the records whose decoder gives none.
    default_log: Option<EventTime>,
    /// The log time of the next records.
    log: Option<EventTime>,
    /// The offsets of the next records, if they are not those that their decoder knows.
    numbering: Option<Numbering>,
}

/// The destination of events.
#[derive(Debug)]
enum To<'a, E> {
    List(&'a mut Vec<(Offset, E)>),
    Logged(&'a mut Vec<(Offset, Option<EventTime>, E)>),
    Shards(&'a mut Dealer<E>),
    Slab(&'a mut Slab<E>),
}

impl<'a, E> Entry<'a, E> {
    /// Returns an entry that appends to `rows` and counts in `fates`.
    pub fn new(rows: &'a mut Vec<(Offset, E)>, fates: &'a mut Fates) -> Self {
        Self::into(To::List(rows), fates)
    }

    /// Like [`new`](Self::new), with the log time of each row, to test a decoder that gives log
    /// times.
    pub fn with_log_times(
        rows: &'a mut Vec<(Offset, Option<EventTime>, E)>,
        fates: &'a mut Fates,
    ) -> Self {
        Self::into(To::Logged(rows), fates)
    }

    /// Returns an entry that appends each event to the list of its shard. `log` is the log time of
    /// the events whose decoder gives none.
    pub(crate) fn by_shard(
        dealer: &'a mut Dealer<E>,
        fates: &'a mut Fates,
        log: Option<EventTime>,
    ) -> Self {
        Self::into(To::Shards(dealer), fates).logged_at(log)
    }

    /// Returns an entry that builds events in the slab of the only shard. `log` is the log time of
    /// the events whose decoder gives none.
    pub(crate) fn of_slab(
        slab: &'a mut Slab<E>,
        fates: &'a mut Fates,
        log: Option<EventTime>,
    ) -> Self {
        Self::into(To::Slab(slab), fates).logged_at(log)
    }

    fn into(to: To<'a, E>, fates: &'a mut Fates) -> Self {
        let (at, counted) = (Offset(0), Offset(0));
        Self {
            to,
            fates,
            at,
            counted,
            default_log: None,
            log: None,
            numbering: None,
        }
    }

    fn logged_at(mut self, time: Option<EventTime>) -> Self {
        self.default_log = time;
        self.set_log_time(None);
        self
    }

    /// Counts only records from offset `first` on.
    pub(crate) fn count_from(&mut self, first: Offset) {
        self.counted = first;
    }

    /// Gives the records that follow other offsets than their decoder knows, until the next call.
    pub(crate) fn number_by(&mut self, numbering: Option<Numbering>) {
        self.numbering = numbering;
    }

    #[inline]
    fn numbered(&mut self, at: Offset) -> Offset {
        match &mut self.numbering {
            Some(numbering) => numbering.offset_of(at),
            None => at,
        }
    }

    fn counts(&mut self) -> &mut Counts {
        &mut self.fates.counts
    }

    /// Accepts the record at this offset as an event. Its fate is counted when it is admitted to
    /// the graph.
    #[inline]
    pub fn row(&mut self, at: Offset, event: E) {
        let at = self.numbered(at);
        self.fates.counts.read += u64::from(at >= self.counted);
        match &mut self.to {
            To::Slab(slab) => slab.put_fresh(at, event),
            To::List(rows) => rows.push((at, event)),
            To::Logged(rows) => rows.push((at, self.log, event)),
            To::Shards(dealer) => {
                dealer.next().push(at, event);
                dealer.finish();
            }
        }
    }

    /// Like [`row`](Self::row), for a record that says when the log appended it: in a column of the
    /// payload, or beside it as the timestamp of a Kafka record.
    ///
    /// This log time takes precedence over that of the [batch](crate::source::Batch::time), which
    /// explains what it is for. It need not grow from record to record.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{EventTime, Offset, checkpoint::Fates, decode::Entry};
    /// let [noon, later] = [0, 1].map(EventTime::from_micros);
    /// let (mut rows, mut fates) = (Vec::new(), Fates::default());
    /// let mut entry = Entry::with_log_times(&mut rows, &mut fates);
    /// entry.row_logged(Offset(0), noon, "a");
    /// entry.row_logged(Offset(1), later, "b");
    /// entry.row(Offset(2), "c");
    /// let times: Vec<_> = rows.iter().map(|(_, log, _)| *log).collect();
    /// assert_eq!(times, [Some(noon), Some(later), None]);
    /// ```
    pub fn row_logged(&mut self, at: Offset, log: EventTime, event: E) {
        let before = self.log;
        self.next_log_time(Some(log));
        self.row(at, event);
        self.next_log_time(before);
    }

    /// Sets the log time of the records that follow in this payload, until the next call. `None`
    /// returns to that of the [batch](crate::source::Batch::time).
    ///
    /// For a decoder that passes the bytes of a record on to another decoder, which knows only
    /// these bytes.
    ///
    /// # Examples
    /// Messages with a timestamp, whose values are lines of JSON:
    /// ```
    /// use fleet_core::{EventTime, Offset, checkpoint::Fates, source::Chunk};
    /// use fleet_core::{decode::{Decode, Entry}, dialect::Native, event::Telemetry};
    ///
    /// struct Message { at: Offset, timestamp: EventTime, value: Vec<u8> }
    ///
    /// #[derive(Default)]
    /// struct Messages(Native);
    /// impl Decode<Vec<Message>> for Messages {
    ///     type Event = Telemetry;
    ///     fn decode(&self, messages: Vec<Message>, entry: &mut Entry<'_, Telemetry>) {
    ///         for Message { at, timestamp, value } in messages {
    ///             entry.set_log_time(Some(timestamp));
    ///             self.0.decode(Chunk { bytes: value, start: at, ..Chunk::default() }, entry);
    ///         }
    ///     }
    /// }
    ///
    /// let value = br#"{"vehicle_id":"car-1","timestamp":"2024-02-15T14:32:18Z"}"#.to_vec();
    /// let timestamp = EventTime::parse("2024-02-15T14:32:19Z")?;
    /// let (mut rows, mut fates) = (Vec::new(), Fates::default());
    /// let message = Message { at: Offset(7), timestamp, value };
    /// let mut entry = Entry::with_log_times(&mut rows, &mut fates);
    /// Messages::default().decode(vec![message], &mut entry);
    /// assert_eq!((rows[0].0, rows[0].1), (Offset(7), Some(timestamp)));
    /// # Ok::<(), fleet_core::time::TimeError>(())
    /// ```
    pub fn set_log_time(&mut self, time: Option<EventTime>) {
        self.next_log_time(time.or(self.default_log));
    }

    fn next_log_time(&mut self, time: Option<EventTime>) {
        self.log = time;
        match &mut self.to {
            To::Slab(slab) => slab.set_log_time(time),
            To::Shards(dealer) => dealer.set_log_time(time),
            To::List(_) | To::Logged(_) => {}
        }
    }

    /// Begins an event in its final place, so that it never moves: moving a fresh event costs more
    /// than parsing the numbers of a line. The event is an old one emptied by `clean`, or a new one
    /// from `blank`. [`finish`](Self::finish) or [`discard`](Self::discard) must follow.
    #[inline]
    pub(crate) fn begin(
        &mut self,
        at: Offset,
        clean: impl FnOnce(&mut E),
        blank: impl FnOnce() -> E,
    ) -> Option<&mut E> {
        let at = self.numbered(at);
        self.at = at;
        match &mut self.to {
            To::Slab(slab) => slab.build_fresh(at, clean, blank),
            To::Shards(dealer) => dealer.next().build(at, clean, blank),
            To::List(rows) => {
                rows.push((at, blank()));
                rows.last_mut().map(|(_, event)| event)
            }
            To::Logged(rows) => {
                rows.push((at, self.log, blank()));
                rows.last_mut().map(|(.., event)| event)
            }
        }
    }

    /// Accepts the event that [`begin`](Self::begin) began.
    #[inline]
    pub(crate) fn finish(&mut self) {
        self.fates.counts.read += u64::from(self.at >= self.counted);
        if let To::Shards(dealer) = &mut self.to {
            dealer.finish();
        }
    }

    /// Removes the event that [`begin`](Self::begin) began, without counting it.
    #[inline]
    pub(crate) fn discard(&mut self) {
        match &mut self.to {
            To::Slab(slab) => slab.drop_last_fresh(),
            To::List(rows) => drop(rows.pop()),
            To::Logged(rows) => drop(rows.pop()),
            To::Shards(dealer) => dealer.discard(),
        }
    }

    /// Skips the record at this offset on purpose.
    pub fn filtered(&mut self, at: Offset) {
        let at = self.numbered(at);
        let count = u64::from(at >= self.counted);
        let counts = self.counts();
        counts.read += count;
        counts.filtered += count;
    }

    /// Refuses the record at this offset: it becomes a dead letter with the reason and its bytes.
    pub fn malformed(&mut self, at: Offset, raw: &[u8], reason: impl Into<String>) {
        self.cut(at, raw, raw.len() as u64, reason);
    }

    /// Like [`malformed`](Self::malformed), for a record of `length` bytes of which only the
    /// beginning, `raw`, is available.
    pub fn cut(&mut self, at: Offset, raw: &[u8], length: u64, reason: impl Into<String>) {
        let raw = raw.get(..MAX_RAW_BYTES).unwrap_or(raw).to_vec();
        let mut letter = DeadLetter::new(at, "decode", reason).with_raw(raw);
        letter.length = length;
        self.dead_letter(letter);
    }

    /// Refuses a record of which more is known: its place in its input, its key, its log time or
    /// its headers. The step becomes `decode`, unless it is `key`, the record has another key than
    /// its event, or `tenant`, the record came from another tenant than its event says. Too long
    /// reasons and bytes are truncated.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{Offset, checkpoint::{DeadLetter, Fates}, decode::Entry};
    /// let (mut rows, mut fates) = (Vec::<(Offset, ())>::new(), Fates::default());
    /// let letter = DeadLetter::new(Offset(7), "", "not JSON").with_raw(b"{".to_vec());
    /// Entry::new(&mut rows, &mut fates)
    ///     .dead_letter(DeadLetter { key: Some("car-1".into()), ..letter });
    /// assert_eq!(fates.dead[0].key.as_deref(), Some("car-1"));
    /// ```
    pub fn dead_letter(&mut self, mut letter: DeadLetter) {
        if let Some(numbering) = &mut self.numbering {
            numbering.place(&mut letter);
        }
        if letter.offset < self.counted {
            return;
        }
        self.counts().read += 1;
        if !matches!(&*letter.step, "key" | "tenant") {
            letter.step = "decode".into();
        }
        let end = (0..=MAX_REASON_BYTES)
            .rev()
            .find(|end| letter.reason.is_char_boundary(*end));
        letter.reason.truncate(end.unwrap_or(0));
        letter.raw.truncate(MAX_RAW_BYTES);
        self.fates.bury(letter);
    }
}
