//! `fleet replay`: the main job on recorded events.

use std::{path::Path, time::Instant};

use fleet_core::{
    Decode, Error, ErrorKind, Order, Result, VehicleId,
    dialect::{
        AnyEvent, ColumnMap, Csv, FleetPipeline, FleetStream, Ford, Native, NewestTimes, OpenXc,
        VehicleOps,
    },
    event::{ContentHasher, FleetEvent},
    source::{Chunk, Replayable},
};
use fleet_sources::{AtEnd, FileOptions, FileSource, Format, Input};

use crate::{
    args::{DialectWord, ReplayArgs},
    job::{Goal, Job, MainWork, telemetry},
};

/// Runs the command.
///
/// # Errors
/// What cannot be read, mapped, stored or gone on with.
pub(crate) async fn run(args: ReplayArgs, started: Instant) -> Result<()> {
    if args.dialect != DialectWord::Csv && !args.map.is_empty() {
        return Err(wrong("--map goes with --dialect csv".into()));
    }
    match args.dialect {
        DialectWord::Vehicleops => {
            let source = open(&args, Format::Lines)?;
            with(
                args,
                source,
                AnyEvent(VehicleOps::default()),
                "as vehicleops".into(),
                started,
            )
            .await
        }
        DialectWord::Native => {
            let source = open(&args, Format::Lines)?;
            with(
                args,
                source,
                AnyEvent(Native::default()),
                "as native".into(),
                started,
            )
            .await
        }
        DialectWord::Fleetstream => {
            let source = open(&args, Format::Lines)?;
            let dialect = AnyEvent(FleetStream::default());
            with(args, source, dialect, "as fleetstream".into(), started).await
        }
        DialectWord::Ford => {
            let source = open(&args, Format::Lines)?;
            with(
                args,
                source,
                AnyEvent(Ford::default()),
                "as ford".into(),
                started,
            )
            .await
        }
        DialectWord::Openxc => {
            let vehicle = VehicleId::new(&args.vehicle)
                .map_err(|error| wrong(format!("--vehicle {}: {error}", args.vehicle)))?;
            let reading = format!("as openxc of {vehicle}");
            let files = open(&args, Format::Lines)?;
            let dialect = AnyEvent(OpenXc::new(vehicle));
            let source = NewestTimes::new(files);
            with(args, source, dialect, reading, started).await
        }
        DialectWord::FleetPipeline => {
            let source = open(&args, Format::Lines)?;
            with(
                args,
                source,
                FleetPipeline::default(),
                "as fleet-pipeline".into(),
                started,
            )
            .await
        }
        DialectWord::Csv => {
            let source = open(&args, Format::Csv)?;
            let (maps, reading) = maps(&args.map, &source)?;
            with(args, source, Csv::new(maps), reading, started).await
        }
    }
}

fn open(args: &ReplayArgs, format: Format) -> Result<FileSource> {
    let inputs = args.inputs.iter().map(|path| Input::from(path.as_path()));
    let at_end = if args.follow {
        AtEnd::follow()
    } else {
        AtEnd::End
    };
    FileSource::open(inputs, FileOptions::default().format(format).at_end(at_end))
}

async fn with<Src, D>(
    args: ReplayArgs,
    source: Src,
    decode: D,
    reading: String,
    started: Instant,
) -> Result<()>
where
    Src: Replayable<Payload = Chunk>,
    D: Decode<Chunk, Event = FleetEvent>,
{
    let own = match args.dialect {
        DialectWord::Fleetstream => "fleetstream",
        DialectWord::FleetPipeline => "fleet-pipeline",
        DialectWord::Ford => "ford",
        _ => "vehicleops",
    };
    let rules = telemetry::rules(args.rules.as_deref(), own, args.mode)?;
    let order = Order::within(args.out_of_orderness).allowing(args.allowed_lateness);
    let goal = if args.follow { Goal::None } else { Goal::Bytes };
    let window = args.window;
    let job = Job {
        name: "replay",
        source,
        decode,
        work: MainWork { rules, window },
        order,
        reading,
        goal,
    };
    job.run(&args.out, started).await
}

/// The map of each input: the first whose pattern matches its name, else the one without a pattern. And
/// what they say, as one number: another map reads another input.
///
/// # Errors
/// Refuses what is no map, one that does not fit its input, and an input without a map.
pub(crate) fn maps(words: &[String], source: &FileSource) -> Result<(Vec<ColumnMap>, String)> {
    let mut patterns = Vec::new();
    let mut content = ContentHasher::new();
    for map in words {
        let (pattern, file) = map.split_once('=').unwrap_or(("*", map));
        let pattern = glob::Pattern::new(pattern).map_err(|error| {
            wrong(format!("--map {map}: `{pattern}` is no pattern")).because(error)
        })?;
        let text = std::fs::read_to_string(file)
            .map_err(|error| wrong(format!("cannot read the column map {file}")).because(error))?;
        content.text(&text);
        patterns.push((pattern, ColumnMap::from_yaml(&text, file)?));
    }
    if patterns
        .iter()
        .filter(|(pattern, _)| pattern.as_str() == "*")
        .count()
        > 1
    {
        return Err(wrong(
            "two maps are for all inputs: give one of them as --map PATTERN=MAP.yaml".into(),
        ));
    }
    // A map for all comes last, wherever it stands on the command line.
    patterns.sort_by_key(|(pattern, _)| pattern.as_str() == "*");
    let map_of = |name: &str| {
        let file = Path::new(name)
            .file_name()
            .map_or(name.into(), |file| file.to_string_lossy());
        let matching = |pattern: &glob::Pattern| pattern.matches(name) || pattern.matches(&file);
        let found = patterns.iter().find(|(pattern, _)| matching(pattern));
        found.map(|(_, map)| map.clone()).ok_or_else(|| {
            wrong(format!(
                "no --map for {name}: give one as --map MAP.yaml or --map PATTERN=MAP.yaml"
            ))
        })
    };
    let mut maps = Vec::new();
    for header in source.headers() {
        let map = map_of(header.name())?;
        // An input without a single byte has no header, and no records either.
        if !header.bytes().is_empty() {
            map.check(header.bytes(), header.name())?;
        }
        maps.push(map);
    }
    Ok((maps, format!("as csv by map {:016x}", content.finish())))
}

/// What a change of the command line mends.
pub(crate) fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}
