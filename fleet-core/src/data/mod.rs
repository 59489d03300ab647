//! Plain values that every other layer uses. They know nothing of streams.

pub(crate) mod error;
pub(crate) mod geo_point;
pub(crate) mod id;
pub(crate) mod mark;
pub(crate) mod offset;
pub mod state;
pub mod table;
pub mod time;
pub mod units;

pub use error::{Error, ErrorKind, Result};
pub use geo_point::GeoPoint;
pub use id::{
    CommandId, ContentId, DriverId, FleetId, IdError, MAX_ID_BYTES, MissionId, TripId, VehicleId,
};
pub use mark::{InputOffset, Mark, Position};
pub use offset::{Offset, Partition};
pub use state::State;
pub use table::TableRow;
pub use time::EventTime;
