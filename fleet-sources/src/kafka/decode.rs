//! Decodes the values of records with any dialect, and compares keys.

use compact_str::CompactString;
use fleet_core::{
    Decode, Event, Offset,
    checkpoint::DeadLetter,
    decode::{Entry, RetryCopy, SingleRecord},
    dialect::{Dialect, MAX_RECORD_BYTES},
};

use super::records::{KafkaRecord, KafkaRecords};

/// What the key of a record must be.
///
/// The events of a vehicle have one state, in the task of their partition. A producer that sends
/// them under another key, or under none, spreads them over partitions, and the vehicle would have
/// two states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyCheck {
    /// The key of the event: the vehicle. Any other record becomes a dead letter of the step `key`.
    #[default]
    Same,
    /// Anything: the producer partitions by something else that keeps each vehicle in one
    /// partition, or there is only one partition.
    Any,
}

/// Decodes each value as one record of a dialect. The timestamp of a record is its log time.
///
/// # Guarantees
/// A record without a value (a tombstone) is filtered. A dead letter has the key, the time and the
/// headers of its record.
///
/// # Examples
/// ```
/// use fleet_core::dialect::VehicleOps;
/// use fleet_sources::{KafkaDecoder, KeyCheck};
/// let decode = KafkaDecoder::new(VehicleOps::default()).with_keys(KeyCheck::Any);
/// # let _ = decode;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KafkaDecoder<D: Dialect> {
    dialect: D,
    keys: KeyCheck,
    tenants: Option<TenantCheck<D::Event>>,
}

/// Refuses an event whose tenant is not that of its topic, with the reason.
pub type TenantCheck<E> = fn(topic: &str, event: &E) -> Result<(), String>;

impl<D: Dialect + Default> Default for KafkaDecoder<D> {
    fn default() -> Self {
        Self::new(D::default())
    }
}

impl<D: Dialect> KafkaDecoder<D> {
    /// A decoder of this dialect, which requires the key of a record to be that of its event.
    pub fn new(dialect: D) -> Self {
        Self {
            dialect,
            keys: KeyCheck::Same,
            tenants: None,
        }
    }

    /// Compares the tenant of each event with its topic, where each tenant has a topic of its own.
    /// What `check` refuses becomes a dead letter of the step `tenant`, with the reason that it
    /// returns.
    ///
    /// # Examples
    /// No message may speak for another customer:
    /// ```
    /// use fleet_core::{dialect::Ford, event::{Telemetry, TextField}};
    /// use fleet_sources::KafkaDecoder;
    /// fn same_customer(topic: &str, event: &Telemetry) -> Result<(), String> {
    ///     let says = event.text(TextField::Customer).unwrap_or_default();
    ///     match topic.strip_suffix("_telemetry") {
    ///         Some(customer) if customer == says => Ok(()),
    ///         _ => Err(format!("the event is of customer `{says}`, its topic is {topic}")),
    ///     }
    /// }
    /// let decode = KafkaDecoder::new(Ford::default()).with_tenants(same_customer);
    /// # let _ = decode;
    /// ```
    #[must_use]
    pub fn with_tenants(mut self, check: TenantCheck<D::Event>) -> Self {
        self.tenants = Some(check);
        self
    }

    /// Sets what keys must be.
    #[must_use]
    pub fn with_keys(mut self, keys: KeyCheck) -> Self {
        self.keys = keys;
        self
    }

    /// Reads one value. `None` is filtered on purpose; an error names the step and the reason.
    fn event(
        &self,
        record: KafkaRecord<'_>,
        value: &[u8],
        memo: &mut D::Memo,
    ) -> Result<Option<D::Event>, (&'static str, String)> {
        let decode = |why| ("decode", why);
        if value.len() > MAX_RECORD_BYTES {
            let length = value.len();
            let why = format!("the record has {length} bytes, the limit is {MAX_RECORD_BYTES}");
            return Err(decode(why));
        }
        if let Some(schema) = confluent_schema(value) {
            let why = format!(
                "it begins like Confluent's wire format (magic byte 0, schema {schema}), which \
                 needs a schema registry: produce plain JSON"
            );
            return Err(decode(why));
        }
        let text = std::str::from_utf8(value);
        let text = text.map_err(|_| decode("the record is not UTF-8".to_owned()))?;
        let event = self.dialect.read(text, memo).map_err(|why| decode(why.0))?;
        if let Some(event) = &event {
            if self.keys == KeyCheck::Same {
                check_key(record, event).map_err(|why| ("key", why))?;
            }
            if let Some(check) = self.tenants {
                check(record.topic(), event).map_err(|why| ("tenant", why))?;
            }
        }
        Ok(event)
    }
}

