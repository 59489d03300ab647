//! The payload of the source: records of one partition of a topic.

use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use fleet_core::EventTime;
use rdkafka::{Message, Timestamp, message::BorrowedMessage};

/// Records of one partition, in the order of their offsets.
///
/// Clones share their bytes.
#[derive(Clone, Debug, Default)]
pub struct KafkaRecords {
    topic: Arc<str>,
    bytes: Arc<Vec<u8>>,
    records: Vec<Entry>,
    headers: Arc<Vec<Header>>,
}

/// Where the parts of one record are in the bytes.
#[derive(Clone, Debug)]
struct Entry {
    offset: u64,
    key: Option<Range<usize>>,
    value: Option<Range<usize>>,
    time: Option<EventTime>,
    headers: Range<usize>,
}

/// Where a header is in the bytes: its name, and its value if it has one.
#[derive(Clone, Debug)]
struct Header(Range<usize>, Option<Range<usize>>);

/// One record of [`KafkaRecords`].
#[derive(Clone, Copy, Debug)]
pub struct KafkaRecord<'a> {
    all: &'a KafkaRecords,
    entry: &'a Entry,
}

impl KafkaRecords {
    /// The topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// The bytes that they take.
    pub(super) fn weight(&self) -> usize {
        weight(&self.bytes, &self.records, &self.headers)
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The records.
    pub fn iter(&self) -> impl Iterator<Item = KafkaRecord<'_>> {
        self.records
            .iter()
            .map(|entry| KafkaRecord { all: self, entry })
    }

    /// Splits the records into up to `parts` payloads of similar numbers, in order.
    #[must_use]
    pub fn divide(self, parts: usize) -> Vec<Self> {
        let each = self.records.len().div_ceil(parts.max(1)).max(1);
        let part = |records: &[Entry]| Self {
            records: records.to_vec(),
            ..self.clone_without_records()
        };
        self.records.chunks(each).map(part).collect()
    }

    /// The records at these indices. Their bytes are shared.
    pub(super) fn part_of(&self, records: Range<usize>) -> Self {
        Self {
            records: self.records.get(records).unwrap_or_default().to_vec(),
            ..self.clone_without_records()
        }
    }

    fn clone_without_records(&self) -> Self {
        Self {
            topic: Arc::clone(&self.topic),
            bytes: Arc::clone(&self.bytes),
            records: Vec::new(),
            headers: Arc::clone(&self.headers),
        }
    }
}

impl<'a> KafkaRecord<'a> {
    fn bytes(self, range: &Range<usize>) -> &'a [u8] {
        self.all.bytes.get(range.clone()).unwrap_or_default()
    }

    /// The topic.
    pub fn topic(self) -> &'a str {
        self.all.topic()
    }

    /// The offset in its partition.
    pub fn offset(self) -> u64 {
        self.entry.offset
    }

    /// The key; `None` if the record has none.
    pub fn key(self) -> Option<&'a [u8]> {
        self.entry.key.as_ref().map(|range| self.bytes(range))
    }

    /// The value; `None` for a tombstone.
    pub fn value(self) -> Option<&'a [u8]> {
        self.entry.value.as_ref().map(|range| self.bytes(range))
    }

    /// The timestamp: when the record was made or appended, as its topic is set up.
    pub fn time(self) -> Option<EventTime> {
        self.entry.time
    }

    /// The headers, by name.
    pub fn headers(self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        let headers = self.all.headers.get(self.entry.headers.clone());
        let headers = headers.unwrap_or_default().iter();
        headers.map(move |Header(name, value)| {
            (
                self.bytes(name),
                value.as_ref().map(|value| self.bytes(value)),
            )
        })
    }
}

/// The bytes of records, with those that note where their parts are: a record may have no others.
fn weight(bytes: &[u8], records: &[Entry], headers: &[Header]) -> usize {
    bytes.len() + size_of_val(records) + size_of_val(headers)
}

/// A header of the client, which panics where a name is not UTF-8. Then it has neither the name nor
/// the value.
pub(super) fn readable<'a>(
    get: impl FnOnce() -> rdkafka::message::Header<'a, &'a [u8]>,
) -> (&'a str, Option<&'a [u8]>) {
    match catch_unwind(AssertUnwindSafe(get)) {
        Ok(header) => (header.key, header.value),
        Err(_) => ("\u{fffd}", None),
    }
}

