//! Which indexes a new result table gets.

/// Which indexes a result table gets when it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexes {
    /// One on `vehicle_id` and `time`, where there are such columns: what one vehicle did is found at once,
    /// and rows are written at about a third of the speed.
    #[default]
    ByVehicle,
    /// None: rows are written fastest, and questions about one vehicle read the whole table.
    None,
}
