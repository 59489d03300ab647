//! Sums of a vehicle and minute, and the distances behind them.
//!
//! Means, extremes and totals of any longer span are made of minutes, in a database or elsewhere.

mod distance;
mod metered;
mod state;
mod sums;
#[cfg(test)]
mod tests;
mod vehicle_minute;

pub use distance::MeterDistance;
pub use metered::Metered;
pub use state::MinuteState;
pub use sums::MinuteSums;
pub use vehicle_minute::VehicleMinute;

use std::time::Duration;

use fleet_core::{
    EventTime, Operator, Row, VehicleId,
    event::Telemetry,
    odometry::{Fix, Meter, MeterOptions},
    operator::{Cx, Keep},
};

const MINUTE: Duration = Duration::from_secs(60);
/// How long the last position of a vehicle is kept without an event. Our choice: the distance
/// driven meanwhile belongs to no minute.
const STATE_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Sums speed, charge, temperature, distance and alerts by vehicle and minute.
///
/// # Shape
/// Each row holds partial sums of one vehicle and minute, and the sums of a minute are the sums of
/// its rows, whichever input they come from. There is one when the minute is over, and one for each
/// belated event after that.
///
/// # Guarantees
/// Sums are kept in whole millionths, so they are the same in any order of addition. The distance
/// up to an event counts in the minute of that event, and is measured as described in
/// [`odometry`](fleet_core::odometry); it equals the sum of what [`MeterDistance`] finds. A belated
/// event adds no distance: the event after it has included it.
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::Telemetry};
/// use fleet_rules::SumMinutes;
/// let (mut graph, telemetry) = Graph::<Telemetry>::new();
/// let minutes = graph.apply("minutes", telemetry, SumMinutes::default());
/// # let _ = minutes;
/// assert!(graph.mermaid().contains("minutes"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct SumMinutes {
    meter: MeterOptions,
}

impl SumMinutes {
    /// An operator that measures distances within these limits.
    pub fn new(meter: MeterOptions) -> Self {
        Self { meter }
    }
}

impl Operator for SumMinutes {
    type In = Telemetry;
    type Out = VehicleMinute;
    type State = MinuteState;

    fn init(&self) -> MinuteState {
        MinuteState::default()
    }

    fn on_row(
        &self,
        state: &mut MinuteState,
        row: &Row<Telemetry>,
        cx: &mut Cx<'_, VehicleMinute>,
    ) {
        if row.at.since(state.last) >= STATE_TIMEOUT {
            state.meter = Meter::default();
        }
        state.last = row.at;
        let segment = state.meter.observe(&self.meter, &Fix::from(&row.value));
        if state.open.is_none() {
            // The only other timer is the one that forgets the vehicle.
            cx.forget_timers();
            cx.wake_at(row.at.floor_to(MINUTE) + MINUTE);
        }
        let open = state.open.get_or_insert(MinuteSums::EMPTY);
        open.add(&row.value, segment.as_ref(), row.at);
    }

    fn on_timer(
        &self,
        state: &mut MinuteState,
        _: EventTime,
        cx: &mut Cx<'_, VehicleMinute>,
    ) -> Keep {
        let Some(sums) = state.open.take() else {
            return Keep::Nothing;
        };
        emit((state.last.floor_to(MINUTE), sums, false), cx);
        cx.wake_at(state.last + STATE_TIMEOUT);
        Keep::State
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(
        &self,
        _: &mut MinuteState,
        row: &Row<Telemetry>,
        cx: &mut Cx<'_, VehicleMinute>,
    ) {
        let mut sums = MinuteSums::EMPTY;
        sums.add(&row.value, None, row.at);
        emit((row.at.floor_to(MINUTE), sums, true), cx);
    }
}

/// Emits the sums of the minute that begins at `start`.
fn emit((start, sums, belated): (EventTime, MinuteSums, bool), cx: &mut Cx<'_, VehicleMinute>) {
    // The key is a vehicle id that was checked when the event was made.
    if let Ok(vehicle) = VehicleId::new(cx.key()) {
        cx.emit(VehicleMinute {
            vehicle,
            start,
            sums,
            belated,
        });
    }
}
