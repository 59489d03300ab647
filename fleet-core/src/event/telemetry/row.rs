//! Telemetry as a row of a table or file.

use super::{Signal, Telemetry};
use crate::data::{
    FleetId, TableRow,
    table::{Column, ColumnKind, Fields, Value},
};

#[expect(
    clippy::indexing_slicing,
    reason = "in a constant an index out of range does not compile"
)]
const COLUMNS: [Column; 4 + Signal::ALL.len()] = {
    let mut columns = [Column::text("status").nullable(); 4 + Signal::ALL.len()];
    columns[0] = Column::time("time");
    columns[1] = Column::text("vehicle_id");
    columns[2] = Column::text("fleet_id").nullable();
    let mut i = 0;
    while i < Signal::ALL.len() {
        columns[3 + i] = Column {
            name: Signal::ALL[i].name(),
            kind: ColumnKind::Real,
            nullable: true,
        };
        i += 1;
    }
    columns
};

impl TableRow for Telemetry {
    fn columns() -> &'static [Column] {
        &COLUMNS
    }

    fn write(&self, to: &mut dyn Fields) {
        self.write_first(COLUMNS.len(), to);
    }

    fn write_first(&self, count: usize, to: &mut dyn Fields) {
        to.put(Value::Time(self.at));
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::text_or_null(
            self.fleet.as_ref().map(FleetId::as_str),
        ));
        if count <= 3 {
            return;
        }
        for signal in Signal::ALL {
            to.put(Value::real_or_null(self.value(*signal)));
        }
        let status = self.status();
        to.put(Value::text_or_null(
            status.as_ref().map(super::Status::as_word),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{EventTime, VehicleId, units::Speed};

    struct Texts(Vec<String>);

    impl Fields for Texts {
        fn put(&mut self, value: Value<'_>) {
            self.0.push(format!("{value:?}"));
        }
    }

    #[test]
    fn only_what_follows_is_left_out() {
        let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN)
            .with_speed(Speed::from_kmh(80.0));
        let mut all = Texts(Vec::new());
        event.write(&mut all);
        assert_eq!(all.0.len(), COLUMNS.len());
        for count in 0..=COLUMNS.len() {
            let mut first = Texts(Vec::new());
            event.write_first(count, &mut first);
            assert!(first.0.len() >= count, "{count}");
            assert!(all.0.starts_with(&first.0), "{count}");
        }
    }
}
