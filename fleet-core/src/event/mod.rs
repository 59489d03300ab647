//! The canonical event model: one set of types for the messages of all supported systems.
//!
//! | type | what it is |
//! |---|---|
//! | [`Telemetry`] | one observation of a vehicle's signals |
//! | [`VehicleState`] | what a vehicle said last, as a row |
//! | [`Perception`] | an object that a vehicle's sensors saw |
//! | [`Driving`] | an action of the driving system or its driver |
//! | [`TripSamples`] | the samples of one trip |
//! | [`Alert`] | a condition that a rule found |
//! | [`Command`], [`MissionEvent`], [`DriverNote`] | messages from and to people |
//! | [`CommandOutcome`] | whether a command was carried out |
//! | [`FleetEvent`] | any of the first three, for streams that share one topic |

mod alert;
mod alert_kind;
mod any;
mod command;
mod command_outcome;
mod content;
mod contract;
mod driving;
mod dtc;
mod mission;
mod note;
pub mod odometry;
mod perception;
mod reading;
mod roles;
mod signal;
mod status;
mod style;
mod telemetry;
mod trip;
mod vehicle_state;
mod waypoints;
mod wire_form;

pub use alert::{Alert, LimitSource, Severity};
pub use alert_kind::{AlertKind, OtherKind};
pub use any::FleetEvent;
pub use command::{Command, CommandKind};
pub use command_outcome::{CommandOutcome, CommandStatus};
pub use content::ContentHasher;
pub use contract::Event;
pub use driving::{Driving, DrivingKind, Initiator};
pub use dtc::{Dtc, DtcError};
pub use mission::{MissionEvent, MissionEventKind, MissionStatus};
pub use note::DriverNote;
pub use perception::{Direction, ObjectClass, Perception};
pub use reading::Reading;
pub use roles::AccessRoles;
pub use signal::Signal;
pub use status::Status;
pub(crate) use style::Origin;
pub use style::Style;
pub use telemetry::{Flag, Layout, NullField, RoadType, Slot, Telemetry, TextField, UnknownKey};
pub use trip::{TripSample, TripSamples, TripStatus};
pub use vehicle_state::VehicleState;
pub use waypoints::{MAX_WAYPOINTS, RouteError};
pub use wire_form::WireForm;
