//! The serde form of telemetry: one key per signal, omitted if the reading is missing.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
    ser::SerializeMap,
};

use compact_str::CompactString;

use super::{Flag, NullField, Signal, Telemetry, TextField};
use crate::{
    data::{EventTime, FleetId, VehicleId},
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
        let null = self.is_null(NullField::Road);
        optional(&mut map, "road_type", self.road_word().as_ref(), null)?;
        for flag in Flag::ALL {
            let null = self.flag_is_null(*flag);
            optional(&mut map, flag.as_word(), self.flag(*flag).as_ref(), null)?;
        }
        let null = self.is_null(NullField::Dtcs);
        optional(&mut map, "dtcs", self.dtc_list().as_ref(), null)?;
        for field in TextField::ALL
            .iter()
            .filter(|field| **field != TextField::Road)
        {
            let null = self.text_is_null(*field);
            optional(&mut map, field.as_word(), self.text(*field).as_ref(), null)?;
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
                // Our own output has the ids first, but any order is accepted.
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
                        "road_type" => {
                            let word = map.next_value::<Option<CompactString>>()?;
                            event.note_null(word.is_none(), NullField::Road);
                            event.set_road(word.as_deref());
                        }
                        "dtcs" => {
                            let dtcs = map.next_value::<Option<Vec<Dtc>>>()?;
                            event.note_null(dtcs.is_none(), NullField::Dtcs);
                            event.set_dtc_list(dtcs);
                        }
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
                                if let Some(flag) = Flag::from_word(other) {
                                    match map.next_value()? {
                                        None => event.set_flag_null(flag),
                                        value => event.set_flag(flag, value),
                                    }
                                } else if let Some(field) = TextField::from_word(other) {
                                    match map.next_value::<Option<CompactString>>()? {
                                        None => event.set_text_null(field),
                                        value => event.set_text(field, value.as_deref()),
                                    }
                                } else {
                                    map.next_value::<IgnoredAny>()?;
                                }
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
}
