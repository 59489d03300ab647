//! `fleet replay`: the main job on recorded events.

use std::{path::Path, time::Instant};

use fleet_core::{
    Decode, Error, ErrorKind, Order, Result,
    dialect::{AnyEvent, ColumnMap, Csv, Native, VehicleOps},
    event::FleetEvent,
    source::Chunk,
};
use fleet_sources::{AtEnd, FileOptions, FileSource, Format, Input};

use crate::{
    args::{DialectWord, ReplayArgs},
    graph,
    job::Job,
    progress::{Progress, Unit},
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
            with(args, source, AnyEvent(VehicleOps::default()), started).await
        }
        DialectWord::Native => {
            let source = open(&args, Format::Lines)?;
            with(args, source, AnyEvent(Native::default()), started).await
        }
        DialectWord::Csv => {
            let source = open(&args, Format::Csv)?;
            let decode = Csv::new(maps(&args, &source)?);
            with(args, source, decode, started).await
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

async fn with<D>(args: ReplayArgs, source: FileSource, decode: D, started: Instant) -> Result<()>
where
    D: Decode<Chunk, Event = FleetEvent>,
{
    let _progress = Progress::watch(source.read_bytes(), source.total_bytes(), Unit::Bytes);
    let rules = graph::rules(args.rules.as_deref(), args.mode)?;
    let order = Order {
        out_of_orderness: args.out_of_orderness,
    };
    let job = Job {
        name: "replay",
        source,
        decode,
        rules,
        window: args.window,
        order,
    };
    job.run(&args.out, started).await
}

/// The map of each input: the first whose pattern matches its name, else the one without a pattern.
fn maps(args: &ReplayArgs, source: &FileSource) -> Result<Vec<ColumnMap>> {
    let mut patterns = Vec::new();
    for map in &args.map {
        let (pattern, file) = map.split_once('=').unwrap_or(("*", map));
        let pattern = glob::Pattern::new(pattern).map_err(|error| {
            wrong(format!("--map {map}: {pattern:?} is no pattern")).because(error)
        })?;
        let text = std::fs::read_to_string(file)
            .map_err(|error| wrong(format!("cannot read the column map {file}")).because(error))?;
        patterns.push((pattern, ColumnMap::from_yaml(&text, file)?));
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
        map.check(header.bytes(), header.name())?;
        maps.push(map);
    }
    Ok(maps)
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}
