//! The operator that sums the metrics of self-driving vehicles by vehicle and hour.

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

/// The state of a vehicle is dropped after this long without an event. Our choice: the distance
/// driven meanwhile belongs to no hour.
const STATE_TIMEOUT: Duration = Duration::from_secs(30 * 24 * 3600);
/// The distance of a longer segment counts in the hour of its end instead of being spread. Our
/// choice.
const MAX_SPREAD: Duration = Duration::from_secs(24 * 3600);

/// Sums the metrics of self-driving vehicles by vehicle and hour.
///
/// Each emitted row holds partial sums of one vehicle and hour. Add up rows to get the sums of an
/// hour, a vehicle or a fleet, and compute ratios from those: the mean of the vehicles' ratios is a
/// different, wrong number.
///
/// # Shape
/// The row of an hour is emitted when the hour is over. Where the distance of a segment becomes
/// known later, it is spread over the hours that the segment covers, with further rows for those
/// that are over.
///
/// A belated event is emitted as a row with the counts that need no other event: telemetry,
/// telemetry in violation, interventions, disengagements, detections. Their sums equal those of the
/// events in order. The sums that depend on neighbouring events (distance, time engaged, takeovers,
/// speed violations) stay as they are, because those events are gone. No distance is lost: the
/// odometer of the next event included it.
///
/// # Guarantees
/// Sums are whole numbers (events, micrometres, microseconds): the order of addition does not
/// matter. Distance is measured as described in [`odometry`](fleet_core::odometry).
///
/// # Examples
/// ```
/// use fleet_core::{Graph, event::FleetEvent};
/// use fleet_rules::{SelfDrivingOptions, SumSelfDriving};
/// let (mut graph, events) = Graph::<FleetEvent>::new();
/// let sums = SumSelfDriving::new(SelfDrivingOptions::default());
/// let hours = graph.apply("self-driving", events, sums);
/// # let _ = hours;
/// assert!(graph.mermaid().contains("self-driving"));
/// ```
#[derive(Clone, Debug)]
pub struct SumSelfDriving {
    options: SelfDrivingOptions,
}

impl SumSelfDriving {
    /// An operator with these settings.
    pub fn new(options: SelfDrivingOptions) -> Self {
        Self { options }
    }

    fn telemetry(&self, state: &mut SelfDrivingState, event: &Telemetry) {
        let at = event.at();
        self.watch_engagement(state, event.autopilot_engaged(), at);
        if let Some(segment) = state.meter.observe(&self.options.meter, &Fix::from(event)) {
            self.settle(state, &segment);
        }
        let evaluation = self.options.speed_violation.evaluate(event);
        let was = state.speeding;
        state.speeding = evaluation.map_or(was, |evaluation| evaluation.violates);
        let violates = evaluation.is_some_and(|evaluation| evaluation.violates);
        let sums = state.sums(at.floor_to(self.options.bucket));
        sums.speed_violations += u64::from(violates && !was);
    }

    /// Adds the time since the last telemetry event, by the engaged state of that event.
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

    /// Adds a segment of known distance.
    fn settle(&self, state: &mut SelfDrivingState, segment: &Segment) {
        let (whole, engaged) = std::mem::take(&mut state.stretch);
        // A segment that took no time has the engaged state of the newest event.
        let (engaged, whole) = match whole {
            0 => (i64::from(state.engaged == Some(true)), 1),
            whole => (engaged, whole),
        };
        let estimated = segment.method != Some(Method::Odometer);
        let parts: Vec<_> = if segment.to.since(segment.from) > MAX_SPREAD {
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

    /// Counts what needs no other event.
    fn count(&self, sums: &mut SelfDriving, event: &FleetEvent) {
        match event {
            FleetEvent::Telemetry(event) => {
                let evaluation = self.options.speed_violation.evaluate(event);
                sums.telemetry += 1;
                sums.speeding_rows +=
                    u64::from(evaluation.is_some_and(|evaluation| evaluation.violates));
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
        cx.wake_at(at + STATE_TIMEOUT);
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

/// Emits partial sums of the hour that begins at `start`.
fn emit(
    what: &str,
    ordinal: u64,
    (start, sums): (EventTime, SelfDriving),
    cx: &mut Cx<'_, SelfDrivingHour>,
) {
    // The key is a vehicle id that was checked when the event was made.
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

/// A duration in whole microseconds.
fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

/// `um · part / whole`, without overflow.
fn portion(um: i64, part: i64, whole: i64) -> i64 {
    let scaled = i128::from(um) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(scaled).unwrap_or(um)
}
