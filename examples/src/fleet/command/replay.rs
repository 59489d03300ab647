//! `fleet replay`: runs the main job on recorded events.

use std::time::Instant;

use fleet_core::{
    Decode, Order, Result, VehicleId,
    dialect::{
        ColumnMap, Csv, FleetPipeline, FleetStream, Ford, NativeEvents, NewestTimes, OpenXc,
        VehicleOps,
    },
    event::{Signal, Telemetry},
    source::Chunk,
};
use fleet_rules::preset::Preset;
use fleet_sources::{AtEnd, FileOptions, FileSource, Format};

use crate::{
    args::{DialectName, ReplayArgs},
    console::failure::usage_error,
    input,
    job::{BoxDecode, BoxSource, FleetWork, Goal, Job, TelemetryWork, Work, fleet},
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
        DialectName::Vehicleops => replay.telemetry(VehicleOps::default(), "vehicleops").await,
        DialectName::Fleetstream => {
            let dialect = FleetStream::default();
            replay.telemetry(dialect, "fleetstream").await
        }
        DialectName::Ford => replay.telemetry(Ford::default(), "ford").await,
        DialectName::Native => replay.native().await,
        DialectName::Openxc => replay.openxc().await,
        DialectName::FleetPipeline => replay.fleet_pipeline().await,
        DialectName::Csv => replay.csv().await,
    }
}

/// The arguments of a run, and when it started.
struct Replay {
    args: ReplayArgs,
    started: Instant,
}

impl Replay {
    /// Reads a dialect of telemetry without accelerations.
    async fn telemetry<D>(self, dialect: D, name: &str) -> Result<()>
    where
        D: Decode<Chunk, Event = Telemetry>,
    {
        let source = self.open(Format::Lines)?;
        let work = self.telemetry_work(false)?;
        let (source, dialect) = (Box::new(source), Box::new(dialect));
        self.run(source, dialect, work, format!("as {name}")).await
    }

    async fn native(self) -> Result<()> {
        let source = self.open(Format::Lines)?;
        // Rows do not say whether a vehicle drives itself.
        let work = self.fleet_work(false, true)?;
        let (source, dialect) = (Box::new(source), Box::new(NativeEvents::default()));
        self.run(source, dialect, work, "as native".into()).await
    }

    async fn openxc(self) -> Result<()> {
        let vehicle = VehicleId::new(&self.args.vehicle)
            .map_err(|error| usage_error(format!("--vehicle {}: {error}", self.args.vehicle)))?;
        let reading = format!("as openxc of {vehicle}");
        let source = NewestTimes::new(self.open(Format::Lines)?);
        let work = self.telemetry_work(false)?;
        let (source, dialect) = (Box::new(source), Box::new(OpenXc::new(vehicle)));
        self.run(source, dialect, work, reading).await
    }

    async fn fleet_pipeline(self) -> Result<()> {
        let source = self.open(Format::Lines)?;
        let work = self.fleet_work(true, false)?;
        let (source, dialect) = (Box::new(source), Box::new(FleetPipeline::default()));
        self.run(source, dialect, work, "as fleet-pipeline".into())
            .await
    }

    async fn csv(self) -> Result<()> {
        let source = self.open(Format::Csv)?;
        let (maps, reading) = input::column_maps(&self.args.map, &source)?;
        let is_self_driving = !maps.iter().all(ColumnMap::is_telemetry);
        let mut maps_of = maps.iter();
        let scores_trips = maps_of.any(|map| map.sets(Signal::AccelerationLongitudinal));
        let work = self.fleet_work(is_self_driving, scores_trips)?;
        let (source, dialect) = (Box::new(source), Box::new(Csv::new(maps)));
        self.run(source, dialect, work, reading).await
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

    fn telemetry_work(&self, scores_trips: bool) -> Result<TelemetryWork> {
        Ok(TelemetryWork {
            rules: self.rules()?,
            window: self.args.window,
            scores_trips,
        })
    }

    fn fleet_work(&self, is_self_driving: bool, scores_trips: bool) -> Result<FleetWork> {
        Ok(FleetWork {
            rules: self.rules()?,
            window: self.args.window,
            is_self_driving,
            scores_trips,
        })
    }

    fn rules(&self) -> Result<Preset> {
        let preset = match self.args.dialect {
            DialectName::Fleetstream => "fleetstream",
            DialectName::FleetPipeline => "fleet-pipeline",
            DialectName::Ford => "ford",
            _ => "vehicleops",
        };
        fleet::rules(self.args.rules.as_deref(), preset, self.args.mode)
    }

    async fn run<W: Work>(
        self,
        source: BoxSource,
        decode: BoxDecode<W::Event>,
        work: W,
        reading: String,
    ) -> Result<()> {
        let Self { args, started } = self;
        let goal = if args.follow { Goal::None } else { Goal::Bytes };
        let job = Job {
            name: "replay",
            source,
            decode,
            work,
            order: Order::within(args.out_of_orderness).allowing(args.allowed_lateness),
            reading,
            goal,
        };
        job.run(&args.output, started).await
    }
}
