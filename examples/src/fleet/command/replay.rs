//! `fleet replay`: runs the main job on recorded events.

use std::time::Instant;

use fleet_core::{
    Order, Result, Source, VehicleId,
    dialect::{
        ColumnMap, Csv, Dialect, FleetPipeline, FleetStream, Ford, NativeEvents, NewestTimes,
        OpenXc, VehicleOps,
    },
    event::{Signal, Telemetry},
};
use fleet_rules::preset::Preset;
use fleet_sources::{AtEnd, FileOptions, FileSource, Format};
#[cfg(feature = "kafka")]
use fleet_sources::{KafkaDecoder, KafkaOptions, KafkaSource, StartAt};

#[cfg(feature = "kafka")]
use crate::topic::TopicAddress;
use crate::{
    args::{DialectName, ReplayArgs},
    console::failure::usage_error,
    input,
    job::{BoxDecode, BoxSource, FleetWork, Goal, Job, TelemetryWork, Work, fleet},
};

/// The name of the pipeline.
const PIPELINE: &str = "replay";

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
        D: Dialect<Event = Telemetry>,
    {
        let work = self.telemetry_work(false)?;
        self.lines(dialect, work, format!("as {name}")).await
    }

    /// Reads files with one record in each line, or a topic with one in each message.
    async fn lines<D, W>(self, dialect: D, work: W, reading: String) -> Result<()>
    where
        D: Dialect,
        W: Work<Event = D::Event>,
    {
        #[cfg(feature = "kafka")]
        if let Some(topic) = input::topic(&self.args.inputs)? {
            return self.topic(&topic, dialect, work, reading).await;
        }
        let source = Box::new(self.open(Format::Lines)?);
        self.run(source, Box::new(dialect), work, reading).await
    }

    /// Reads a topic as a member of the pipeline's group, until stopped.
    #[cfg(feature = "kafka")]
    async fn topic<D, W>(
        self,
        from: &TopicAddress,
        dialect: D,
        work: W,
        reading: String,
    ) -> Result<()>
    where
        D: Dialect,
        W: Work<Event = D::Event>,
    {
        let options = KafkaOptions {
            session_timeout: self.args.session_timeout,
            ..KafkaOptions::default()
        };
        let (brokers, names) = (&from.brokers, [&*from.topic]);
        let group = self.args.output.sink.group(PIPELINE);
        let source = KafkaSource::open(brokers, &group, names, StartAt::Earliest, options)?;
        let (source, decode) = (Box::new(source), Box::new(KafkaDecoder::new(dialect)));
        self.run(source, decode, work, reading).await
    }

    async fn native(self) -> Result<()> {
        // Rows do not say whether a vehicle drives itself.
        let work = self.fleet_work(false, true)?;
        self.lines(NativeEvents::default(), work, "as native".into())
            .await
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
        let work = self.fleet_work(true, false)?;
        let dialect = FleetPipeline::default();
        self.lines(dialect, work, "as fleet-pipeline".into()).await
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
        if input::topic(&self.args.inputs)?.is_some() {
            let message = "a topic has no header and no file time: use another dialect";
            return Err(usage_error(message.into()));
        }
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

    async fn run<W: Work, P: Send + 'static>(
        self,
        source: BoxSource<P>,
        decode: BoxDecode<W::Event, P>,
        work: W,
        reading: String,
    ) -> Result<()> {
        let Self { args, started } = self;
        let goal = match (source.in_group(), args.follow) {
            (true, _) => Goal::Open,
            (false, true) => Goal::None,
            (false, false) => Goal::Bytes,
        };
        let job = Job {
            name: PIPELINE,
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
