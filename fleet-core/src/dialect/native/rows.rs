//! Rows of telemetry, perception and driving events, as a sink of files writes them.

use compact_str::CompactString;
use serde::Deserialize;

use crate::{
    data::{
        EventTime, GeoPoint, TableRow, VehicleId,
        table::to_ndjson,
        units::{Latitude, Longitude},
    },
    dialect::{
        Refused,
        object::{Schema, TelemetryTarget, fields},
    },
    event::{
        Direction, Driving, DrivingKind, Initiator, ObjectClass, Origin, Perception, Reading,
        Signal,
    },
};

/// The columns of [`Telemetry`].
pub(super) static TELEMETRY: Schema<TelemetryTarget> = Schema {
    name: "a row of telemetry",
    origin: Origin::VehicleOps,
    fields: fields! {
        "time" => TelemetryTarget::Time,
        "vehicle_id" => TelemetryTarget::Vehicle,
        "fleet_id" => TelemetryTarget::Fleet,
        "latitude" => TelemetryTarget::signal(Signal::Latitude),
        "longitude" => TelemetryTarget::signal(Signal::Longitude),
        "speed_kmh" => TelemetryTarget::signal(Signal::Speed),
        "limit_kmh" => TelemetryTarget::signal(Signal::SpeedLimit),
        "heading_deg" => TelemetryTarget::signal(Signal::Heading),
        "odometer_km" => TelemetryTarget::signal(Signal::Odometer),
        "accel_long_g" => TelemetryTarget::signal(Signal::AccelerationLongitudinal),
        "accel_lat_g" => TelemetryTarget::signal(Signal::AccelerationLateral),
        "battery_pct" => TelemetryTarget::signal(Signal::BatteryCharge),
        "battery_v" => TelemetryTarget::signal(Signal::BatteryVoltage),
        "engine_temp_c" => TelemetryTarget::signal(Signal::EngineTemperature),
        "rpm" => TelemetryTarget::signal(Signal::EngineSpeed),
        "fuel_pct" => TelemetryTarget::signal(Signal::Fuel),
        "load_pct" => TelemetryTarget::signal(Signal::Load),
        "accel_vert_g" => TelemetryTarget::signal(Signal::AccelerationVertical),
        "accel_east_g" => TelemetryTarget::signal(Signal::AccelerationEast),
        "accel_north_g" => TelemetryTarget::signal(Signal::AccelerationNorth),
        "yaw_rate_deg_s" => TelemetryTarget::signal(Signal::YawRate),
        "throttle_pct" => TelemetryTarget::signal(Signal::Throttle),
        "altitude_m" => TelemetryTarget::signal(Signal::Altitude),
        "accuracy_m" => TelemetryTarget::signal(Signal::Accuracy),
        "range_km" => TelemetryTarget::signal(Signal::Range),
        "status" => TelemetryTarget::Status,
    },
};

/// Appends a row, without a line end.
pub(super) fn write<R: TableRow>(row: &R, to: &mut Vec<u8>) {
    to_ndjson(row, to);
    to.pop();
}

/// A row of [`Perception`].
#[derive(Deserialize)]
struct PerceptionRow {
    time: EventTime,
    vehicle_id: VehicleId,
    object_track: Option<CompactString>,
    object_class: Option<ObjectClass>,
    object_direction: Option<Direction>,
    object_distance_m: Option<f64>,
    object_left_m: Option<f64>,
    object_relative_speed_kmh: Option<f64>,
    object_speed_kmh: Option<f64>,
    confidence: Option<f64>,
}

/// Reads a row of a perception event.
///
/// # Errors
/// Returns why the record is not one.
pub(super) fn perception(record: &str) -> Result<Perception, Refused> {
    let row: PerceptionRow = parse(record)?;
    Ok(Perception {
        track: row.object_track,
        class: row.object_class,
        direction: row.object_direction,
        distance: reading(row.object_distance_m).cast(),
        left: reading(row.object_left_m).cast(),
        relative_speed: reading(row.object_relative_speed_kmh).cast(),
        speed: reading(row.object_speed_kmh).cast(),
        confidence: reading(row.confidence).cast(),
        ..Perception::new(row.vehicle_id, row.time)
    })
}

/// A row of [`Driving`].
#[derive(Deserialize)]
struct DrivingRow {
    time: EventTime,
    vehicle_id: VehicleId,
    event_type: DrivingKind,
    event_detail: Option<CompactString>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    initiator: Option<Initiator>,
    planned: Option<bool>,
    reaction_time_ms: Option<u32>,
}

/// Reads a row of a driving event.
///
/// # Errors
/// Returns why the record is not one.
pub(super) fn driving(record: &str) -> Result<Driving, Refused> {
    let row: DrivingRow = parse(record)?;
    let position = match (row.latitude, row.longitude) {
        (None, None) => None,
        (Some(latitude), Some(longitude))
            if Signal::Latitude.accepted().contains(&latitude)
                && Signal::Longitude.accepted().contains(&longitude) =>
        {
            Some(GeoPoint {
                latitude: Latitude::from_degrees(latitude),
                longitude: Longitude::from_degrees(longitude),
            })
        }
        _ => return Err(Refused("latitude and longitude: not a position".into())),
    };
    Ok(Driving {
        detail: row.event_detail,
        position,
        initiator: row.initiator,
        planned: row.planned,
        reaction_time_ms: row.reaction_time_ms,
        ..Driving::new(row.vehicle_id, row.time, row.event_type)
    })
}

fn parse<'a, T: Deserialize<'a>>(record: &'a str) -> Result<T, Refused> {
    serde_json::from_str(record).map_err(|error| Refused::of_json(&error))
}

fn reading(value: Option<f64>) -> Reading<()> {
    value.map_or_else(Reading::missing, Reading::of_raw)
}
