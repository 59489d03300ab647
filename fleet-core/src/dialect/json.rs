//! The dialect of your own event types: the JSON of their serde traits.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::{Dialect, Refused};
use crate::event::Event;

/// Reads and writes an event type in the JSON form of its serde traits.
///
/// # Guarantees
/// Reading refuses an empty key and a time outside 1970 to 9999; all other checks are up to the
/// type. Writing never appends a line end, and appends nothing if `Serialize` fails.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, Json}, event::Telemetry};
/// let line = r#"{"vehicle_id":"car-1","time":"2024-02-15T14:32:18Z","speed_kmh":42.5}"#;
/// let dialect = Json::<Telemetry>::default();
/// let event = dialect.read(line, &mut ())?.unwrap();
/// let mut again = Vec::new();
/// dialect.write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
#[derive(Debug)]
pub struct Json<E>(PhantomData<fn() -> E>);

impl<E> Default for Json<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E: Event + Serialize + DeserializeOwned> Dialect for Json<E> {
    type Event = E;
    type Memo = ();

    fn read(&self, record: &str, (): &mut ()) -> Result<Option<E>, Refused> {
        let event: E = serde_json::from_str(record).map_err(|error| Refused::of_json(&error))?;
        if event.key().is_empty() {
            return Err(Refused("the key is empty".into()));
        }
        if !event.at().is_in_range() {
            return Err(Refused("the time is outside 1970 to 9999".into()));
        }
        Ok(Some(event))
    }

    fn write(&self, event: &E, to: &mut Vec<u8>) {
        let start = to.len();
        if serde_json::to_writer(&mut *to, event).is_err() {
            to.truncate(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{EventTime, VehicleId},
        event::Telemetry,
    };

    #[test]
    fn a_time_before_1970_and_an_unwritable_event_are_refused() {
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        struct Tick {
            micros: i64,
            names: std::collections::BTreeMap<Option<u8>, u8>,
        }
        crate::state_by_serde!(Tick, 1);
        impl Event for Tick {
            fn key(&self) -> &'static str {
                if self.micros == 7 { "" } else { "tick" }
            }
            fn at(&self) -> EventTime {
                EventTime::from_micros(self.micros)
            }
            fn identity(&self) -> u64 {
                0
            }
        }
        let dialect = Json::<Tick>::default();
        let read =
            |micros: i64| dialect.read(&format!(r#"{{"micros":{micros},"names":{{}}}}"#), &mut ());
        assert!(read(1).is_ok());
        assert!(read(7).is_err());
        assert!(read(-1).is_err());
        let mut to = b"before".to_vec();
        let names = [(None, 1)].into();
        dialect.write(&Tick { micros: 1, names }, &mut to);
        assert_eq!(to, b"before");
    }

    #[test]
    fn telemetry_is_read_back_and_other_json_is_refused_with_a_reason() {
        let dialect = Json::<Telemetry>::default();
        let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
        let mut line = Vec::new();
        dialect.write(&event, &mut line);
        let line = String::from_utf8(line).unwrap();
        assert_eq!(
            dialect.read(&line, &mut ()).unwrap().unwrap().key(),
            "car-1"
        );
        for line in [
            r#"{"vehicle_id":"v","time":"2024-02-15T14:32:18Z","latitude":91}"#,
            "",
            "[]",
            "{}",
            "{\"vehicle_id\":\"\"}",
            "nonsense",
        ] {
            assert!(!dialect.read(line, &mut ()).unwrap_err().0.is_empty());
        }
    }
}
