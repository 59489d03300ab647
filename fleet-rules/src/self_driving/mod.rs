//! The metrics of self-driving fleets, as sums that add up over vehicles, hours and runs.

mod episode;
mod options;
mod ratio;
mod row;
mod state;
mod sums;

pub use options::SelfDrivingOptions;
pub use ratio::KmPer;
pub use state::SelfDrivingState;
pub use sums::{SelfDriving, SelfDrivingHour};

use std::time::Duration;

use fleet_core::{
    Event, EventTime, Operator, Row, VehicleId,
    event::{Driving, FleetEvent, Telemetry},
    odometry::{Fix, Method, Segment},
    operator::{Cx, Keep},
};

/// A vehicle that is silent for so long starts anew. Our choice: what it drove meanwhile belongs to no hour.
const FORGET: Duration = Duration::from_secs(30 * 24 * 3600);
/// A stretch that lasts longer belongs to the hour of its end instead of being spread. Our choice.
const SPREAD: Duration = Duration::from_secs(24 * 3600);

/// Adds up what self-driving vehicles did, by vehicle and hour.
///
/// Every row that it emits is a part of the sums of one vehicle and hour: add up those of one hour, of a vehicle,
/// of a fleet. Ratios come last, from sums: the mean of the vehicles' ratios would be another, wrong number.
///
/// # Shape
/// Rows of an hour leave when the hour is over. A stretch whose length becomes known later is spread over the hours
/// it covers, and adds rows to those that are over.
///
/// A belated event adds a row with what it counts for by itself: telemetry, rows that were too fast,
/// interventions, disengagements, sightings. Exactly: their sums are those of the events in their order. What
/// depends on the events before and after - distance, time engaged, takeovers, how often a vehicle became too
/// fast - stays as it is, because those events are not kept. The distance that was driven is in it already: the
/// odometer of the next event told it.
///
/// # Guarantees
/// Sums are whole numbers (events, micrometres, microseconds): adding them in any order gives the same bits.
/// Distance is guarded as in [`odometry`](fleet_core::odometry).
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::FleetEvent};
/// use fleet_rules::{SelfDrivingOptions, SumSelfDriving};
/// let (mut graph, events) = Graph::<FleetEvent>::new();
/// let hours = graph.apply("self-driving", events, SumSelfDriving::new(SelfDrivingOptions::default()));
/// # let _ = hours;
/// assert!(graph.mermaid().contains("self-driving"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SumSelfDriving {
    options: SelfDrivingOptions,
}

impl SumSelfDriving {
    /// Adds up with these settings.
    pub fn new(options: SelfDrivingOptions) -> Self {
        Self { options }
    }

    fn telemetry(&self, state: &mut SelfDrivingState, event: &Telemetry) {
        let at = event.at();
        self.watch_engagement(state, event.autopilot_engaged(), at);
        if let Some(segment) = state.meter.observe(&self.options.meter, &Fix::from(event)) {
            self.settle(state, &segment);
        }
        let verdict = self.options.speed_violation.judge(event);
        let was = state.speeding;
        state.speeding = verdict.map_or(was, |verdict| verdict.offends);
        let offends = verdict.is_some_and(|verdict| verdict.offends);
        let sums = state.sums(at.floor_to(self.options.bucket));
        sums.speed_violations += u64::from(offends && !was);
    }

    /// Adds the time since the last row, which the answer of that row holds for.
    fn watch_engagement(&self, state: &mut SelfDrivingState, engaged: Option<bool>, at: EventTime) {
        let Some((from, was)) = state.watch(engaged, at) else {
            return;
        };
        let time = at.since(from);
        state.stretch.0 += micros(time);
        let Some(was) = was.filter(|_| time <= self.options.hold) else {
            return;
        };
        state.stretch.1 += if was { micros(time) } else { 0 };
        let length = self.options.bucket;
        let mut start = from.floor_to(length);
        while start < at {
            let part = micros(at.min(start + length).since(from.max(start)));
            let sums = state.sums(start);
            sums.observed_us += part;
            sums.engaged_us += if was { part } else { 0 };
            start = start + length;
        }
    }

