//! Telemetry with the distance up to it, as a row of a table.

use std::sync::LazyLock;

use fleet_core::{
    TableRow,
    event::Telemetry,
    table::{Column, Fields, Value},
    units::Distance,
};

/// Telemetry, and the distance since the vehicle's event before it.
///
/// Its columns are those of [`Telemetry`], and `distance_m`.
#[derive(Clone, Debug, PartialEq)]
pub struct Metered {
    /// The event.
    pub telemetry: Telemetry,
    /// The distance; `None` if nothing gives one, as for the first event of a vehicle.
    pub distance: Option<Distance>,
}

static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let mut columns = Telemetry::columns().to_vec();
    columns.push(Column::real("distance_m").nullable());
    columns
});

impl TableRow for Metered {
    fn columns() -> &'static [Column] {
        &COLUMNS
    }

    fn write(&self, to: &mut dyn Fields) {
        self.telemetry.write(to);
        to.put(Value::real_or_null(self.distance.map(Distance::as_m)));
    }

    fn write_first(&self, count: usize, to: &mut dyn Fields) {
        self.telemetry.write_first(count, to);
        if count >= COLUMNS.len() {
            to.put(Value::real_or_null(self.distance.map(Distance::as_m)));
        }
    }
}
