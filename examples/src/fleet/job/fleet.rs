//! The job on every kind of event: rules, windows, self-driving metrics and trips.

use std::time::Duration;

use fleet_core::{Graph, Result, event::FleetEvent};
use fleet_rules::{
    Mode, SelfDrivingOptions, SumSelfDriving,
    preset::{self, Preset},
};

use crate::job::{results::Results, telemetry, work::Work};

/// The job on every kind of event, with its rules and the length of its windows.
pub(crate) struct FleetWork {
    pub(crate) rules: Preset,
    pub(crate) window: Duration,
    /// Whether the vehicles drive themselves.
    pub(crate) is_self_driving: bool,
    /// Whether events may have the accelerations by which trips are scored.
    pub(crate) scores_trips: bool,
}

impl Work for FleetWork {
    type Event = FleetEvent;

    fn graph(self) -> (Graph<FleetEvent>, Results) {
        let (mut graph, events) = Graph::<FleetEvent>::new();
        let telemetry = graph.flat_map("telemetry", events, |event| event.telemetry().cloned());
        let perception = graph.flat_map("perception", events, |event| event.perception().cloned());
        let driving = graph.flat_map("driving", events, |event| event.driving().cloned());
        let mut alerts = graph.apply("rules", telemetry, self.rules.rules);
        if let Some(collision) = self.rules.collision {
            let near = graph.apply("collision", events, collision);
            alerts = graph.merge("alerts", &[alerts, near]);
        }
        let hours = self.is_self_driving.then(|| {
            let hours = SumSelfDriving::new(SelfDrivingOptions::default());
            graph.apply("self_driving", events, hours)
        });
        let trips = self
            .scores_trips
            .then(|| telemetry::trips(&mut graph, telemetry));
        let results = Results {
            telemetry: Some(telemetry),
            perception: Some(perception),
            driving: Some(driving),
            alerts: Some(alerts),
            hours,
            trips,
            window: self.window,
        };
        (graph, results)
    }
}

/// Returns the rules that `--rules` names, or those of the dialect.
///
/// # Errors
/// Refuses a name that is not a preset.
pub(crate) fn rules(name: Option<&str>, of_dialect: &str, mode: Mode) -> Result<Preset> {
    let name = name.unwrap_or(of_dialect);
    preset::by_name(name.strip_prefix("preset:").unwrap_or(name), mode)
}
