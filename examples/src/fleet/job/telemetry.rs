//! The job on vehicles that only send telemetry: rules, windows, and trips where they can be
//! scored.

use std::time::Duration;

use fleet_core::{
    Graph, Result, Stream,
    event::{Alert, Driving, Perception, Telemetry},
};
use fleet_rules::{SelfDrivingHour, preset::Preset};
use fleet_scoring::{SeedFleetflow, SegmentTrips, Trip, TripOptions};

use crate::{
    job::{
        speed_window::{self, SpeedWindow},
        work::{self, JobPipeline, Work},
    },
    sink::Destination,
};

/// The job on telemetry, with its rules and the length of its windows.
pub(crate) struct TelemetryWork {
    pub(crate) rules: Preset,
    pub(crate) window: Duration,
    /// Whether events may have the accelerations by which trips are scored.
    pub(crate) scores_trips: bool,
}

/// The streams of the job.
pub(crate) struct Streams {
    telemetry: Stream<Telemetry>,
    alerts: Stream<Alert>,
    windows: Stream<SpeedWindow>,
    trips: Option<Stream<Trip>>,
}

impl Work for TelemetryWork {
    type Event = Telemetry;
    type Streams = Streams;

    fn graph(self) -> Result<(Graph<Telemetry>, Streams)> {
        let (mut graph, telemetry) = Graph::<Telemetry>::new();
        // Rules about other objects have nothing to see here.
        let alerts = graph.apply("rules", telemetry, self.rules.rules);
        let windows = speed_window::of(&mut graph, telemetry, self.window)?;
        let trips = self.scores_trips.then(|| trips(&mut graph, telemetry));
        let streams = Streams {
            telemetry,
            alerts,
            windows,
            trips,
        };
        Ok((graph, streams))
    }

    async fn store(
        streams: Streams,
        pipeline: JobPipeline<Telemetry>,
        to: &Destination,
    ) -> Result<JobPipeline<Telemetry>> {
        let mut pipeline = work::store(pipeline, "telemetry", streams.telemetry, to).await?;
        pipeline = work::store(pipeline, "alerts", streams.alerts, to).await?;
        pipeline = work::store(pipeline, "windows", streams.windows, to).await?;
        pipeline = work::store(pipeline, "trips", streams.trips, to).await?;
        pipeline = work::store::<_, Perception>(pipeline, "perception", None, to).await?;
        pipeline = work::store::<_, Driving>(pipeline, "driving", None, to).await?;
        pipeline = work::store::<_, SelfDrivingHour>(pipeline, "self_driving", None, to).await?;
        Ok(work::tally(pipeline, streams.alerts, streams.windows))
    }
}

/// Adds the node that finds trips in telemetry, and scores them.
pub(super) fn trips<E: fleet_core::Event>(
    graph: &mut Graph<E>,
    telemetry: Stream<Telemetry>,
) -> Stream<Trip> {
    let trips = SegmentTrips::new(TripOptions::default(), SeedFleetflow::default());
    graph.apply("trips", telemetry, trips)
}
