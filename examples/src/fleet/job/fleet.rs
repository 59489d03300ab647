//! The job on every kind of event: rules, windows, self-driving metrics and trips.

use std::time::Duration;

use fleet_core::{
    Graph, Result, Stream,
    event::{Alert, Driving, FleetEvent, Perception, Telemetry},
};
use fleet_rules::{
    Mode, SelfDrivingHour, SelfDrivingOptions, SumSelfDriving,
    preset::{self, Preset},
};
use fleet_scoring::Trip;

use crate::{
    job::{
        speed_window::{self, SpeedWindow},
        telemetry,
        work::{self, JobPipeline, Work},
    },
    sink::Destination,
};

/// The job on every kind of event, with its rules and the length of its windows.
pub(crate) struct FleetWork {
    pub(crate) rules: Preset,
    pub(crate) window: Duration,
    /// Whether the vehicles drive themselves.
    pub(crate) is_self_driving: bool,
    /// Whether events may have the accelerations by which trips are scored.
    pub(crate) scores_trips: bool,
}

/// The streams of the job.
pub(crate) struct Streams {
    telemetry: Stream<Telemetry>,
    perception: Stream<Perception>,
    driving: Stream<Driving>,
    alerts: Stream<Alert>,
    windows: Stream<SpeedWindow>,
    hours: Option<Stream<SelfDrivingHour>>,
    trips: Option<Stream<Trip>>,
}

impl Work for FleetWork {
    type Event = FleetEvent;
    type Streams = Streams;

    fn graph(self) -> Result<(Graph<FleetEvent>, Streams)> {
        let (mut graph, events) = Graph::<FleetEvent>::new();
        let telemetry = graph.flat_map("telemetry", events, |event| event.telemetry().cloned());
        let perception = graph.flat_map("perception", events, |event| event.perception().cloned());
        let driving = graph.flat_map("driving", events, |event| event.driving().cloned());
        let mut alerts = graph.apply("rules", telemetry, self.rules.rules);
        if let Some(collision) = self.rules.collision {
            let near = graph.apply("collision", events, collision);
            alerts = graph.merge("alerts", &[alerts, near]);
        }
        let windows = speed_window::of(&mut graph, telemetry, self.window)?;
        let hours = self.is_self_driving.then(|| {
            let hours = SumSelfDriving::new(SelfDrivingOptions::default());
            graph.apply("self_driving", events, hours)
        });
        let trips = self
            .scores_trips
            .then(|| telemetry::trips(&mut graph, telemetry));
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

    async fn store(
        streams: Streams,
        pipeline: JobPipeline<FleetEvent>,
        to: &Destination,
    ) -> Result<JobPipeline<FleetEvent>> {
        let mut pipeline = work::store(pipeline, "telemetry", streams.telemetry, to).await?;
        pipeline = work::store(pipeline, "perception", streams.perception, to).await?;
        pipeline = work::store(pipeline, "driving", streams.driving, to).await?;
        pipeline = work::store(pipeline, "alerts", streams.alerts, to).await?;
        pipeline = work::store(pipeline, "windows", streams.windows, to).await?;
        pipeline = work::store(pipeline, "self_driving", streams.hours, to).await?;
        pipeline = work::store(pipeline, "trips", streams.trips, to).await?;
        Ok(work::tally(pipeline, streams.alerts, streams.windows))
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