    /// Adds a stretch whose length has become known.
    fn settle(&self, state: &mut SelfDrivingState, segment: &Segment) {
        let (whole, engaged) = std::mem::take(&mut state.stretch);
        // A stretch that took no time is as engaged as the vehicle is.
        let (engaged, whole) = match whole {
            0 => (i64::from(state.engaged == Some(true)), 1),
            whole => (engaged, whole),
        };
        let estimated = segment.method != Some(Method::Odometer);
        let parts: Vec<_> = if segment.to.since(segment.from) > SPREAD {
            vec![(
                segment.to.floor_to(self.options.bucket),
                segment.micrometres(),
            )]
        } else {
            segment.parts(self.options.bucket).collect()
        };
        for (start, um) in parts {
            let engaged_um = portion(um, engaged, whole);
            let sums = state.sums(start);
            sums.distance_um += um;
            sums.engaged_um += engaged_um;
            sums.estimated_um += if estimated { um } else { 0 };
        }
        if let Some(anomaly) = segment.anomaly {
            state
                .sums(segment.to.floor_to(self.options.bucket))
                .count_anomaly(anomaly);
        }
    }

    /// Counts what an event is by itself, whatever came before it.
    fn count(&self, sums: &mut SelfDriving, event: &FleetEvent) {
        match event {
            FleetEvent::Telemetry(event) => {
                let verdict = self.options.speed_violation.judge(event);
                sums.telemetry += 1;
                sums.speeding_rows += u64::from(verdict.is_some_and(|verdict| verdict.offends));
            }
            FleetEvent::Driving(event) => sums.count_driving(event),
            FleetEvent::Perception(event) => sums.count_detection(event.class),
        }
    }

    fn driving(&self, state: &mut SelfDrivingState, event: &Driving) {
        let opens = state.episode.opens(event, self.options.episode);
        let sums = state.sums(event.at.floor_to(self.options.bucket));
        sums.episodes += u64::from(opens);
    }
}

impl Operator for SumSelfDriving {
    type In = FleetEvent;
    type Out = SelfDrivingHour;
    type State = SelfDrivingState;

    fn structure(&self) -> String {
        format!("{} s", self.options.bucket.as_secs_f64())
    }

    fn init(&self) -> SelfDrivingState {
        SelfDrivingState::default()
    }

    fn on_row(
        &self,
        state: &mut SelfDrivingState,
        row: &Row<FleetEvent>,
        cx: &mut Cx<'_, SelfDrivingHour>,
    ) {
        match &row.value {
            FleetEvent::Telemetry(event) => self.telemetry(state, event),
            FleetEvent::Driving(event) => self.driving(state, event),
            FleetEvent::Perception(_) => {}
        }
        let sums = state.sums(row.at.floor_to(self.options.bucket));
        self.count(sums, &row.value);
        cx.forget_timers();
        cx.wake_at(cx.now().floor_to(self.options.bucket) + self.options.bucket);
    }

    fn on_timer(
        &self,
        state: &mut SelfDrivingState,
        at: EventTime,
        cx: &mut Cx<'_, SelfDrivingHour>,
    ) -> Keep {
        let open = state.take();
        if open.len() == 0 {
            return Keep::Nothing;
        }
        for (start, sums) in open {
            emit(
                "self-driving",
                start.as_micros().cast_unsigned(),
                (start, sums),
                cx,
            );
        }
        cx.wake_at(at + FORGET);
        Keep::State
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(
        &self,
        _: &mut SelfDrivingState,
        row: &Row<FleetEvent>,
        cx: &mut Cx<'_, SelfDrivingHour>,
    ) {
        let mut sums = SelfDriving::default();
        self.count(&mut sums, &row.value);
        if sums != SelfDriving::default() {
            let hour = (row.at.floor_to(self.options.bucket), sums);
            emit("self-driving belated", row.value.identity(), hour, cx);
        }
    }
}

/// Sends on a part of the sums of the hour that starts then.
fn emit(
    what: &str,
    ordinal: u64,
    (start, sums): (EventTime, SelfDriving),
    cx: &mut Cx<'_, SelfDrivingHour>,
) {
    // Keys are vehicles: an event's key was checked when its id was made.
    if let Ok(vehicle) = VehicleId::new(cx.key()) {
        let id = cx.content_id(what, ordinal);
        cx.emit(SelfDrivingHour {
            id,
            vehicle,
            start,
            sums,
        });
    }
}

/// A length of time in whole microseconds.
fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

/// `um · part / whole`, without overflow.
fn portion(um: i64, part: i64, whole: i64) -> i64 {
    let scaled = i128::from(um) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(scaled).unwrap_or(um)
}
