//! The graph of the main job: events in, rules and windows over them.

use std::time::Duration;

use fleet_core::{
    Error, ErrorKind, Graph, Result, Stream,
    event::{Alert, Driving, FleetEvent, Perception, Telemetry},
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{Mode, Rules, preset};

use crate::{args::GraphArgs, output::say, tables::SpeedWindow};

/// The streams of the main job that are stored.
pub(crate) struct Streams {
    pub(crate) telemetry: Stream<Telemetry>,
    pub(crate) perception: Stream<Perception>,
    pub(crate) driving: Stream<Driving>,
    pub(crate) alerts: Stream<Alert>,
    pub(crate) windows: Stream<SpeedWindow>,
}

/// Builds the graph.
///
/// # Errors
/// Refuses a window that is too short.
pub(crate) fn build(rules: Rules, window: Duration) -> Result<(Graph<FleetEvent>, Streams)> {
    let (mut graph, events) = Graph::<FleetEvent>::new();
    let telemetry = graph.flat_map("telemetry", events, |event| event.telemetry().cloned());
    let perception = graph.flat_map("perception", events, |event| event.perception().cloned());
    let driving = graph.flat_map("driving", events, |event| event.driving().cloned());
    let alerts = graph.apply("rules", telemetry, rules);
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let summaries = graph.apply("speed", telemetry, Tumbling::of(window)?.aggregate(speed));
    let windows = graph.map("windows", summaries, |window| SpeedWindow(window.clone()));
    Ok((
        graph,
        Streams {
            telemetry,
            perception,
            driving,
            alerts,
            windows,
        },
    ))
}

/// Finds the rules that `--rules` names.
///
/// # Errors
/// Refuses a name that is no preset.
pub(crate) fn rules(name: Option<&str>, mode: Mode) -> Result<Rules> {
    match name.map(|name| name.strip_prefix("preset:").unwrap_or(name)) {
        None | Some("vehicleops") => Ok(preset::vehicleops(mode)),
        Some(other) => {
            let message = format!("there are no rules named {other:?}: use preset:vehicleops");
            Err(Error::new(ErrorKind::Config, message))
        }
    }
}

/// Prints the graph.
///
/// # Errors
/// As [`build`] and [`rules`].
pub(crate) fn show(args: &GraphArgs) -> Result<()> {
    let rules = rules(args.rules.as_deref(), args.mode)?;
    let (graph, _) = build(rules, Duration::from_secs(60))?;
    say(&graph.mermaid())
}
