//! `fleet demo`: the main job on a simulated fleet.

use std::time::{Duration, Instant};

use fleet_core::{
    Order, Result,
    dialect::{AnyEvent, VehicleOps},
};
use fleet_rules::{Mode, preset};
use fleet_sources::{Simulator, SimulatorOptions, VehicleOpsModel};

use crate::{
    args::DemoArgs,
    job::Job,
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
    let options = SimulatorOptions::default()
        .vehicles(args.vehicles)
        .duration(args.duration)
        .seed(args.seed)
        .pace(args.pace.into());
    let source = Simulator::new(model, VehicleOps::default(), options)?;
    let progress = Progress::watch(source.made_events(), Some(options.events()), Unit::Events);
    let job = Job {
        name: "demo",
        source,
        decode: AnyEvent(VehicleOps::default()),
        rules: preset::vehicleops(Mode::Edge),
        window: Duration::from_secs(60),
        order: Order::default(),
        reading: "as vehicleops".into(),
        progress,
    };
    job.run(&args.out, started).await
}
