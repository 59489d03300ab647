//! The waypoints and the mission that a command names in its parameters.

use super::Command;
use crate::data::{GeoPoint, MissionId};

/// The most waypoints of a command. Our choice: a day of parcels of one van is 100 to 200.
pub const MAX_WAYPOINTS: usize = 1000;

/// The parameters of a REROUTE, as VehicleOps names those of its missions.
const WAYPOINTS: &str = "waypoints";
const MISSION: &str = "mission_id";

/// Why the parameters of a command do not say where to drive.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// The key `waypoints` is missing.
    #[error("the parameter waypoints is missing: give a list of {{latitude, longitude, order}}")]
    Missing,
    /// The value of a parameter has another form.
    #[error("the parameter {name} cannot be read: {cause}")]
    Form {
        /// The parameter.
        name: &'static str,
        /// What is wrong with it.
        cause: serde_json::Error,
    },
    /// There is no waypoint.
    #[error("there are no waypoints: give at least 1")]
    Empty,
    /// There are more than [`MAX_WAYPOINTS`].
    #[error("there are {0} waypoints, the limit is {MAX_WAYPOINTS}: give fewer")]
    TooMany(usize),
    /// A waypoint is outside ±90 and ±180 degrees.
    #[error("waypoint {0} is outside -90 to 90 degrees north or -180 to 180 degrees east")]
    OffEarth(usize),
}

/// A waypoint as messages have it.
#[derive(serde::Deserialize)]
struct Waypoint {
    #[serde(flatten)]
    at: GeoPoint,
    /// Those without one come last, as they are listed.
    order: Option<u32>,
}

impl Command {
    /// Reads the waypoints of the parameters, in their order.
    ///
    /// # Errors
    /// Returns why they cannot be driven to: missing, of another form, none, more than
    /// [`MAX_WAYPOINTS`], or not on Earth. The number of a waypoint counts from 1.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::dialect::vehicleops::CommandMessage;
    /// let json = r#"{"vehicle_id":"car-1","command":"REROUTE","issued_at":"2024-02-15T14:35:00Z","params":{
    ///     "mission_id":"mission-008",
    ///     "waypoints":[{"latitude":4.8,"longitude":-74.0,"order":2},{"latitude":4.7,"longitude":-74.1,"order":1}]}}"#;
    /// let command = serde_json::from_str::<CommandMessage>(json)?.to_command()?;
    /// assert_eq!(command.waypoints()?[0].latitude.as_degrees(), 4.7);
    /// assert_eq!(command.mission()?.unwrap().as_str(), "mission-008");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn waypoints(&self) -> Result<Vec<GeoPoint>, RouteError> {
        let json = self.params.get(WAYPOINTS).ok_or(RouteError::Missing)?;
        let mut waypoints: Vec<Waypoint> = read(WAYPOINTS, json)?;
        match waypoints.len() {
            0 => return Err(RouteError::Empty),
            many if many > MAX_WAYPOINTS => return Err(RouteError::TooMany(many)),
            _ => {}
        }
        let is_off = |waypoint: &Waypoint| !waypoint.at.is_on_earth();
        if let Some(off) = waypoints.iter().position(is_off) {
            return Err(RouteError::OffEarth(off + 1));
        }
        waypoints.sort_by_key(|waypoint| waypoint.order.unwrap_or(u32::MAX));
        Ok(waypoints.into_iter().map(|waypoint| waypoint.at).collect())
    }

    /// Reads the mission of the parameters, if they name one.
    ///
    /// # Errors
    /// Returns an error for an id that is no text, or no valid id.
    pub fn mission(&self) -> Result<Option<MissionId>, RouteError> {
        let json = self.params.get(MISSION);
        json.map_or(Ok(None), |json| read(MISSION, json))
    }
}

fn read<T: serde::de::DeserializeOwned>(name: &'static str, json: &str) -> Result<T, RouteError> {
    serde_json::from_str(json).map_err(|cause| RouteError::Form { name, cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::{EventTime, VehicleId},
        event::CommandKind,
    };

    fn reason(waypoints: &str) -> String {
        let vehicle = VehicleId::new("v").unwrap();
        let mut command = Command::new(vehicle, CommandKind::Reroute, EventTime::MIN);
        command.params.insert(WAYPOINTS.into(), waypoints.into());
        command.waypoints().unwrap_err().to_string()
    }

    #[test]
    fn waypoints_that_nobody_can_drive_to_are_refused_with_a_reason() {
        let many = format!(
            "[{}]",
            vec![r#"{"latitude":1,"longitude":1}"#; MAX_WAYPOINTS + 1].join(",")
        );
        for (waypoints, expected) in [
            ("[]", "there are no waypoints"),
            (&*many, "there are 1001 waypoints"),
            (
                r#"[{"latitude":1,"longitude":181}]"#,
                "waypoint 1 is outside",
            ),
            (r#"[{"latitude":1}]"#, "missing field `longitude`"),
            (r#""home""#, "the parameter waypoints cannot be read"),
        ] {
            assert!(
                reason(waypoints).contains(expected),
                "{}",
                reason(waypoints)
            );
        }
    }

    #[test]
    fn waypoints_without_an_order_come_last_as_they_are_listed() {
        let vehicle = VehicleId::new("v").unwrap();
        let mut command = Command::new(vehicle, CommandKind::Reroute, EventTime::MIN);
        let json = r#"[{"latitude":3,"longitude":0},{"latitude":4,"longitude":0},
                       {"latitude":2,"longitude":0,"order":9},{"latitude":1,"longitude":0,"order":1}]"#;
        command.params.insert(WAYPOINTS.into(), json.into());
        let north = |point: &GeoPoint| point.latitude.as_degrees();
        let north: Vec<_> = command.waypoints().unwrap().iter().map(north).collect();
        assert_eq!(north, [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(command.mission().unwrap(), None);
    }
}
