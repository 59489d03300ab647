//! The topics of the supported systems.

use std::time::Duration;

use super::topic::{TimestampType, Topic};

/// The partitions of a topic of vehicles, where its system names no number. Our choice: as
/// VehicleOps has.
const PARTITIONS: u16 = 12;
const HOUR: Duration = Duration::from_secs(3600);

/// The topic of one customer of the Ford fleet demo, `{customer}_telemetry`.
///
/// # Examples
/// ```
/// use fleet_sinks::kafka::topics;
/// assert_eq!(topics::ford("customer_a").name, "customer_a_telemetry");
/// ```
pub fn ford(customer: &str) -> Topic {
    Topic::new(format!("{customer}_telemetry"), PARTITIONS, "vehicle_id")
}

/// The three topics of the self-driving fleet. Its alerts are a table, not a topic.
///
/// They have the time at which the broker appended each record, and equally many partitions,
/// because they are merged by log time, partition by partition.
///
/// # Examples
/// ```
/// use fleet_sinks::kafka::topics::{self, TimestampType};
/// let topics = topics::self_driving();
/// assert!(topics.iter().all(|topic| topic.timestamps == TimestampType::LogAppendTime));
/// assert!(topics.iter().all(|topic| topic.partitions == topics[0].partitions));
/// ```
pub fn self_driving() -> Vec<Topic> {
    let names = ["vehicle_telemetry", "perception_events", "driving_events"];
    let topics = names.into_iter().map(|name| Topic {
        timestamps: TimestampType::LogAppendTime,
        ..Topic::new(name, PARTITIONS, "vehicle_id")
    });
    topics.collect()
}

/// The five topics of VehicleOps.
///
/// # Examples
/// ```
/// use fleet_sinks::kafka::topics;
/// let alerts = topics::vehicleops().remove(3);
/// assert_eq!((&*alerts.name, alerts.partitions), ("fleet.alerts.triggered", 4));
/// assert_eq!(alerts.key, "fleet_id");
/// ```
pub fn vehicleops() -> Vec<Topic> {
    let topics = [
        ("fleet.telemetry.raw", "vehicle_id", 12, 24),
        ("fleet.telemetry.processed", "vehicle_id", 12, 6),
        ("fleet.commands", "vehicle_id", 12, 1),
        ("fleet.alerts.triggered", "fleet_id", 4, 48),
        ("fleet.missions.events", "mission_id", 4, 7 * 24),
    ];
    let topics = topics.map(|(name, key, partitions, hours)| Topic {
        retention: Some(HOUR * hours),
        ..Topic::new(name, partitions, key)
    });
    topics.into()
}

/// The topic of the outcomes of commands to vehicles of VehicleOps: our addition to its five. It
/// keeps them for as long as the commands.
///
/// # Examples
/// ```
/// use fleet_sinks::kafka::topics;
/// let (status, commands) = (topics::vehicleops_outcomes(), topics::vehicleops().remove(2));
/// assert_eq!(status.name, "fleet.commands.status");
/// assert_eq!((status.partitions, status.retention), (commands.partitions, commands.retention));
/// ```
pub fn vehicleops_outcomes() -> Topic {
    Topic {
        retention: Some(HOUR),
        ..Topic::new("fleet.commands.status", PARTITIONS, "vehicle_id")
    }
}

/// The topic of FleetStream.
///
/// # Examples
/// ```
/// use fleet_sinks::kafka::topics;
/// assert_eq!(topics::fleetstream().name, "vehicle.telemetry.raw");
/// ```
pub fn fleetstream() -> Topic {
    Topic::new("vehicle.telemetry.raw", PARTITIONS, "vehicle_id")
}
