//! The snapshot encoding of telemetry. It is hand-written because order buffers hold many events.

use super::{Extra, RoadCode, Signal, StatusCode, Style, Telemetry};
use crate::{
    data::{
        EventTime, FleetId, State, VehicleId,
        state::{decode_by_serde, encode_by_serde, put_bytes, take_bytes},
        time::TimeStyle,
    },
    event::Reading,
};

/// # Layout
/// ```text
/// vehicle  length u32, bytes      fleet  length u32 (0: none), bytes      at i64
/// present  u16, bit i: reading i is not missing; then u64 each, by index
/// style    time u32, integers u32
/// status u8 · nulls u8 · gear i8 and u8 (1: present) · autopilot u8 (2: none)
/// road u8 · flags u8 (both since version 2)
/// extra u8 (1: MessagePack of the box follows)
/// ```
impl State for Telemetry {
    const VERSION: u16 = 2;

    fn encode(&self, to: &mut Vec<u8>) {
        put_bytes(self.vehicle.as_str().as_bytes(), to);
        put_bytes(
            self.fleet.as_ref().map_or("", FleetId::as_str).as_bytes(),
            to,
        );
        self.at.encode(to);
        let mut present = 0u16;
        for (bit, reading) in self.readings.iter().enumerate() {
            present |= u16::from(!reading.is_missing()) << bit;
        }
        present.encode(to);
        for reading in self.readings.iter().filter(|reading| !reading.is_missing()) {
            reading.to_bits().encode(to);
        }
        self.style.time.to_bits().encode(to);
        self.style.integers.encode(to);
        to.extend_from_slice(&[
            self.status as u8,
            self.nulls,
            self.gear.unwrap_or(0).cast_unsigned(),
            u8::from(self.gear.is_some()),
            self.autopilot.map_or(2, u8::from),
            self.road as u8,
            self.flags,
            u8::from(self.extra.is_some()),
        ]);
        if let Some(extra) = &self.extra {
            encode_by_serde(extra.as_ref(), to);
        }
    }

    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if !(1..=Self::VERSION).contains(&version) {
            return None;
        }
        let vehicle = VehicleId::new(std::str::from_utf8(take_bytes(from)?).ok()?).ok()?;
        let fleet = match take_bytes(from)? {
            [] => None,
            bytes => Some(FleetId::new(std::str::from_utf8(bytes).ok()?).ok()?),
        };
        let mut event = Self::new(vehicle, EventTime::decode(0, from)?);
        event.fleet = fleet;
        let present = u16::decode(0, from)?;
        for bit in 0..Signal::INLINE {
            if present >> bit & 1 == 1 {
                *event.readings.get_mut(bit)? = Reading::from_bits(u64::decode(0, from)?);
            }
        }
        let time = TimeStyle::from_bits(u32::decode(0, from)?);
        event.style = Style {
            time,
            integers: u32::decode(0, from)?,
        };
        let ([status, nulls, gear, has_gear, autopilot], rest) = from.split_first_chunk::<5>()?;
        *from = rest;
        event.status = *StatusCode::ALL.get(usize::from(*status))?;
        event.nulls = *nulls;
        event.gear = (*has_gear == 1).then_some(gear.cast_signed());
        event.autopilot = (*autopilot < 2).then_some(*autopilot == 1);
        if version > 1 {
            event.road = *RoadCode::ALL.get(usize::from(u8::decode(0, from)?))?;
            event.flags = u8::decode(0, from)?;
        }
        if u8::decode(0, from)? == 1 {
            event.extra = Some(Box::new(decode_by_serde::<Extra>(from)?));
        }
        Some(event)
    }
}

impl StatusCode {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Idle,
        Self::Moving,
        Self::Alert,
        Self::LowBattery,
        Self::Offline,
        Self::Other,
    ];
}