/// The timestamp of a record of the client.
pub(super) fn time(message: &BorrowedMessage<'_>) -> Option<EventTime> {
    let millis = match message.timestamp() {
        Timestamp::NotAvailable => None,
        Timestamp::CreateTime(at) | Timestamp::LogAppendTime(at) => Some(at),
    };
    millis.map(|at| EventTime::from_micros(at.saturating_mul(1000)))
}

/// Records that are being read, in one allocation.
#[derive(Debug, Default)]
pub(super) struct Builder {
    bytes: Vec<u8>,
    records: Vec<Entry>,
    headers: Vec<Header>,
}

impl Builder {
    /// The number of bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        weight(&self.bytes, &self.records, &self.headers)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn put(&mut self, bytes: &[u8]) -> Range<usize> {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        from..self.bytes.len()
    }

    /// Adds a record.
    pub(super) fn add<'h>(
        &mut self,
        offset: u64,
        (key, value): (Option<&[u8]>, Option<&[u8]>),
        time: Option<EventTime>,
        headers: impl Iterator<Item = (&'h str, Option<&'h [u8]>)>,
    ) {
        let key = key.map(|key| self.put(key));
        let value = value.map(|value| self.put(value));
        let first = self.headers.len();
        for (name, value) in headers {
            let header = Header(
                self.put(name.as_bytes()),
                value.map(|value| self.put(value)),
            );
            self.headers.push(header);
        }
        self.records.push(Entry {
            offset,
            key,
            value,
            time,
            headers: first..self.headers.len(),
        });
    }

    /// Takes what was added.
    pub(super) fn finish(&mut self, topic: &Arc<str>) -> KafkaRecords {
        KafkaRecords {
            topic: Arc::clone(topic),
            bytes: Arc::new(std::mem::take(&mut self.bytes)),
            records: std::mem::take(&mut self.records),
            headers: Arc::new(std::mem::take(&mut self.headers)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_what_was_added_however_they_are_divided() {
        let topic: Arc<str> = "t".into();
        let mut builder = Builder::default();
        for offset in 0..7u64 {
            let value = format!("value {offset}");
            let key = (offset % 2 == 0).then_some(&b"key"[..]);
            let value = (offset % 3 != 0).then_some(value.as_bytes());
            let headers = [("a", Some(&b"1"[..])), ("b", None)];
            let headers = headers
                .into_iter()
                .take(usize::try_from(offset % 3).unwrap());
            let time = (offset > 4).then(|| EventTime::from_micros(5));
            builder.add(offset * 10, (key, value), time, headers);
        }
        let records = builder.finish(&topic);
        assert!(builder.is_empty() && builder.bytes() == 0);
        let told = |records: &KafkaRecords| -> Vec<String> {
            let each = records.iter().map(|record| {
                let headers: Vec<_> = record.headers().collect();
                format!(
                    "{} {:?} {:?} {:?} {headers:?}",
                    record.offset(),
                    record.key(),
                    record.value(),
                    record.time()
                )
            });
            each.collect()
        };
        let whole = told(&records);
        assert_eq!(whole.len(), 7);
        for parts in 1..9 {
            let divided = records.clone().divide(parts);
            assert!((1..=parts).contains(&divided.len()));
            assert_eq!(divided.iter().flat_map(told).collect::<Vec<_>>(), whole);
        }
        assert!(KafkaRecords::default().divide(3).is_empty());
    }

    #[test]
    fn records_without_bytes_have_a_weight() {
        let topic: Arc<str> = "t".into();
        let mut builder = Builder::default();
        for offset in 0..10 {
            builder.add(offset, (None, None), None, [].into_iter());
        }
        assert!(builder.bytes() >= 10 * size_of::<Entry>());
        assert_eq!(builder.bytes(), builder.finish(&topic).weight());
    }

    #[test]
    fn a_header_whose_name_is_no_text_costs_only_itself() {
        let header = |key| rdkafka::message::Header {
            key,
            value: Some(&b"1"[..]),
        };
        assert_eq!(readable(|| header("a")), ("a", Some(&b"1"[..])));
        assert_eq!(readable(|| panic!("no UTF-8")), ("\u{fffd}", None));
    }
}
