//! Decodes the bodies of rows with any dialect, and compares keys.

use compact_str::CompactString;
use fleet_core::{
    Decode, Event,
    checkpoint::DeadLetter,
    decode::{Entry, RetryCopy, SingleRecord},
    dialect::{Dialect, MAX_RECORD_BYTES},
};

use super::record::{LogRecord, LogRecords};

/// Decodes each body as one record of a dialect. The time of a row is its log time.
///
/// # Guarantees
/// The key of a row must be that of its event, because the lane follows from it: the events of a
/// driver under two keys would have two states. Any other row becomes a dead letter of the step
/// `key`. A dead letter has the key and the time of its row.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, checkpoint::Fates, decode::{Decode, Entry}};
/// use fleet_core::dialect::VehicleOps;
/// use fleet_sinks::store_log::{LogDecoder, LogRecord, LogRecords};
///
/// let body = br#"{"vehicle_id":"car-1","timestamp":"2024-02-15T14:32:18Z"}"#;
/// let row = |key: &str| LogRecord {
///     offset: Offset(0), key: key.into(), at: EventTime::MIN, body: body.to_vec(),
/// };
/// let records = LogRecords::new(vec![row("car-1"), row("car-2")]);
/// let (mut rows, mut fates) = (Vec::new(), Fates::default());
/// let decode = LogDecoder::new(VehicleOps::default());
/// decode.decode(records, &mut Entry::new(&mut rows, &mut fates));
/// assert_eq!((rows.len(), &*fates.dead[0].step), (1, "key"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LogDecoder<D> {
    dialect: D,
    any_key: bool,
}

impl<D: Dialect> LogDecoder<D> {
    /// A decoder of this dialect.
    pub fn new(dialect: D) -> Self {
        Self {
            dialect,
            any_key: false,
        }
    }

    /// Does not compare keys: the writer chose lanes by something else that keeps each key of an
    /// event in one lane, or there is only one.
    #[must_use]
    pub fn with_any_key(mut self) -> Self {
        self.any_key = true;
        self
    }

    /// Reads one body. `None` is filtered on purpose; an error names the step and the reason.
    fn event(
        &self,
        record: &LogRecord,
        memo: &mut D::Memo,
    ) -> Result<Option<D::Event>, (&'static str, String)> {
        let decode = |why| ("decode", why);
        let length = record.body.len();
        if length > MAX_RECORD_BYTES {
            let why = format!("the row has {length} bytes, the limit is {MAX_RECORD_BYTES}");
            return Err(decode(why));
        }
        let text = std::str::from_utf8(&record.body);
        let text = text.map_err(|_| decode("the row is not UTF-8".to_owned()))?;
        let event = self.dialect.read(text, memo).map_err(|why| decode(why.0))?;
        if let Some(event) = event.as_ref().filter(|_| !self.any_key) {
            check_key(&record.key, event).map_err(|why| ("key", why))?;
        }
        Ok(event)
    }
}

fn check_key(key: &[u8], event: &impl Event) -> Result<(), String> {
    if key == event.key().as_bytes() {
        return Ok(());
    }
    Err(format!(
        "the key is `{}`, the event is of `{}`, which would have a state in two lanes: let \
         `with_key` of the writer find the key of the event",
        String::from_utf8_lossy(key.get(..64).unwrap_or(key)),
        event.key()
    ))
}

fn letter(record: &LogRecord, step: &'static str, reason: String) -> DeadLetter {
    DeadLetter {
        key: Some(CompactString::from_utf8_lossy(&record.key)),
        log_time: Some(record.at),
        length: record.body.len() as u64,
        ..DeadLetter::new(record.offset, step, reason).with_raw(record.body.clone())
    }
}

impl<D: Dialect> Decode<LogRecords> for LogDecoder<D> {
    type Event = D::Event;

    fn decode(&self, records: LogRecords, entry: &mut Entry<'_, D::Event>) {
        let mut memo = self.dialect.memo(None);
        for record in records.iter() {
            entry.set_log_time(Some(record.at));
            match self.event(record, &mut memo) {
                Ok(Some(event)) => entry.row(record.offset, event),
                Ok(None) => entry.filtered(record.offset),
                Err((step, why)) => entry.dead_letter(letter(record, step, why)),
            }
        }
    }

    fn copy_for_retry(&self, records: &LogRecords) -> Option<RetryCopy<LogRecords>> {
        self.dialect.stands_alone().then(|| RetryCopy {
            payload: records.clone(),
            records: |records| {
                let each = records.len();
                let single = |payload: LogRecords| {
                    let first = payload.iter().next();
                    SingleRecord {
                        at: first.map(|record| record.offset).unwrap_or_default(),
                        place: None,
                        raw: first.map(|record| record.body.clone()).unwrap_or_default(),
                        payload,
                    }
                };
                records.divide(each).into_iter().map(single).collect()
            },
        })
    }

    fn divide(&self, records: LogRecords, parts: usize) -> Vec<LogRecords> {
        records.divide(if self.dialect.stands_alone() {
            parts
        } else {
            1
        })
    }
}
