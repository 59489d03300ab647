//! The axes of accelerometers and gyroscopes.

/// The axes that accelerations and turn rates are given in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Frame {
    /// Those of the vehicle: forward, left (or right), up.
    #[default]
    Vehicle,
    /// Those of a device that is mounted in any way, with or without gravity.
    Device,
    /// Those of the earth: east, north, up.
    Earth,
}