/// The id of the schema, if a value is in the form of Confluent's serialisers: a byte 0, the id in
/// four bytes, the data. No text begins with a byte 0.
fn confluent_schema(value: &[u8]) -> Option<u32> {
    let (first, rest) = value.split_first()?;
    let id = rest.first_chunk().filter(|_| *first == 0)?;
    Some(u32::from_be_bytes(*id))
}

fn check_key(record: KafkaRecord<'_>, event: &impl Event) -> Result<(), String> {
    match record.key() {
        Some(key) if key == event.key().as_bytes() => Ok(()),
        Some(key) => Err(format!(
            "the key is `{}`, the event is of `{}`: its vehicle would have a state in two \
             partitions",
            String::from_utf8_lossy(key.get(..64).unwrap_or(key)),
            event.key()
        )),
        None => Err(format!(
            "the record has no key, the event is of `{}`: its vehicle would have a state in \
             several partitions",
            event.key()
        )),
    }
}

fn letter(record: KafkaRecord<'_>, step: &'static str, reason: String) -> DeadLetter {
    let text = |bytes: &[u8]| CompactString::from_utf8_lossy(bytes);
    let value = record.value().unwrap_or_default();
    let headers = record.headers();
    DeadLetter {
        key: record.key().map(text),
        log_time: record.time(),
        headers: headers
            .map(|(name, value)| (text(name), value.unwrap_or_default().to_vec()))
            .collect(),
        length: value.len() as u64,
        ..DeadLetter::new(Offset(record.offset()), step, reason).with_raw(value.to_vec())
    }
}

impl<D: Dialect> Decode<KafkaRecords> for KafkaDecoder<D> {
    type Event = D::Event;

    fn decode(&self, records: KafkaRecords, entry: &mut Entry<'_, D::Event>) {
        let mut memo = self.dialect.memo(None);
        for record in records.iter() {
            let at = Offset(record.offset());
            entry.set_log_time(record.time());
            let Some(value) = record.value() else {
                entry.filtered(at);
                continue;
            };
            match self.event(record, value, &mut memo) {
                Ok(Some(event)) => entry.row(at, event),
                Ok(None) => entry.filtered(at),
                Err((step, why)) => entry.dead_letter(letter(record, step, why)),
            }
        }
    }

    fn copy_for_retry(&self, records: &KafkaRecords) -> Option<RetryCopy<KafkaRecords>> {
        self.dialect.stands_alone().then(|| RetryCopy {
            payload: records.clone(),
            records: |records| {
                let each = records.len();
                let single = |payload: KafkaRecords| {
                    let first = payload.iter().next();
                    let at = Offset(first.map_or(0, KafkaRecord::offset));
                    let raw = first.and_then(KafkaRecord::value);
                    SingleRecord {
                        at,
                        place: None,
                        raw: raw.unwrap_or_default().to_vec(),
                        payload,
                    }
                };
                records.divide(each).into_iter().map(single).collect()
            },
        })
    }

