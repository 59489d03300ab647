//! The graph of the main job: events in, rules and windows over them.

use std::time::Duration;

use fleet_core::{
    Graph, Result, Stream,
    event::{Alert, Driving, FleetEvent, Perception, Telemetry},
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{
    Mode, SelfDrivingHour, SelfDrivingOptions, SumSelfDriving,
    preset::{self, Preset},
};
use fleet_scoring::{SeedFleetflow, SegmentTrips, Trip, TripOptions};

use crate::{args::GraphArgs, output::say, tables::SpeedWindow};

/// The streams of the main job that are stored.
pub(crate) struct Streams {
    pub(crate) telemetry: Stream<Telemetry>,
    pub(crate) perception: Stream<Perception>,
    pub(crate) driving: Stream<Driving>,
    pub(crate) alerts: Stream<Alert>,
    pub(crate) windows: Stream<SpeedWindow>,
    pub(crate) hours: Stream<SelfDrivingHour>,
    pub(crate) trips: Stream<Trip>,
}

/// Builds the graph.
///
/// # Errors
/// Refuses a window that is too short.
pub(crate) fn build(rules: Preset, window: Duration) -> Result<(Graph<FleetEvent>, Streams)> {
    let (mut graph, events) = Graph::<FleetEvent>::new();
    let telemetry = graph.flat_map("telemetry", events, |event| event.telemetry().cloned());
    let perception = graph.flat_map("perception", events, |event| event.perception().cloned());
    let driving = graph.flat_map("driving", events, |event| event.driving().cloned());
    let mut alerts = graph.apply("rules", telemetry, rules.rules);
    if let Some(collision) = rules.collision {
        let near = graph.apply("collision", events, collision);
        alerts = graph.merge("alerts", &[alerts, near]);
    }
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let summaries = graph.apply("speed", telemetry, Tumbling::of(window)?.aggregate(speed));
    let windows = graph.map("windows", summaries, |window| SpeedWindow(window.clone()));
    let hours = SumSelfDriving::new(SelfDrivingOptions::default());
    let hours = graph.apply("self_driving", events, hours);
    let trips = SegmentTrips::new(TripOptions::default(), SeedFleetflow::default());
    let trips = graph.apply("trips", telemetry, trips);
    let streams = Streams {
        telemetry,
        perception,
        driving,
        alerts,
        windows,
        hours,
        trips,
    };
    Ok((graph, streams))
}

/// Finds the rules that `--rules` names, or those of the dialect.
///
/// # Errors
/// Refuses a name that is no preset.
pub(crate) fn rules(name: Option<&str>, of_dialect: &str, mode: Mode) -> Result<Preset> {
    let name = name.unwrap_or(of_dialect);
    preset::by_name(name.strip_prefix("preset:").unwrap_or(name), mode)
}

/// Prints the graph.
///
/// # Errors
/// As [`build`] and [`rules`].
pub(crate) fn show(args: &GraphArgs) -> Result<()> {
    let rules = rules(args.rules.as_deref(), "vehicleops", args.mode)?;
    let (graph, _) = build(rules, Duration::from_secs(60))?;
    say(&graph.mermaid())
}
