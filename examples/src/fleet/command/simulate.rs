//! `fleet simulate`: writes the events of a simulated fleet, each as its vehicles would send it.

use std::{
    fs::OpenOptions,
    io::{self, BufWriter, Write},
    path::Path,
};

use fleet_core::{
    Error, ErrorKind, Result, Source,
    dialect::{Dialect, FleetFlow, FleetPipeline, FleetStream, Ford, VehicleOps},
    source::SourceEvent,
};
use fleet_sources::{
    FleetFlowModel, FleetStreamModel, FordModel, Model, SelfDrivingModel, Simulator,
    SimulatorOptions, VehicleOpsModel,
};

use crate::{
    args::{SimulateArgs, SimulatedDialect},
    console::stdout::Stdout,
    job::{BoxSource, requested_stop},
    report::format::grouped,
};

/// Runs the command. A stop signal ends it after a whole line.
///
/// # Errors
/// Refuses a file that exists, and returns an error if the events cannot be written.
pub(crate) async fn run(args: SimulateArgs) -> Result<()> {
    let mut source = simulator(&args)?;
    let to = &args.to;
    let mut out = open(to).map_err(|cause| unwritten(to, cause))?;
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
                out.write_all(&lines)
                    .map_err(|cause| unwritten(to, cause))?;
                if args.pace.is_realtime() {
                    out.flush().map_err(|cause| unwritten(to, cause))?;
                }
            }
            SourceEvent::End(_) => break,
            _ => {}
        }
    }
    out.flush().map_err(|cause| unwritten(to, cause))?;
    if !is_stdout(to) {
        let ending = if is_whole {
            ""
        } else {
            ", stopped before the end"
        };
        eprintln!(
            "fleet: {} events in {}{ending}",
            grouped(events),
            to.display()
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

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}

/// Opens a new file, or standard output.
fn open(path: &Path) -> io::Result<Box<dyn Write>> {
    if is_stdout(path) {
        return Ok(Box::new(BufWriter::new(Stdout::default())));
    }
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    Ok(Box::new(BufWriter::new(file)))
}

fn unwritten(path: &Path, cause: io::Error) -> Error {
    let message = match cause.kind() {
        io::ErrorKind::AlreadyExists => format!(
            "{} exists: name a new file, so that no events are written over",
            path.display()
        ),
        _ => format!("cannot write events to {}", path.display()),
    };
    Error::new(ErrorKind::Sink, message).because(cause)
}
