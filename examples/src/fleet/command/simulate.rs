//! `fleet simulate`: writes the events of a simulated fleet, each as its vehicles would send it.

use fleet_core::{
    Result, Source,
    dialect::{Dialect, FleetFlow, FleetPipeline, FleetStream, Ford, VehicleOps},
    source::SourceEvent,
};
use fleet_sources::{
    FleetFlowModel, FleetStreamModel, FordModel, Model, SelfDrivingModel, Simulator,
    SimulatorOptions, VehicleOpsModel,
};

use crate::{
    args::{SimulateArgs, SimulatedDialect},
    job::{BoxSource, requested_stop},
    output::Output,
    report::format::grouped,
};

/// Runs the command. A stop signal ends it after a whole line.
///
/// # Errors
/// Refuses a file that exists, and returns an error if the events cannot be written.
pub(crate) async fn run(args: SimulateArgs) -> Result<()> {
    let mut source = simulator(&args)?;
    let mut out = Output::open(&args.to).await?;
    let mut stop = std::pin::pin!(requested_stop());
    let (mut events, mut is_whole) = (0, true);
    loop {
        let event = tokio::select! {
            biased;
            () = &mut stop => {
                is_whole = false;
                break;
            }
            event = source.next() => event?,
        };
        match event {
            SourceEvent::Assigned(partitions) => {
                for partition in &partitions {
                    source.start(partition, None).await?;
                }
            }
            SourceEvent::Batch(batch) => {
                let lines = batch.payload.bytes;
                // Each line ends with a line feed, so one part more is empty.
                events += lines.split(|byte| *byte == b'\n').count() as u64 - 1;
                out.write(&lines).await?;
                if args.pace.is_realtime() {
                    out.flush().await?;
                }
            }
            SourceEvent::End(_) => break,
            _ => {}
        }
    }
    out.flush().await?;
    if !out.is_stdout() {
        let ending = if is_whole {
            ""
        } else {
            ", stopped before the end"
        };
        eprintln!(
            "fleet: {} events in {}{ending}",
            grouped(events),
            args.to.display()
        );
    }
    Ok(())
}

/// Returns the simulator of the system that speaks this dialect.
fn simulator(args: &SimulateArgs) -> Result<BoxSource> {
    let vehicles = args.vehicles;
    match args.dialect {
        SimulatedDialect::Vehicleops => {
            let options = SimulatorOptions::default().vehicles(vehicles);
            simulated(
                VehicleOpsModel::default(),
                VehicleOps::default(),
                options,
                args,
            )
        }
        SimulatedDialect::Fleetstream => {
            let model = FleetStreamModel::default();
            let options = model.options().vehicles(vehicles);
            simulated(model, FleetStream::default(), options, args)
        }
        SimulatedDialect::FleetPipeline => {
            let model = SelfDrivingModel::default().vehicle_ids(1..=vehicles);
            let options = model.options();
            simulated(model, FleetPipeline::default(), options, args)
        }
        SimulatedDialect::Ford => {
            let model = FordModel::default();
            let options = model.options(vehicles);
            simulated(model, Ford::default(), options, args)
        }
        SimulatedDialect::Fleetflow => {
            let model = FleetFlowModel::default();
            let options = model.options().vehicles(vehicles);
            simulated(model, FleetFlow::default(), options, args)
        }
    }
}

fn simulated<M: Model, D: Dialect<Event = M::Event>>(
    model: M,
    dialect: D,
    options: SimulatorOptions,
    args: &SimulateArgs,
) -> Result<BoxSource> {
    let options = options
        .duration(args.duration)
        .seed(args.seed)
        .pace(args.pace.into());
    Ok(Box::new(Simulator::new(model, dialect, options)?))
}
