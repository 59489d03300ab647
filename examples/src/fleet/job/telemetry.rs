//! The job on vehicles that only send telemetry: rules, windows, and trips where they can be
//! scored.

use std::time::Duration;

use fleet_core::{Event, Graph, Stream, event::Telemetry};
use fleet_rules::preset::Preset;
use fleet_scoring::{SeedFleetflow, SegmentTrips, Trip, TripOptions};

use crate::job::{results::Results, work::Work};

/// The job on telemetry, with its rules and the length of its windows.
pub(crate) struct TelemetryWork {
    pub(crate) rules: Preset,
    pub(crate) window: Duration,
    /// Whether events may have the accelerations by which trips are scored.
    pub(crate) scores_trips: bool,
}

impl Work for TelemetryWork {
    type Event = Telemetry;

    fn graph(self) -> (Graph<Telemetry>, Results) {
        let (mut graph, telemetry) = Graph::<Telemetry>::new();
        // Rules about other objects have nothing to see here.
        let alerts = graph.apply("rules", telemetry, self.rules.rules);
        let results = Results {
            telemetry: Some(telemetry),
            alerts: Some(alerts),
            trips: self.scores_trips.then(|| trips(&mut graph, telemetry)),
            window: self.window,
            ..Results::default()
        };
        (graph, results)
    }
}

/// Adds the node that finds trips in telemetry, and scores them.
pub(super) fn trips<E: Event>(graph: &mut Graph<E>, telemetry: Stream<Telemetry>) -> Stream<Trip> {
    let trips = SegmentTrips::new(TripOptions::default(), SeedFleetflow::default());
    graph.apply("trips", telemetry, trips)
}
