//! What is known about a recording: labelled intervals, the style of the driver, the class.

use fleet_core::event::AlertKind;

use super::Recording;

/// A labelled or detected event: a kind and an interval of time.
///
/// # Units
/// Seconds since the first sample of the recording; both ends belong to the event.
#[derive(Clone, Debug, PartialEq)]
pub struct Interval {
    /// Harsh braking, rapid acceleration, harsh cornering, or another kind.
    pub kind: AlertKind,
    /// When it starts, seconds.
    pub start_s: f64,
    /// When it ends, seconds; not before it starts.
    pub end_s: f64,
}

/// How a whole trip was driven, as a person labelled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Style {
    /// Ordinary driving.
    Calm,
    /// Driving with many harsh events.
    Aggressive,
}

impl Style {
    /// The word in files.
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Aggressive => "aggressive",
        }
    }
}

/// The class of a vehicle. The same acceleration is harsher in a bus than in a car.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VehicleClass {
    /// A passenger car.
    Passenger,
    /// A van or light truck.
    Van,
    /// A heavy truck.
    Heavy,
    /// A bus.
    Bus,
}

impl VehicleClass {
    /// All classes.
    pub const ALL: [Self; 4] = [Self::Passenger, Self::Van, Self::Heavy, Self::Bus];

    /// The word in files and tables.
    pub const fn as_word(self) -> &'static str {
        match self {
            Self::Passenger => "passenger",
            Self::Van => "van",
            Self::Heavy => "heavy",
            Self::Bus => "bus",
        }
    }
}

/// A recording with its truth.
///
/// A detector under test sees only the recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    /// What the detector sees.
    pub recording: Recording,
    /// The labelled intervals of every kind in `kinds`, sorted by start.
    pub labels: Vec<Interval>,
    /// The kinds that the labels are complete for. Detections of other kinds are not judged.
    pub kinds: Vec<AlertKind>,
    /// The style of the trip, if it is labelled.
    pub style: Option<Style>,
    /// The distance driven, kilometres, if it is known.
    pub distance_km: Option<f64>,
    /// The cell of the table of results: one word for each dimension, such as the rate, the
    /// mounting and the class.
    pub cell: Vec<String>,
}
