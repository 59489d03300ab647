//! The choice of indexes for a new result table.

/// The indexes that a result table gets when it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexes {
    /// One on `vehicle_id` and `time`, if the row type has these columns: the rows of one vehicle
    /// are found at once, and writing takes about three times as long.
    #[default]
    ByVehicle,
    /// None: rows are written fastest, and a query about one vehicle reads the whole table.
    None,
}
