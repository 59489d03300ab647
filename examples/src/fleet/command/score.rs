//! `fleet score`: driver scores of recorded trips.

use std::collections::BTreeMap;

use fleet_core::{
    Decode, DriverId, Error, ErrorKind, Event, Result, Source, TripId,
    checkpoint::Fates,
    decode::Entry,
    dialect::{Csv, FleetFlow, TripRequest},
    event::{FleetEvent, Telemetry},
    source::{Chunk, SourceEvent},
};
use fleet_scoring::{ScoreReport, SeedFleetflow, TripColumns, TripScore};
use fleet_sources::{FileOptions, FileSource, Format, Input};

use crate::{
    args::{ReportWord, ScoreArgs, ScoreDialectWord},
    command::replay::{self, wrong},
    console::stdout::say,
    report::outcome::grouped,
};

/// Runs the command.
///
/// # Errors
/// What cannot be read or mapped, and a profile that there is not.
pub(crate) async fn run(args: ScoreArgs) -> Result<()> {
    for (word, given, known) in [
        ("profile", &args.profile, "seed-fleetflow"),
        ("detector", &args.detector, "seed"),
    ] {
        if given != known {
            return Err(wrong(format!(
                "there is no {word} `{given}` yet: use {known}"
            )));
        }
    }
    if args.dialect != ScoreDialectWord::Csv && !args.map.is_empty() {
        return Err(wrong("--map goes with --dialect csv".into()));
    }
    let profile = SeedFleetflow::new(args.penalty)?;
    let (report, fates) = match args.dialect {
        ScoreDialectWord::Csv => {
            let source = open(&args, Format::Csv)?;
            let (maps, _) = replay::maps(&args.map, &source)?;
            drives(source, &Csv::new(maps), &profile, args.rate).await?
        }
        ScoreDialectWord::Fleetflow => {
            let source = open(&args, Format::Lines)?;
            requests(source, &profile, args.rate).await?
        }
    };
    if let Some(first) = fates.dead.first() {
        let (count, of) = (fates.counts.dead_lettered, fates.counts.read);
        let (at, reason) = (first.offset.0, &first.reason);
        eprintln!(
            "fleet: {count} of {of} records could not be read; the first, at byte {at}: {reason}"
        );
    }
    say(&match args.report {
        ReportWord::Json => {
            let json = serde_json::to_string(&report).map_err(|cause| {
                Error::new(ErrorKind::Sink, "cannot write the scores as JSON").because(cause)
            })?;
            json + "\n"
        }
        ReportWord::Text if report.trips.is_empty() => {
            format!("no trips in {} records\n", grouped(fates.counts.read))
        }
        ReportWord::Text => report.trips.iter().map(line).collect(),
    })
}

fn open(args: &ScoreArgs, format: Format) -> Result<FileSource> {
    let inputs = args.inputs.iter().map(|path| Input::from(path.as_path()));
    FileSource::open(inputs, FileOptions::default().format(format))
}

/// Scores the rows of each key as one trip.
async fn drives(
    source: FileSource,
    decode: &Csv,
    profile: &SeedFleetflow,
    rate: Option<f64>,
) -> Result<(ScoreReport, Fates)> {
    let mut trips: BTreeMap<String, Vec<Telemetry>> = BTreeMap::new();
    let mut others = 0;
    let fates = read(
        source,
        decode,
        |event: FleetEvent| match Telemetry::try_from(event) {
            Ok(event) => trips.entry(event.key().to_owned()).or_default().push(event),
            Err(_) => others += 1,
        },
    );
    let fates = fates.await?;
    if others > 0 {
        return Err(wrong(format!(
            "{others} records are no telemetry, and only telemetry has samples to score: use a map of `kind: telemetry`"
        )));
    }
    let scores = trips.into_iter().map(|(trip, mut rows)| {
        // Samples of one trip may come in any order; times tell it.
        rows.sort_by_key(Telemetry::at);
        let mut columns = TripColumns::<f64>::of_telemetry(&rows);
        if let Some(hz) = rate {
            columns = columns.with_rate(hz);
        }
        TripScore {
            trip_id: TripId::new(&trip).ok(),
            ..profile.score(&columns)
        }
    });
    Ok((
        ScoreReport {
            trips: scores.collect(),
        },
        fates,
    ))
}

/// Scores each request as the trip that it is.
async fn requests(
    source: FileSource,
    profile: &SeedFleetflow,
    rate: Option<f64>,
) -> Result<(ScoreReport, Fates)> {
    let mut report = ScoreReport::default();
    let dialect = FleetFlow::default();
    let fates = read(source, &dialect, |request: TripRequest| {
        let mut trip = request.trip;
        trip.sample_rate_hz = rate.or(trip.sample_rate_hz);
        report.trips.push(profile.score_samples(&trip));
    });
    let fates = fates.await?;
    Ok((report, fates))
}

/// Gives every event of an input, and returns what became of its records.
async fn read<D: Decode<Chunk>>(
    mut source: FileSource,
    decode: &D,
    mut give: impl FnMut(D::Event),
) -> Result<Fates> {
    let (mut rows, mut fates) = (Vec::new(), Fates::default());
    loop {
        match source.next().await? {
            SourceEvent::Assigned(partitions) => {
                for partition in &partitions {
                    source.start(partition, None).await?;
                }
            }
            SourceEvent::Batch(batch) => {
                decode.decode(batch.payload, &mut Entry::new(&mut rows, &mut fates));
                rows.drain(..).for_each(|(_, event)| give(event));
            }
            SourceEvent::End(_) => return Ok(fates),
            _ => {}
        }
    }
}

/// One trip for people; one without a name goes by its driver.
fn line(trip: &TripScore) -> String {
    let driver = trip.driver_id.as_ref().map_or("-", DriverId::as_str);
    let name = trip.trip_id.as_ref().map_or(driver, TripId::as_str);
    let score = match (trip.verdict.score, trip.verdict.insufficient) {
        (Some(score), _) => format!("{score:>3}"),
        (None, why) => format!("  - ({})", why.unwrap_or("no score")),
    };
    let lost = trip
        .verdict
        .components
        .iter()
        .map(|part| format!("{} {}", part.name, part.quantity));
    let lost: Vec<_> = lost.collect();
    format!(
        "{name:<16} {score}  {} samples, {}\n",
        grouped(trip.samples),
        lost.join(", ")
    )
}
