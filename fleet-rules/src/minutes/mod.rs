//! Sums of a vehicle and minute, and the distances behind them.
//!
//! Means, extremes and totals of any longer span are made of minutes, in a database or elsewhere.

mod distance;
mod metered;
mod state;
mod sums;
mod vehicle_minute;

pub use distance::MeterDistance;
pub use metered::Metered;
pub use state::MinuteState;
pub use sums::MinuteSums;
pub use vehicle_minute::VehicleMinute;

use std::time::Duration;

use fleet_core::{
    EventTime, Operator, Row,
    event::Telemetry,
    odometry::{Fix, Meter, MeterOptions},
    operator::{Cx, Keep},
    window::{Tumbling, Window, Windowed},
};

use sums::{Measures, SumMeasures};

/// How long the last position of a vehicle is kept without an event. Our choice: the distance
/// driven meanwhile belongs to no minute.
const STATE_TIMEOUT: Duration = Duration::from_secs(24 * 3600);

/// Sums speed, charge, temperature, distance and alerts by vehicle and minute.
///
/// # Shape
/// The [window](Window) of a minute is emitted when the minute is over, and again with the next
/// revision for each belated event. [`VehicleMinute`] makes a row of it.
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
/// use fleet_rules::{SumMinutes, VehicleMinute};
/// let (mut graph, telemetry) = Graph::<Telemetry>::new();
/// let windows = graph.apply("minute_sums", telemetry, SumMinutes::default());
/// let minutes = graph.map("minutes", windows, |window| VehicleMinute(window.clone()));
/// # let _ = minutes;
/// assert!(graph.mermaid().contains("minutes"));
/// ```
#[derive(Debug)]
pub struct SumMinutes {
    meter: MeterOptions,
    windows: Windowed<SumMeasures>,
}

impl SumMinutes {
    /// An operator that measures distances within these limits.
    pub fn new(meter: MeterOptions) -> Self {
        Self {
            meter,
            windows: Tumbling::minutes(1).aggregate(SumMeasures),
        }
    }
}

impl Default for SumMinutes {
    fn default() -> Self {
        Self::new(MeterOptions::default())
    }
}

impl Operator for SumMinutes {
    type In = Telemetry;
    type Out = Window<MinuteSums>;
    type State = MinuteState;

    fn init(&self) -> MinuteState {
        MinuteState::new(self.windows.init())
    }

    fn on_row(
        &self,
        state: &mut MinuteState,
        row: &Row<Telemetry>,
        cx: &mut Cx<'_, Window<MinuteSums>>,
    ) {
        state.wake(cx);
        if row.at.since(state.last) >= STATE_TIMEOUT {
            state.meter = Meter::default();
        }
        let segment = state.meter.observe(&self.meter, &Fix::from(&row.value));
        let measures = Measures::of(&row.value, segment.as_ref());
        state.last = row.at;
        let row = Row::detached(row.at, row.offset, measures);
        self.windows.on_row(&mut state.windows, &row, cx);
    }

    fn on_timer(
        &self,
        state: &mut MinuteState,
        at: EventTime,
        cx: &mut Cx<'_, Window<MinuteSums>>,
    ) -> Keep {
        let forget_at = state.last + STATE_TIMEOUT;
        match self.windows.on_timer(&mut state.windows, at, cx) {
            Keep::Nothing if at < forget_at => {
                // The minute is over, and the position is still needed.
                state.windows = self.windows.init();
                state.rest(forget_at, cx);
                Keep::State
            }
            keep => keep,
        }
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(
        &self,
        state: &mut MinuteState,
        row: &Row<Telemetry>,
        cx: &mut Cx<'_, Window<MinuteSums>>,
    ) {
        state.wake(cx);
        let measures = Measures::of(&row.value, None);
        let row = Row::detached(row.at, row.offset, measures);
        self.windows.on_belated(&mut state.windows, &row, cx);
    }
}

#[cfg(test)]
mod tests;
