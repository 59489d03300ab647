//! `fleet demo`: the jobs on fleets that are simulated, into one sink.

use std::time::{Duration, Instant};

use fleet_core::{
    Decode, Order, Result,
    dialect::{AnyEvent, Dialect, FleetFlow, FleetPipeline, VehicleOps},
    pipeline::{Ending, Report},
    source::Chunk,
};
use fleet_rules::{
    Mode,
    preset::{self, Preset},
};
use fleet_sources::{
    FleetFlowModel, Model, SelfDrivingModel, Simulator, SimulatorOptions, VehicleOpsModel,
};

use crate::{
    args::DemoArgs,
    job::{Goal, Job, MainWork, TripWork, Work},
    report::outcome::Outcome,
};

/// Runs the command.
///
/// # Errors
/// What cannot be stored or gone on with.
pub(crate) async fn run(args: DemoArgs, started: Instant) -> Result<()> {
    let mut report = telemetry(&args)?.report(&args.out, args.out.fresh).await?;
    if report.ending != Ending::Stopped {
        let other = self_driving(&args)?.report(&args.out, false).await?;
        report = together(report, other);
    }
    if report.ending != Ending::Stopped {
        let other = trips(&args)?.report(&args.out, false).await?;
        report = together(report, other);
    }
    Outcome::new("demo", &args.out.sink, report, started.elapsed()).print(args.out.report)
}

/// The job on one simulated fleet.
type Simulated<M, D, R, W> = Job<Simulator<M, D>, R, W>;

/// Vehicles that send telemetry.
fn telemetry(
    args: &DemoArgs,
) -> Result<Simulated<VehicleOpsModel, VehicleOps, AnyEvent<VehicleOps>, MainWork>> {
    let model = VehicleOpsModel::default()
        .area(args.area)
        .scenario(args.scenario);
    let options = SimulatorOptions::default().vehicles(args.vehicles);
    let dialect = VehicleOps::default();
    let source = Simulator::new(model, dialect, simulated(options, args))?;
    let work = main_work(preset::vehicleops(Mode::Edge).into());
    Ok(job(
        "demo",
        "as vehicleops",
        source,
        AnyEvent(dialect),
        work,
    ))
}

/// One for each five of them that drives itself, and says what it sees and does.
fn self_driving(
    args: &DemoArgs,
) -> Result<Simulated<SelfDrivingModel, FleetPipeline, FleetPipeline, MainWork>> {
    let ids = 1..=args.vehicles.div_ceil(5);
    let model = SelfDrivingModel::default().area(args.area).vehicle_ids(ids);
    let options = simulated(model.options(), args);
    let dialect = FleetPipeline::default();
    let source = Simulator::new(model, dialect, options)?;
    let work = main_work(preset::by_name("fleet-pipeline", Mode::Edge)?);
    let (name, reading) = ("demo-self-driving", "as fleet-pipeline");
    Ok(job(name, reading, source, dialect, work))
}

/// And one driver for each five whose trips come whole, one each minute, with a sample a second: what a
/// tracker sends that knows its accelerations.
fn trips(args: &DemoArgs) -> Result<Simulated<FleetFlowModel, FleetFlow, FleetFlow, TripWork>> {
    let model = FleetFlowModel::default().sample_rate_hz(1);
    let options = model.options().vehicles(args.vehicles.div_ceil(5));
    let dialect = FleetFlow::default();
    let source = Simulator::new(model, dialect, simulated(options, args))?;
    let (name, reading) = ("demo-trips", "as fleetflow");
    Ok(job(name, reading, source, dialect, TripWork::default()))
}

/// What all fleets have in common.
fn simulated(options: SimulatorOptions, args: &DemoArgs) -> SimulatorOptions {
    options
        .duration(args.duration)
        .seed(args.seed)
        .pace(args.pace.into())
}

fn main_work(rules: Preset) -> MainWork {
    MainWork {
        rules,
        window: Duration::from_secs(60),
    }
}

fn job<M, D, R, W>(
    name: &'static str,
    reading: &str,
    source: Simulator<M, D>,
    decode: R,
    work: W,
) -> Simulated<M, D, R, W>
where
    M: Model,
    D: Dialect<Event = M::Event>,
    R: Decode<Chunk, Event = W::Event>,
    W: Work,
{
    let goal = Goal::Events(source.options().events());
    Job {
        name,
        source,
        decode,
        work,
        order: Order::default(),
        reading: reading.into(),
        goal,
    }
}

/// Both reports as one.
fn together(mut all: Report, other: Report) -> Report {
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
