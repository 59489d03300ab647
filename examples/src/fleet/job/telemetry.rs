//! The main job: rules, windows, self-driving metrics and trips over the events of a fleet.

use std::time::Duration;

use fleet_core::{
    Decode, Graph, Result, Stream,
    event::{Alert, Driving, FleetEvent, Perception, Telemetry},
    source::Replayable,
    units::Speed,
    window::{SummaryOf, Tumbling},
};
use fleet_rules::{
    Mode, SelfDrivingHour, SelfDrivingOptions, SumSelfDriving,
    preset::{self, Preset},
};
use fleet_scoring::{SeedFleetflow, SegmentTrips, Trip, TripOptions};

use crate::{
    job::{
        speed_window::SpeedWindow,
        work::{ExactlyOncePipeline, Work},
    },
    sink::Destination,
};

/// The main job, with its rules and the length of its windows.
pub(crate) struct FleetWork {
    pub(crate) rules: Preset,
    pub(crate) window: Duration,
}

/// The streams that the main job stores.
pub(crate) struct Streams {
    telemetry: Stream<Telemetry>,
    perception: Stream<Perception>,
    driving: Stream<Driving>,
    alerts: Stream<Alert>,
    windows: Stream<SpeedWindow>,
    hours: Stream<SelfDrivingHour>,
    trips: Stream<Trip>,
}

impl Work for FleetWork {
    type Event = FleetEvent;
    type Streams = Streams;

    fn graph(self) -> Result<(Graph<FleetEvent>, Streams)> {
        build(self.rules, self.window)
    }

    async fn store<Src, D, To>(
        streams: Streams,
        pipeline: ExactlyOncePipeline<Src, D, To::Store>,
        to: &To,
    ) -> Result<ExactlyOncePipeline<Src, D, To::Store>>
    where
        Src: Replayable,
        D: Decode<Src::Payload, Event = FleetEvent>,
        To: Destination,
    {
        Ok(pipeline
            .store("telemetry", streams.telemetry, to.table("telemetry").await?)
            .store(
                "perception",
                streams.perception,
                to.table("perception").await?,
            )
            .store("driving", streams.driving, to.table("driving").await?)
            .store("alerts", streams.alerts, to.table("alerts").await?)
            .store("windows", streams.windows, to.table("windows").await?)
            .store(
                "self_driving",
                streams.hours,
                to.table("self_driving").await?,
            )
            .store("trips", streams.trips, to.table("trips").await?)
            .tally("alerts", streams.alerts, |alert| alert.kind.as_word())
            .tally("windows", streams.windows, |window| window.tally()))
    }
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

/// Returns the rules that `--rules` names, or those of the dialect.
///
/// # Errors
/// Refuses a name that is not a preset.
pub(crate) fn rules(name: Option<&str>, of_dialect: &str, mode: Mode) -> Result<Preset> {
    let name = name.unwrap_or(of_dialect);
    preset::by_name(name.strip_prefix("preset:").unwrap_or(name), mode)
}
