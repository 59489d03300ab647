//! The stored names of the row types, in their order.

use fleet_core::{
    TableRow,
    table::{Column, Fields, Replaces},
};

pub(super) const TELEMETRY: &str = "
    time time
    vehicle_id text
    fleet_id text null
    latitude real null
    longitude real null
    speed_kmh real null
    limit_kmh real null
    heading_deg real null
    odometer_km real null
    accel_long_g real null
    accel_lat_g real null
    battery_pct real null
    battery_v real null
    engine_temp_c real null
    rpm real null
    fuel_pct real null
    load_pct real null
    accel_vert_g real null
    accel_east_g real null
    accel_north_g real null
    yaw_rate_deg_s real null
    throttle_pct real null
    altitude_m real null
    accuracy_m real null
    range_km real null
    status text null";

pub(super) const PERCEPTION: &str = "
    time time
    vehicle_id text
    object_track text null
    object_class text null
    object_direction text null
    object_distance_m real null
    object_left_m real null
    object_relative_speed_kmh real null
    object_speed_kmh real null
    confidence real null";

pub(super) const DRIVING: &str = "
    time time
    vehicle_id text
    event_type text
    event_detail text null
    latitude real null
    longitude real null
    initiator text null
    planned bool null
    reaction_time_ms integer null";

pub(super) const ALERT: &str = "
    id text
    time time
    vehicle_id text
    fleet_id text null
    kind text
    severity text
    rule text
    value real null
    threshold real null
    limit_source text
    message text";

/// Rows that replace each other, with a column of each kind and a key of columns that are not
/// adjacent.
pub(super) struct Revised;

impl TableRow for Revised {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::real("km").nullable(),
                Column::time("start"),
                Column::bool("complete"),
                Column::integer("revision"),
            ]
        }
    }
    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["vehicle_id", "start"],
            revision: "revision",
        })
    }
    fn write(&self, _: &mut dyn Fields) {}
}
