//! A few records of each dialect, in all of its forms.

pub(super) const VEHICLEOPS: &[&str] = &[
    r#"{"vehicle_id":"fleet-001-VH-001","fleet_id":"fleet-001","latitude":4.711,"longitude":-74.0721,"speed_kmh":42.5,"battery_pct":78.0,"engine_temp_c":72.3,"load_pct":65.0,"status":"MOVING","timestamp":"2024-02-15T14:32:18.500000+00:00"}"#,
    r#"{"vehicle_id": "v", "fleet_id": null, "speed_kmh": 7, "status": "STOPPED", "timestamp": "2024-02-15T14:32:18Z"}"#,
];

pub(super) const NATIVE: &[&str] = &[
    r#"{"vehicle_id":"car-1","fleet_id":"f","timestamp":"2024-02-15T14:32:18Z","Vehicle.CurrentLocation.Latitude":52.5,"Vehicle.Speed":88.25,"Vehicle.TraveledDistance":12500,"Vehicle.Acceleration.Longitudinal":-4.903325,"Vehicle.AngularVelocity.Yaw":0.5}"#,
    r#"{"vehicle_id":"car-1","timestamp":"2024-02-15T14:32:18+02:00","Vehicle.Acceleration.Vertical":9.80665,"Vehicle.LowVoltageBattery.CurrentVoltage":null}"#,
];

pub(super) const FLEETSTREAM: &[&str] = &[
    r#"{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56.789012+00:00","location":{"lat":52.2304,"lon":21.0122},"speed_kmh":73.4,"engine_rpm":2140,"gear":4,"fuel_level_pct":92.1,"fault_codes":[],"road_type":"urban","speed_limit_kmh":50,"speeding":true,"rpm_over_redline":false}"#,
    r#"{"vehicle_id": "TESTCAR01", "timestamp": "2025-08-09T12:34:56Z", "location": {"lon": 21.0, "lat": 52}, "gear": -1, "fault_codes": ["P0420", "P0171"], "road_type": "gravel", "predicted_location_1s": {"lat": 1, "lon": 2}}"#,
    r#"{"vehicle_id":"v","timestamp":"2025-08-09T12:34:56Z","location":null,"gear":null,"fault_codes":null,"speeding":null}"#,
];

pub(super) const FLEET_PIPELINE: &[&str] = &[
    r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","current_speed_kmh":61.27,"speed_limit_violation":false,"latitude":37.774912,"longitude":-122.419416,"battery_level_pct":64,"remaining_range_km":212.5,"autopilot_engaged":true,"odometer_km":15230.4,"start_location":"San Francisco","destination":"Palo Alto"}"#,
    r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","object_class":"motorcycle","object_distance_m":4.9,"object_speed_kmh":12,"object_relative_direction":"ahead","confidence":0.87}"#,
    r#"{"vehicle_id":3,"timestamp":"2024-02-15 14:32:18","event_type":"lane_change","event_detail":"left","latitude":37.774912,"longitude":-122.5}"#,
    r#"{"vehicle_id":"7","timestamp":"2024-02-15T14:32:18Z","destination":null,"event_detail":null}"#,
];

pub(super) const FORD: &[&str] = &[
    r#"{"customer_id":"customer_a","vehicle_id":"v_a_w1_001","ts":"2024-02-15T14:32:18.123456Z","region_id":"WEST","territory_id":"WEST_1","lat":37.7749295,"lon":-122.4194155,"speed":64.37,"engine_temp":198.46,"fuel_pct":71.5,"battery_v":12.61,"odometer":48213,"dtc_code":"P0420","heading":271.4,"rpm":2310,"throttle_pct":33.2,"access_roles":",territory_west_1,region_west,admin_all,"}"#,
    r#"{"vehicle_id": "v", "ts": "2024-02-15T14:32:18Z", "speed": 64.3712345678, "engine_temp": -12.125, "odometer": 1000.5, "dtc_code": null}"#,
];

pub(super) const FLEETFLOW: &[&str] = &[
    r#"{"vehicle_id":"550e8400-e29b-41d4-a716-446655440000","driver_id":"c9284200-e29b-41d4-a716-446655440000","timestamp":"2024-01-01T12:00:00Z","data":[{"speed_kmh":45,"g_force_long":0.1,"g_force_lat":0.0},{"speed_kmh":45,"g_force_long":-0.5,"g_force_lat":0.0}]}"#,
    r#"{"vehicle_id":"v","driver_id":"d","timestamp":"2024-01-01T12:00:00Z","telemetry_data":[{"t":1200,"spd":85,"gx":0.5},{"t":1216.7,"spd":84.5,"gx":-1},{"t":1233.33,"x":[1]}]}"#,
    r#"{"vehicle_id":"v","driver_id":"d","timestamp":"2024-01-01T12:00:00Z","sample_rate_hz":16000,"data":[]}"#,
];

pub(super) const OPENXC: &[&str] = &[
    r#"{"name":"vehicle_speed","value":42.5,"timestamp":1364323939.012000}"#,
    r#"{"name": "odometer", "value": 7, "timestamp": 1364323939}"#,
    r#"{"name":"transmission_gear_position","value":"third","event":{"a":1}}"#,
    r#"{"name":"latitude","value":42.292834}"#,
    r#"{"name":"door_status","value":"driver","event":true,"timestamp":1364323939.5}"#,
];
