//! `fleet demo`: runs the jobs on three simulated fleets, into one sink.

use std::time::{Duration, Instant};

use fleet_core::{
    Order, Result,
    dialect::{Dialect, FleetFlow, FleetPipeline, VehicleOps},
    pipeline::{Ending, Report},
};
use fleet_rules::{Mode, preset};
use fleet_sources::{
    FleetFlowModel, Model, SelfDrivingModel, Simulator, SimulatorOptions, VehicleOpsModel,
};

use crate::{
    args::DemoArgs,
    job::{FleetWork, Goal, Job, TelemetryWork, TripWork, Work},
    report::ClosingReport,
};

/// The length of a window.
const WINDOW: Duration = Duration::from_secs(60);

/// Runs the command.
///
/// # Errors
/// Returns the first error that stops a job.
pub(crate) async fn run(args: DemoArgs, started: Instant) -> Result<()> {
    let mut report = telemetry(&args)?
        .report(&args.output, args.output.fresh)
        .await?;
    if report.ending != Ending::Stopped {
        let other = self_driving(&args)?.report(&args.output, false).await?;
        report = merge(report, other);
    }
    if report.ending != Ending::Stopped {
        let other = trips(&args)?.report(&args.output, false).await?;
        report = merge(report, other);
    }
    ClosingReport::new("demo", &args.output.sink, report, started.elapsed())
        .print(args.output.report)
}

/// Vehicles that send telemetry, in the dialect of VehicleOps.
fn telemetry(args: &DemoArgs) -> Result<Job<TelemetryWork>> {
    let model = VehicleOpsModel::default()
        .area(args.area)
        .scenario(args.scenario);
    let options = SimulatorOptions::default().vehicles(args.vehicles);
    let dialect = VehicleOps::default();
    let source = Simulator::new(model, dialect, with_args(options, args))?;
    let work = TelemetryWork {
        rules: preset::vehicleops(Mode::Edge).into(),
        window: WINDOW,
        scores_trips: false,
    };
    Ok(job("demo", "as vehicleops", source, dialect, work))
}

/// One self-driving vehicle for every five of those, with perception and driving events.
fn self_driving(args: &DemoArgs) -> Result<Job<FleetWork>> {
    let ids = 1..=args.vehicles.div_ceil(5);
    let model = SelfDrivingModel::default().area(args.area).vehicle_ids(ids);
    let options = with_args(model.options(), args);
    let dialect = FleetPipeline::default();
    let source = Simulator::new(model, dialect, options)?;
    let work = FleetWork {
        rules: preset::by_name("fleet-pipeline", Mode::Edge)?,
        window: WINDOW,
        is_self_driving: true,
        scores_trips: false,
    };
    let (name, reading) = ("demo-self-driving", "as fleet-pipeline");
    Ok(job(name, reading, source, dialect, work))
}

/// One driver for every five vehicles, whose tracker measures accelerations and sends a whole trip
/// each minute, with one sample per second.
fn trips(args: &DemoArgs) -> Result<Job<TripWork>> {
    let model = FleetFlowModel::default().sample_rate_hz(1);
    let options = model.options().vehicles(args.vehicles.div_ceil(5));
    let dialect = FleetFlow::default();
    let source = Simulator::new(model, dialect, with_args(options, args))?;
    let (name, reading) = ("demo-trips", "as fleetflow");
    Ok(job(name, reading, source, dialect, TripWork::default()))
}

/// Applies the arguments that all three fleets share.
fn with_args(options: SimulatorOptions, args: &DemoArgs) -> SimulatorOptions {
    options
        .duration(args.duration)
        .seed(args.seed)
        .pace(args.pace.into())
}

fn job<M, D, W>(
    name: &'static str,
    reading: &str,
    source: Simulator<M, D>,
    decode: D,
    work: W,
) -> Job<W>
where
    M: Model,
    D: Dialect<Event = M::Event>,
    W: Work<Event = M::Event>,
{
    let goal = Goal::Events(source.options().events());
    Job {
        name,
        source: Box::new(source),
        decode: Box::new(decode),
        work,
        order: Order::default(),
        reading: reading.into(),
        goal,
    }
}

/// Adds the second report to the first.
fn merge(mut all: Report, other: Report) -> Report {
    all.counts += other.counts;
    all.keys += other.keys;
    all.read_now += other.read_now;
    for (name, count) in other.tallies {
        *all.tallies.entry(name).or_default() += count;
    }
    all.positions.extend(other.positions);
    if other.ending != Ending::AlreadyComplete {
        all.ending = other.ending;
    }
    all
}
