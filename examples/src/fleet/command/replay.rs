//! `fleet replay`: runs the main job on recorded events.

use std::time::Instant;

use fleet_core::{
    Decode, Order, Result, VehicleId,
    dialect::{
        AnyEvent, Csv, FleetPipeline, FleetStream, Ford, Native, NewestTimes, OpenXc, VehicleOps,
    },
    event::FleetEvent,
    source::{Chunk, Replayable},
};
use fleet_sources::{AtEnd, FileOptions, FileSource, Format};

use crate::{
    args::{DialectName, ReplayArgs},
    console::failure::usage_error,
    input,
    job::{FleetWork, Goal, Job, telemetry},
};

/// Runs the command.
///
/// # Errors
/// Returns an error for an input that cannot be read or mapped, and the first error that stops the
/// job.
pub(crate) async fn run(args: ReplayArgs, started: Instant) -> Result<()> {
    if args.dialect != DialectName::Csv && !args.map.is_empty() {
        return Err(usage_error("--map goes with --dialect csv".into()));
    }
    let replay = Replay { args, started };
    match replay.args.dialect {
        DialectName::Vehicleops => {
            let dialect = AnyEvent(VehicleOps::default());
            replay.lines(dialect, "vehicleops").await
        }
        DialectName::Native => {
            let dialect = AnyEvent(Native::default());
            replay.lines(dialect, "native").await
        }
        DialectName::Fleetstream => {
            let dialect = AnyEvent(FleetStream::default());
            replay.lines(dialect, "fleetstream").await
        }
        DialectName::Ford => replay.lines(AnyEvent(Ford::default()), "ford").await,
        DialectName::FleetPipeline => {
            let dialect = FleetPipeline::default();
            replay.lines(dialect, "fleet-pipeline").await
        }
        DialectName::Openxc => replay.openxc().await,
        DialectName::Csv => replay.csv().await,
    }
}

/// The arguments of a run, and when it started.
struct Replay {
    args: ReplayArgs,
    started: Instant,
}

impl Replay {
    async fn lines<D>(self, dialect: D, name: &str) -> Result<()>
    where
        D: Decode<Chunk, Event = FleetEvent>,
    {
        let source = self.open(Format::Lines)?;
        self.run(source, dialect, format!("as {name}")).await
    }

    async fn openxc(self) -> Result<()> {
        let vehicle = VehicleId::new(&self.args.vehicle)
            .map_err(|error| usage_error(format!("--vehicle {}: {error}", self.args.vehicle)))?;
        let reading = format!("as openxc of {vehicle}");
        let source = NewestTimes::new(self.open(Format::Lines)?);
        let dialect = AnyEvent(OpenXc::new(vehicle));
        self.run(source, dialect, reading).await
    }

    async fn csv(self) -> Result<()> {
        let source = self.open(Format::Csv)?;
        let (maps, reading) = input::column_maps(&self.args.map, &source)?;
        self.run(source, Csv::new(maps), reading).await
    }

    fn open(&self, format: Format) -> Result<FileSource> {
        let at_end = if self.args.follow {
            AtEnd::follow()
        } else {
            AtEnd::End
        };
        let options = FileOptions::default().format(format).at_end(at_end);
        input::open(&self.args.inputs, options)
    }

    async fn run<Src, D>(self, source: Src, decode: D, reading: String) -> Result<()>
    where
        Src: Replayable<Payload = Chunk>,
        D: Decode<Chunk, Event = FleetEvent>,
    {
        let Self { args, started } = self;
        let preset = match args.dialect {
            DialectName::Fleetstream => "fleetstream",
            DialectName::FleetPipeline => "fleet-pipeline",
            DialectName::Ford => "ford",
            _ => "vehicleops",
        };
        let rules = telemetry::rules(args.rules.as_deref(), preset, args.mode)?;
        let order = Order::within(args.out_of_orderness).allowing(args.allowed_lateness);
        let goal = if args.follow { Goal::None } else { Goal::Bytes };
        let window = args.window;
        let job = Job {
            name: "replay",
            source,
            decode,
            work: FleetWork { rules, window },
            order,
            reading,
            goal,
        };
        job.run(&args.output, started).await
    }
}
