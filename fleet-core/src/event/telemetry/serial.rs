//! serde's traits: the canonical form, one key per signal, absent where the reading is missing.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};

use super::{NullField, Signal, Telemetry};
use crate::{
    EventTime, FleetId, VehicleId,
    event::{Dtc, Reading, Status},
};

impl Serialize for Telemetry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("vehicle_id", &self.vehicle)?;
        map.serialize_entry("time", &self.at)?;
        optional(
            &mut map,
            "fleet_id",
            self.fleet.as_ref(),
            self.is_null(NullField::Fleet),
        )?;
        for signal in Signal::ALL {
            let reading = self.reading(*signal);
            if !reading.is_missing() {
                map.serialize_entry(signal.name(), &reading)?;
            }
        }
        optional(
            &mut map,
            "status",
            self.status().as_ref(),
            self.is_null(NullField::Status),
        )?;
        optional(
            &mut map,
            "gear",
            self.gear.as_ref(),
            self.is_null(NullField::Gear),
        )?;
        let null = self.is_null(NullField::Autopilot);
        optional(&mut map, "autopilot_engaged", self.autopilot.as_ref(), null)?;
        if let Some(extra) = self.extra.as_ref().filter(|extra| !extra.dtcs.is_empty()) {
            map.serialize_entry("dtcs", &extra.dtcs)?;
        }
        map.end()
    }
}

fn optional<M: SerializeMap>(
    map: &mut M,
    key: &'static str,
    value: Option<&impl Serialize>,
    null: bool,
) -> Result<(), M::Error> {
    match value {
        Some(value) => map.serialize_entry(key, value),
        None if null => map.serialize_entry(key, &None::<()>),
        None => Ok(()),
    }
}

impl<'de> Deserialize<'de> for Telemetry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Telemetry;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of telemetry fields")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Telemetry, A::Error> {
                // The ids come first in what we write, but any order is read.
                let placeholder = VehicleId::new("-").map_err(A::Error::custom)?;
                let mut event = Telemetry::new(placeholder, EventTime::MIN);
                let (mut vehicle, mut at) = (None, None);
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    match &*key {
                        "vehicle_id" => vehicle = Some(map.next_value()?),
                        "time" => at = Some(map.next_value()?),
                        "fleet_id" => {
                            event.fleet = map.next_value::<Option<FleetId>>()?;
                            event.note_null(event.fleet.is_none(), NullField::Fleet);
                        }
                        "status" => {
                            let status = map.next_value::<Option<Status>>()?;
                            event.note_null(status.is_none(), NullField::Status);
                            event.set_status(status);
                        }
                        "gear" => {
                            event.gear = map.next_value()?;
                            event.note_null(event.gear.is_none(), NullField::Gear);
                        }
                        "autopilot_engaged" => {
                            event.autopilot = map.next_value()?;
                            event.note_null(event.autopilot.is_none(), NullField::Autopilot);
                        }
                        "dtcs" => event.set_dtcs(map.next_value::<Vec<Dtc>>()?),
                        other => match other.parse::<Signal>() {
                            Ok(signal) => {
                                let reading = map.next_value::<Reading<()>>()?;
                                let outside = |value| !signal.accepted().contains(&value);
                                if reading.raw().is_some_and(outside) {
                                    let why = format!("{other} is out of range");
                                    return Err(A::Error::custom(why));
                                }
                                event.set(signal, reading);
                            }
                            Err(_) => {
                                map.next_value::<IgnoredAny>()?;
                            }
                        },
                    }
                }
                event.vehicle = vehicle.ok_or_else(|| A::Error::missing_field("vehicle_id"))?;
                event.at = at.ok_or_else(|| A::Error::missing_field("time"))?;
                Ok(event)
            }
        }
        from.deserialize_map(Keys)
    }
}

impl Telemetry {
    fn note_null(&mut self, null: bool, field: NullField) {
        if null {
            self.set_null(field);
        }
    }

    /// The trouble codes that are set.
    pub fn dtcs(&self) -> &[Dtc] {
        self.extra
            .as_ref()
            .map_or(&[], |extra| extra.dtcs.as_slice())
    }
    /// Sets the trouble codes.
    pub fn set_dtcs(&mut self, dtcs: Vec<Dtc>) {
        if !dtcs.is_empty() || self.extra.is_some() {
            self.extra_mut().dtcs = dtcs;
        }
    }
}
