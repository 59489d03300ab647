//! `fleet demo`: the main job on a simulated fleet.

use std::time::{Duration, Instant};

use fleet_core::{
    Order, Result,
    dialect::{AnyEvent, Dialect, FleetPipeline, VehicleOps},
    pipeline::{Ending, Report},
};
use fleet_rules::{
    Mode,
    preset::{self, Preset},
};
use fleet_sources::{
    Model, Simulator, SimulatorOptions, VehicleOpsModel, simulator::SelfDrivingModel,
};

use crate::{
    args::DemoArgs,
    job::Job,
    outcome::Outcome,
    progress::{Progress, Unit},
};

/// Runs the command.
///
/// # Errors
/// What cannot be stored or gone on with.
pub(crate) async fn run(args: DemoArgs, started: Instant) -> Result<()> {
    let model = VehicleOpsModel::default()
        .area(args.area)
        .scenario(args.scenario);
    let vehicles = SimulatorOptions::default().vehicles(args.vehicles);
    let source = Simulator::new(model, VehicleOps::default(), simulated(vehicles, &args))?;
    let rules = preset::vehicleops(Mode::Edge).into();
    let fleet = job(
        "demo",
        source,
        AnyEvent(VehicleOps::default()),
        rules,
        "as vehicleops",
    );
    let mut report = fleet.report(&args.out, args.out.fresh).await?;

    // One in five vehicles drives itself, and says what it sees and does.
    let ids = 1..=args.vehicles.div_ceil(5);
    let model = SelfDrivingModel::default().area(args.area).vehicle_ids(ids);
    let options = simulated(model.options(), &args);
    let source = Simulator::new(model, FleetPipeline::default(), options)?;
    let rules = preset::by_name("fleet-pipeline", Mode::Edge)?;
    let fleet = job(
        "demo-self-driving",
        source,
        FleetPipeline::default(),
        rules,
        "as fleet-pipeline",
    );
    if report.ending != Ending::Stopped {
        report = together(report, fleet.report(&args.out, false).await?);
    }
    Outcome::new("demo", &args.out.sink, report, started.elapsed()).print(args.out.report)
}

/// What both fleets have in common.
fn simulated(options: SimulatorOptions, args: &DemoArgs) -> SimulatorOptions {
    options
        .duration(args.duration)
        .seed(args.seed)
        .pace(args.pace.into())
}

/// The main job on one simulated fleet.
fn job<M, D, R>(
    name: &'static str,
    source: Simulator<M, D>,
    decode: R,
    rules: Preset,
    reading: &str,
) -> Job<Simulator<M, D>, R>
where
    M: Model,
    D: Dialect<Event = M::Event>,
{
    let (made, events) = (source.made_events(), source.options().events());
    Job {
        name,
        source,
        decode,
        rules,
        window: Duration::from_secs(60),
        order: Order::default(),
        reading: reading.into(),
        progress: Progress::watch(made, Some(events), Unit::Events),
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
