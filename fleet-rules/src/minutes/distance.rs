//! The operator that measures the distance between the events of a vehicle.

use fleet_core::{
    EventTime, Operator, Row,
    event::Telemetry,
    odometry::{Fix, Meter, MeterOptions, Segment},
    operator::{Cx, Keep},
};

use super::{Metered, STATE_TIMEOUT};

/// Adds to each event the distance since the vehicle's event before it.
///
/// # Guarantees
/// Distance is measured as described in [`odometry`](fleet_core::odometry). A distance that becomes
/// known later belongs to the event that makes it known. A belated event has no distance: the event
/// after it has included it.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::Telemetry};
/// use fleet_rules::MeterDistance;
/// let (mut graph, telemetry) = Graph::<Telemetry>::new();
/// let metered = graph.apply("distance", telemetry, MeterDistance::default());
/// # let _ = metered;
/// assert!(graph.mermaid().contains("distance"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct MeterDistance {
    options: MeterOptions,
}

impl MeterDistance {
    /// An operator that measures within these limits.
    pub fn new(options: MeterOptions) -> Self {
        Self { options }
    }
}

impl Operator for MeterDistance {
    type In = Telemetry;
    type Out = Metered;
    type State = Meter;

    fn init(&self) -> Meter {
        Meter::default()
    }

    fn on_row(&self, meter: &mut Meter, row: &Row<Telemetry>, cx: &mut Cx<'_, Metered>) {
        let segment = meter.observe(&self.options, &Fix::from(&row.value));
        let measured = segment.filter(|segment| segment.method.is_some());
        cx.emit(Metered {
            telemetry: row.value.clone(),
            distance: measured.as_ref().map(Segment::distance),
        });
        cx.forget_timers();
        cx.wake_at(row.at + STATE_TIMEOUT);
    }

    fn on_timer(&self, _: &mut Meter, _: EventTime, _: &mut Cx<'_, Metered>) -> Keep {
        Keep::Nothing
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(&self, _: &mut Meter, row: &Row<Telemetry>, cx: &mut Cx<'_, Metered>) {
        cx.emit(Metered {
            telemetry: row.value.clone(),
            distance: None,
        });
    }
}
