//! The rows of table `windows`: the speeds of a vehicle in each window.

use std::time::Duration;

use fleet_core::{
    Event, Graph, Result, Stream, TableRow,
    event::Telemetry,
    table::{Column, Fields, Replaces, Value},
    units::Speed,
    window::{Summary, SummaryOf, Tumbling, Window},
};

/// The speeds of one vehicle in one window.
#[derive(Clone, Debug)]
pub(crate) struct SpeedWindow(pub(crate) Window<Summary>);

/// Adds the nodes that make the rows of windows of this length.
///
/// # Errors
/// Refuses a window that is too short.
pub(super) fn of<E: Event>(
    graph: &mut Graph<E>,
    telemetry: Stream<Telemetry>,
    length: Duration,
) -> Result<Stream<SpeedWindow>> {
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let summaries = graph.apply("speed", telemetry, Tumbling::of(length)?.aggregate(speed));
    Ok(graph.map("windows", summaries, |window| SpeedWindow(window.clone())))
}

impl TableRow for SpeedWindow {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("window_start"),
                Column::time("window_end"),
                Column::integer("revision"),
                Column::integer("events"),
                Column::real("speed_mean_kmh").nullable(),
                Column::real("speed_min_kmh").nullable(),
                Column::real("speed_max_kmh").nullable(),
                Column::real("speed_sum_kmh").nullable(),
                Column::real("speed_last_kmh").nullable(),
            ]
        }
    }

    fn replaces() -> Option<Replaces> {
        Some(Replaces {
            key: &["vehicle_id", "window_start"],
            revision: "revision",
        })
    }

    fn write(&self, to: &mut dyn Fields) {
        let Window {
            key,
            start,
            end,
            revision,
            value,
        } = &self.0;
        to.put(Value::Text(key.as_str()));
        to.put(Value::Time(*start));
        to.put(Value::Time(*end));
        to.put(Value::Integer(i64::from(*revision)));
        to.put(Value::Integer(
            i64::try_from(value.rows).unwrap_or(i64::MAX),
        ));
        to.put(Value::real_or_null(value.mean()));
        to.put(Value::real_or_null(value.min()));
        to.put(Value::real_or_null(value.max()));
        to.put(Value::real_or_null(value.sum()));
        to.put(Value::real_or_null(value.last()));
    }
}
