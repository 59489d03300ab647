//! The words of telemetry that are not signals: roads, flags, names of texts and of nulls.

use crate::event::alert::words;

words! {
    /// The type of road, as FleetStream reports it.
    RoadType {
        /// In a built-up area.
        Urban = "urban",
        /// Outside built-up areas.
        Rural = "rural",
        /// A highway.
        Highway = "highway",
    }
}

words! {
    /// A condition that the producer itself judges: true, false, null or missing.
    Flag {
        /// The vehicle is faster than its limit.
        Speeding = "speeding",
        /// The engine speed is above the red line.
        OverRedline = "rpm_over_redline",
    }
}

words! {
    /// A text that few systems send.
    TextField {
        /// The customer that owns the vehicle, in systems with several customers.
        Customer = "customer_id",
        /// The customer's region.
        Region = "region_id",
        /// The territory within the region.
        Territory = "territory_id",
        /// The roles that may see the record; see [`AccessRoles`](crate::event::AccessRoles).
        AccessRoles = "access_roles",
        /// The start of the trip.
        Start = "start_location",
        /// The destination of the trip.
        Destination = "destination",
        /// A type of road that is not a [`RoadType`].
        Road = "road_type",
    }
}

/// The type of road in one byte. Any other word is stored in [`Extra`](super::Extra).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum RoadCode {
    None,
    Urban,
    Rural,
    Highway,
    Other,
}

impl RoadCode {
    pub(super) const ALL: [Self; 5] = [
        Self::None,
        Self::Urban,
        Self::Rural,
        Self::Highway,
        Self::Other,
    ];
}

/// The fields other than signals that can be null in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NullField {
    /// The fleet's id.
    Fleet = 1,
    /// The status word.
    Status = 2,
    /// The gear.
    Gear = 4,
    /// Whether the self-driving system is engaged.
    Autopilot = 8,
    /// The position as a whole, in dialects where it is an object.
    Place = 16,
    /// The type of road.
    Road = 32,
    /// The trouble codes.
    Dtcs = 64,
}