    fn divide(&self, records: KafkaRecords, parts: usize) -> Vec<KafkaRecords> {
        records.divide(if self.dialect.stands_alone() {
            parts
        } else {
            1
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use fleet_core::{EventTime, checkpoint::Fates, dialect::VehicleOps};

    use super::{super::records::Builder, *};

    const LINE: &str = r#"{"vehicle_id":"car-1","timestamp":"2024-02-15T14:32:18Z"}"#;

    fn records(of: &[(Option<&str>, Option<&[u8]>)]) -> KafkaRecords {
        let mut builder = Builder::default();
        let headers = [("trace", Some(&b"7"[..]))];
        for (offset, (key, value)) in (0..).zip(of) {
            let parts = (key.map(str::as_bytes), *value);
            let time = Some(EventTime::from_micros(9));
            builder.add(offset, parts, time, headers.into_iter());
        }
        builder.finish(&Arc::from("telemetry"))
    }

    fn decoded<D: Dialect>(decode: &KafkaDecoder<D>, records: KafkaRecords) -> (usize, Fates) {
        let (mut rows, mut fates) = (Vec::new(), Fates::default());
        decode.decode(records, &mut Entry::with_log_times(&mut rows, &mut fates));
        assert!(
            rows.iter()
                .all(|(_, log, _)| *log == Some(EventTime::from_micros(9)))
        );
        (rows.len(), fates)
    }

    #[test]
    fn each_record_has_its_fate_and_a_dead_letter_says_what_is_known() {
        let broken = [0, 0, 0, 0, 9, b'x'];
        let large = vec![b' '; MAX_RECORD_BYTES + 1];
        let of: [(Option<&str>, Option<&[u8]>); 8] = [
            (Some("car-1"), Some(LINE.as_bytes())),
            (Some("car-1"), None),
            (Some("car-2"), Some(LINE.as_bytes())),
            (None, Some(LINE.as_bytes())),
            (Some("car-1"), Some(b"{")),
            (Some("car-1"), Some(&broken)),
            (Some("car-1"), Some(&[0xff])),
            (Some("car-1"), Some(&large)),
        ];
        let decode = KafkaDecoder::new(VehicleOps::default());
        let (rows, fates) = decoded(&decode, records(&of));
        let counts = fates.counts;
        assert_eq!(
            (rows, counts.read, counts.filtered, counts.dead_lettered),
            (1, 8, 1, 6)
        );
        let told = |(at, step, why): (usize, &str, &str)| {
            let letter = &fates.dead[at];
            assert_eq!(&*letter.step, step, "{letter:?}");
            assert!(letter.reason.contains(why), "{}", letter.reason);
            assert_eq!(letter.log_time, Some(EventTime::from_micros(9)));
            assert_eq!(letter.headers, [("trace".into(), b"7".to_vec())]);
        };
        for expected in [
            (0, "key", "the key is `car-2`, the event is of `car-1`"),
            (1, "key", "no key"),
            (2, "decode", "not JSON"),
            (3, "decode", "schema 9"),
            (4, "decode", "not UTF-8"),
            (5, "decode", "the limit is"),
        ] {
            told(expected);
        }
        assert_eq!(fates.dead[5].length, large.len() as u64);
        assert_eq!(fates.dead[0].key.as_deref(), Some("car-2"));

        let any = decode.with_keys(KeyCheck::Any);
        assert_eq!(decoded(&any, records(&of)).0, 3);
    }

    #[test]
    fn an_event_of_another_tenant_than_its_topic_is_a_dead_letter() {
        let of: [(Option<&str>, Option<&[u8]>); 1] = [(Some("car-1"), Some(LINE.as_bytes()))];
        let decode = KafkaDecoder::new(VehicleOps::default());
        let taken = decode.clone().with_tenants(|topic, event| {
            assert_eq!((topic, event.key()), ("telemetry", "car-1"));
            Ok(())
        });
        assert_eq!(decoded(&taken, records(&of)).0, 1);
        let refused = decode.with_tenants(|topic, _| Err(format!("not in {topic}")));
        let (rows, fates) = decoded(&refused, records(&of));
        assert_eq!(rows, 0);
        let letter = &fates.dead[0];
        assert_eq!(
            (&*letter.step, &*letter.reason),
            ("tenant", "not in telemetry")
        );
        assert_eq!(letter.raw, LINE.as_bytes());
    }

    #[test]
    fn parts_and_single_records_give_what_the_whole_gives() {
        let of: Vec<(Option<&str>, Option<&[u8]>)> =
            vec![(Some("car-1"), Some(LINE.as_bytes())); 5];
        let decode = KafkaDecoder::new(VehicleOps::default());
        let parts = decode.divide(records(&of), 2);
        assert_eq!(
            parts.iter().map(KafkaRecords::len).collect::<Vec<_>>(),
            [3, 2]
        );
        let copy = decode.copy_for_retry(&records(&of)).unwrap();
        let single = (copy.records)(copy.payload);
        let offsets: Vec<_> = single.iter().map(|record| record.at.0).collect();
        assert_eq!(offsets, [0, 1, 2, 3, 4]);
        assert_eq!(single[0].raw, LINE.as_bytes());
    }
}
