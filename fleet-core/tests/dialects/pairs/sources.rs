//! A full event of each dialect, and the fields that each dialect drops.

/// A record, and the fields that each of [`writers`](super::writers) drops, in their order.
pub(super) struct Source {
    pub(super) dialect: &'static str,
    pub(super) record: &'static str,
    pub(super) dropped: [&'static str; 6],
}

/// Every kind of event of every dialect; of FleetStream also null and empty values.
#[rustfmt::skip]
pub(super) const SOURCES: &[Source] = &[
    Source {
        dialect: "vehicleops",
        record: r#"{"vehicle_id":"7","fleet_id":"fleet-001","latitude":4.7110001,"longitude":-74.072112345,"speed_kmh":42.517,"battery_pct":78,"engine_temp_c":72.31,"load_pct":65.0,"status":"MOVING","timestamp":"2024-02-15T14:32:18.500000+00:00","depot":"north"}"#,
        dropped: [
            "",
            "load_pct, status, depot",
            "fleet_id, battery_pct, engine_temp_c, load_pct, status, depot",
            "fleet_id, engine_temp_c, load_pct, status, depot",
            "fleet_id, battery_pct, load_pct, status, depot",
            "fleet_id, battery_pct, engine_temp_c, load_pct, status, depot",
        ],
    },
    Source {
        dialect: "native",
        record: r#"{"vehicle_id":"7","fleet_id":"fleet-001","timestamp":"2024-02-15T14:32:18Z","Vehicle.CurrentLocation.Latitude":52.5,"Vehicle.CurrentLocation.Longitude":13.4,"Vehicle.CurrentLocation.Heading":271.456,"Vehicle.CurrentLocation.HorizontalAccuracy":4.5,"Vehicle.Speed":88.256,"Vehicle.TraveledDistance":12500,"Vehicle.Acceleration.Longitudinal":-4.903325,"Vehicle.Acceleration.Lateral":0.1,"Vehicle.Acceleration.Vertical":9.80665,"Vehicle.AngularVelocity.Yaw":0.5,"Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed":55,"Vehicle.LowVoltageBattery.CurrentVoltage":12.6,"Vehicle.Powertrain.FuelSystem.RelativeLevel":null,"Vehicle.Powertrain.CombustionEngine.Speed":2310.5,"Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature":92.44,"Vehicle.Body.IsTrunkOpen":true}"#,
        dropped: [
            "heading_deg, odometer_km, accel_long_g, accel_lat_g, battery_v, rpm, fuel_pct, accel_vert_g, yaw_rate_deg_s, accuracy_m, Vehicle.Body.IsTrunkOpen",
            "",
            "fleet_id, heading_deg, odometer_km, accel_long_g, accel_lat_g, battery_pct, battery_v, engine_temp_c, accel_vert_g, yaw_rate_deg_s, accuracy_m, Vehicle.Body.IsTrunkOpen",
            "fleet_id, heading_deg, accel_long_g, accel_lat_g, battery_v, engine_temp_c, rpm, fuel_pct, accel_vert_g, yaw_rate_deg_s, accuracy_m, Vehicle.Body.IsTrunkOpen",
            "fleet_id, accel_long_g, accel_lat_g, battery_pct, accel_vert_g, yaw_rate_deg_s, accuracy_m, Vehicle.Body.IsTrunkOpen",
            "fleet_id, heading_deg, accel_long_g, accel_lat_g, battery_pct, battery_v, engine_temp_c, accel_vert_g, yaw_rate_deg_s, accuracy_m, Vehicle.Body.IsTrunkOpen",
        ],
    },
    Source {
        dialect: "fleetstream",
        record: r#"{"vehicle_id":"7","timestamp":"2025-08-09T12:34:56.789012+00:00","location":{"lat":52.2304,"lon":21.0122,"alt":110},"speed_kmh":73.4,"engine_rpm":2140,"gear":4,"fuel_level_pct":92.1,"fault_codes":["P0171","P0420"],"road_type":"urban","speed_limit_kmh":50,"speeding":true,"rpm_over_redline":false,"gear_mode":"D"}"#,
        dropped: [
            "limit_kmh, rpm, fuel_pct, gear, road_type, speeding, rpm_over_redline, dtcs, alt, gear_mode",
            "limit_kmh, gear, road_type, speeding, rpm_over_redline, dtcs, alt, gear_mode",
            "",
            "limit_kmh, rpm, fuel_pct, gear, road_type, rpm_over_redline, dtcs, alt, gear_mode",
            "limit_kmh, gear, road_type, speeding, rpm_over_redline, dtcs, alt, gear_mode",
            "limit_kmh, road_type, speeding, rpm_over_redline, dtcs, alt, gear_mode",
        ],
    },
    Source {
        dialect: "fleetstream",
        record: r#"{"vehicle_id":"7","timestamp":"2025-08-09T12:34:56Z","location":null,"speed_kmh":0,"gear":null,"fault_codes":[],"road_type":null,"speeding":null}"#,
        dropped: [
            "position, gear, road_type, speeding, dtcs",
            "position, gear, road_type, speeding, dtcs",
            "",
            "position, gear, road_type, dtcs",
            "position, gear, road_type, speeding",
            "position, road_type, speeding, dtcs",
        ],
    },
    Source {
        dialect: "fleet-pipeline",
        record: r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","current_speed_kmh":61.27,"speed_limit_violation":false,"latitude":37.774912,"longitude":-122.419416,"battery_level_pct":64,"remaining_range_km":212.5,"autopilot_engaged":true,"odometer_km":15230.4,"start_location":"San Francisco","destination":"Palo Alto","lane":2}"#,
        dropped: [
            "odometer_km, range_km, autopilot_engaged, speeding, start_location, destination, lane",
            "range_km, autopilot_engaged, speeding, start_location, destination, lane",
            "odometer_km, battery_pct, range_km, autopilot_engaged, start_location, destination, lane",
            "",
            "battery_pct, range_km, autopilot_engaged, speeding, start_location, destination, lane",
            "battery_pct, range_km, autopilot_engaged, speeding, start_location, destination, lane",
        ],
    },
    Source {
        dialect: "fleet-pipeline",
        record: r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","object_class":"motorcycle","object_distance_m":4.9,"object_speed_kmh":12,"object_relative_direction":"ahead","confidence":0.87}"#,
        dropped: [
            "event",
            "event",
            "event",
            "",
            "event",
            "event",
        ],
    },
    Source {
        dialect: "fleet-pipeline",
        record: r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","event_type":"lane_change","event_detail":"left","latitude":37.774912,"longitude":-122.5}"#,
        dropped: [
            "event",
            "event",
            "event",
            "",
            "event",
            "event",
        ],
    },
    Source {
        dialect: "ford",
        record: r#"{"customer_id":"customer_a","vehicle_id":"7","ts":"2024-02-15T14:32:18.123456Z","region_id":"WEST","territory_id":"WEST_1","lat":37.7749295,"lon":-122.4194155,"speed":64.37,"engine_temp":198.46,"fuel_pct":71.5,"battery_v":12.61,"odometer":48213,"dtc_code":"P0420","heading":271.4,"rpm":2310,"throttle_pct":33.2,"access_roles":",territory_west_1,region_west,admin_all,","trim":"XLT"}"#,
        dropped: [
            "heading_deg, odometer_km, battery_v, rpm, fuel_pct, throttle_pct, dtcs, customer_id, region_id, territory_id, access_roles, trim",
            "throttle_pct, dtcs, customer_id, region_id, territory_id, access_roles, trim",
            "heading_deg, odometer_km, battery_v, engine_temp_c, throttle_pct, customer_id, region_id, territory_id, access_roles, trim",
            "heading_deg, battery_v, engine_temp_c, rpm, fuel_pct, throttle_pct, dtcs, customer_id, region_id, territory_id, access_roles, trim",
            "",
            "heading_deg, battery_v, engine_temp_c, dtcs, customer_id, region_id, territory_id, access_roles, trim",
        ],
    },
    Source {
        dialect: "openxc",
        record: r#"{"name":"transmission_gear_position","value":"third","timestamp":1364323939.012,"event":"shift"}"#,
        dropped: [
            "gear, event",
            "gear, event",
            "event",
            "gear, event",
            "gear, event",
            "",
        ],
    },
];

/// The fields that each writer drops of an event with every field of the model.
#[rustfmt::skip]
pub(super) const EVERYTHING: [&str; 6] = [
    "limit_kmh, heading_deg, odometer_km, accel_long_g, accel_lat_g, battery_v, rpm, fuel_pct, accel_vert_g, accel_east_g, accel_north_g, yaw_rate_deg_s, throttle_pct, altitude_m, accuracy_m, range_km, gear, autopilot_engaged, road_type, speeding, rpm_over_redline, dtcs, customer_id, region_id, territory_id, access_roles, start_location, destination",
    "limit_kmh, load_pct, accel_east_g, accel_north_g, throttle_pct, altitude_m, range_km, status, gear, autopilot_engaged, road_type, speeding, rpm_over_redline, dtcs, customer_id, region_id, territory_id, access_roles, start_location, destination",
    "fleet_id, heading_deg, odometer_km, accel_long_g, accel_lat_g, battery_pct, battery_v, engine_temp_c, load_pct, accel_vert_g, accel_east_g, accel_north_g, yaw_rate_deg_s, throttle_pct, altitude_m, accuracy_m, range_km, status, autopilot_engaged, customer_id, region_id, territory_id, access_roles, start_location, destination",
    "fleet_id, limit_kmh, heading_deg, accel_long_g, accel_lat_g, battery_v, engine_temp_c, rpm, fuel_pct, load_pct, accel_vert_g, accel_east_g, accel_north_g, yaw_rate_deg_s, throttle_pct, altitude_m, accuracy_m, status, gear, road_type, rpm_over_redline, dtcs, customer_id, region_id, territory_id, access_roles",
    "fleet_id, limit_kmh, accel_long_g, accel_lat_g, battery_pct, load_pct, accel_vert_g, accel_east_g, accel_north_g, yaw_rate_deg_s, altitude_m, accuracy_m, range_km, status, gear, autopilot_engaged, road_type, speeding, rpm_over_redline, dtcs, start_location, destination",
    "fleet_id, limit_kmh, heading_deg, accel_long_g, accel_lat_g, battery_pct, battery_v, engine_temp_c, load_pct, accel_vert_g, accel_east_g, accel_north_g, yaw_rate_deg_s, altitude_m, accuracy_m, range_km, status, gear, autopilot_engaged, road_type, speeding, rpm_over_redline, dtcs, customer_id, region_id, territory_id, access_roles, start_location, destination",
];
