//! Trips of drivers as rows of a log between two pipelines.

use std::borrow::Cow;

use fleet_core::{
    ContentId, DriverId, EventTime, State, TableRow,
    dialect::{Dialect, Refused},
    table::{Column, Fields, Value, to_ndjson},
};

use super::{Evidence, ScoredTrip};

/// The rows of a log that holds [`ScoredTrip`], one JSON object each.
///
/// A pipeline keyed by vehicle writes them as a table or to a log in its store; this dialect reads
/// them in a pipeline that is keyed by driver.
///
/// # Shape
/// `id driver_id ended_us version evidence`: the end of the trip in microseconds since 1970, and
/// the evidence as in saved state of that version, in hexadecimal digits.
///
/// # Errors
/// Refuses a record that is not such an object, an id that is malformed, evidence that is cut or
/// has another version than this program knows.
///
/// # Examples
/// ```
/// use fleet_core::{ContentId, DriverId, EventTime, dialect::Dialect};
/// use fleet_scoring::score::{Cause, Evidence, ScoredEvent, ScoredTrip, ScoredTrips};
/// let mut evidence = Evidence::of_trip(None, &[Cause::HarshBrake]);
/// let at = EventTime::from_micros(60_000_000);
/// evidence.add(ScoredEvent::new("trip-1", Cause::HarshBrake, at, at));
/// let trip = ScoredTrip { id: ContentId(1), driver: DriverId::new("ada")?, end: at, evidence };
/// let mut record = Vec::new();
/// ScoredTrips.write(&trip, &mut record);
/// let record = String::from_utf8(record)?;
/// assert_eq!(ScoredTrips.read(&record, &mut ())?, Some(trip));
/// assert!(ScoredTrips.read(r#"{"id":"trip-1"}"#, &mut ()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ScoredTrips;

/// A record as it is written.
#[derive(serde::Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    driver_id: Cow<'a, str>,
    ended_us: i64,
    version: u16,
    #[serde(borrow)]
    evidence: Cow<'a, str>,
}

impl Dialect for ScoredTrips {
    type Event = ScoredTrip;
    type Memo = ();

    fn read(&self, record: &str, (): &mut ()) -> Result<Option<ScoredTrip>, Refused> {
        let record: Record<'_> =
            serde_json::from_str(record).map_err(|why| Refused(why.to_string()))?;
        let id: ContentId = record
            .id
            .parse()
            .map_err(|_| Refused(format!("`id` is `{}`, which names no trip", record.id)))?;
        let driver = DriverId::new(&record.driver_id)
            .map_err(|why| Refused(format!("`driver_id` is refused: {why}")))?;
        let version = record.version;
        if version != Evidence::VERSION {
            return Err(Refused(format!(
                "the evidence has version {version}, and this program reads version {}: run one \
                 program version on both sides of the log",
                Evidence::VERSION
            )));
        }
        let end = EventTime::from_micros(record.ended_us);
        if !end.is_in_range() {
            let ended = record.ended_us;
            return Err(Refused(format!(
                "`ended_us` is {ended}, which is no time from 1970 to 9999"
            )));
        }
        let bytes = bytes_of(&record.evidence).ok_or_else(|| {
            Refused("`evidence` has something else than pairs of hexadecimal digits".into())
        })?;
        let mut rest = bytes.as_slice();
        let evidence = Evidence::decode(version, &mut rest).filter(|_| rest.is_empty());
        Ok(Some(ScoredTrip {
            id,
            driver,
            end,
            evidence: evidence.ok_or_else(|| {
                Refused(format!(
                    "`evidence` of {} bytes is cut or damaged",
                    bytes.len()
                ))
            })?,
        }))
    }

    fn write(&self, event: &ScoredTrip, to: &mut Vec<u8>) {
        to_ndjson(event, to);
        // A record of a dialect has no line end.
        to.pop();
    }
}

impl TableRow for ScoredTrip {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("driver_id"),
                Column::integer("ended_us"),
                Column::integer("version"),
                Column::text("evidence"),
            ]
        }
    }

    fn write(&self, to: &mut dyn Fields) {
        let mut bytes = Vec::new();
        self.evidence.encode(&mut bytes);
        to.put(Value::Text(&self.id.to_string()));
        to.put(Value::Text(self.driver.as_str()));
        to.put(Value::Integer(self.end.as_micros()));
        to.put(Value::Integer(Evidence::VERSION.into()));
        to.put(Value::Text(&digits_of(&bytes)));
    }
}

/// Two hexadecimal digits for each byte.
fn digits_of(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = nibbles.map(|nibble| char::from_digit(nibble.into(), 16).unwrap_or('0'));
    digits.collect()
}

/// The bytes of such digits.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    let bytes = pairs.iter().map(byte).collect();
    if rest.is_empty() { bytes } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Cause, ScoredEvent};

    fn record() -> String {
        let mut evidence = Evidence::of_trip(None, &[Cause::HarshBrake]);
        let at = EventTime::from_micros(7);
        evidence.add(ScoredEvent::new("t", Cause::HarshBrake, at, at));
        let trip = ScoredTrip {
            id: ContentId(5),
            driver: DriverId::new("\"ada\" \u{e9}").unwrap(),
            end: at,
            evidence,
        };
        let mut bytes = Vec::new();
        ScoredTrips.write(&trip, &mut bytes);
        let record = String::from_utf8(bytes).unwrap();
        assert_eq!(ScoredTrips.read(&record, &mut ()).unwrap(), Some(trip));
        record
    }

    #[test]
    fn damaged_rows_are_refused_with_the_reason() {
        let good = record();
        let refused = |bad: String| ScoredTrips.read(&bad, &mut ()).unwrap_err().0;
        let version = refused(good.replace("\"version\":1", "\"version\":2"));
        assert!(version.contains("version 2") && version.contains("reads version 1"));
        let id = refused(good.replacen("\"id\":\"0", "\"id\":\"x", 1));
        assert!(id.contains("names no trip"), "{id}");
        let cut = |count: usize| {
            let (head, _) = good.split_at(good.len() - 2 - count);
            refused(format!("{head}\"}}"))
        };
        assert!(cut(1).contains("hexadecimal"));
        assert!(cut(2).contains("cut or damaged"));
        let time = refused(good.replace("\"ended_us\":7", "\"ended_us\":-7"));
        assert!(time.contains("-7, which is no time"), "{time}");
        let more = good.replace("\"}", "00\"}");
        assert!(refused(more).contains("cut or damaged"));
        assert!(refused(good.replace("driver_id", "driver")).contains("driver_id"));
        for length in 0..good.len() {
            if good.is_char_boundary(length) {
                let (head, _) = good.split_at(length);
                assert!(ScoredTrips.read(head, &mut ()).is_err(), "{length}");
            }
        }
    }
}
