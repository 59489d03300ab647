//! The REST and WebSocket interface of VehicleOps.

mod alert;
mod command;
mod list;
mod live;
mod login;
mod mission;
#[cfg(test)]
mod tests;

pub use alert::{AcknowledgeRequest, EvaluatedAlert};
pub use command::{CommandAccepted, CommandItem, CommandRequest};
pub use list::{Failure, Listed, VehicleItem};
pub use live::{FrameAlert, TelemetryFrame};
pub use login::{LoggedIn, Login, Operator};
pub use mission::{Mission, MissionCreated, MissionRequest, Waypoint};
