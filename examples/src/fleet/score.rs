//! `fleet score`: driver scores of recorded trips.

use std::collections::BTreeMap;

use fleet_core::{
    Decode, Error, ErrorKind, Event, Offset, Result, Source, TripId,
    checkpoint::Fates,
    decode::Entry,
    dialect::Csv,
    event::{FleetEvent, Telemetry},
    source::SourceEvent,
};
use fleet_scoring::{ScoreReport, SeedFleetflow, TripColumns, TripScore};
use fleet_sources::{FileOptions, FileSource, Format, Input};

use crate::{
    args::{ReportWord, ScoreArgs},
    outcome::grouped,
    output::say,
    replay,
};

/// Runs the command.
///
/// # Errors
/// What cannot be read or mapped, and a profile that there is not.
pub(crate) async fn run(args: ScoreArgs) -> Result<()> {
    if args.profile != "seed-fleetflow" || args.detector != "seed" {
        let message = "only --profile seed-fleetflow with --detector seed is built so far";
        return Err(Error::new(ErrorKind::Config, message));
    }
    let profile = SeedFleetflow::new(args.penalty)?;
    let inputs = args.inputs.iter().map(|path| Input::from(path.as_path()));
    let source = FileSource::open(inputs, FileOptions::default().format(Format::Csv))?;
    let (maps, _) = replay::maps(&args.map, &source)?;
    let (trips, fates) = read(source, &Csv::new(maps)).await?;
    let scores = trips.into_iter().map(|(trip, mut rows)| {
        // Samples of one trip may come in any order; times tell it.
        rows.sort_by_key(Telemetry::at);
        let mut columns = TripColumns::<f64>::of_telemetry(&rows);
        if let Some(hz) = args.rate {
            columns = columns.with_rate(hz);
        }
        TripScore {
            trip_id: TripId::new(&trip).ok(),
            ..profile.score(&columns)
        }
    });
    let report = ScoreReport {
        trips: scores.collect(),
    };
    if let Some(first) = fates.dead.first() {
        let (count, reason) = (fates.counts.dead_lettered, &first.reason);
        eprintln!("fleet: {count} records could not be read; the first: {reason}");
    }
    say(&match args.report {
        ReportWord::Json => {
            let json = serde_json::to_string(&report).map_err(|cause| {
                Error::new(ErrorKind::Sink, "cannot write the scores as JSON").because(cause)
            })?;
            json + "\n"
        }
        ReportWord::Text => report.trips.iter().map(line).collect(),
    })
}

/// The telemetry of each trip.
type Trips = BTreeMap<String, Vec<Telemetry>>;

async fn read(mut source: FileSource, decode: &Csv) -> Result<(Trips, Fates)> {
    let (mut trips, mut fates) = (Trips::new(), Fates::default());
    let mut rows: Vec<(Offset, FleetEvent)> = Vec::new();
    loop {
        match source.next().await? {
            SourceEvent::Assigned(partitions) => {
                for partition in &partitions {
                    source.start(partition, None).await?;
                }
            }
            SourceEvent::Batch(batch) => {
                decode.decode(batch.payload, &mut Entry::new(&mut rows, &mut fates));
                for (_, event) in rows.drain(..) {
                    if let Ok(event) = Telemetry::try_from(event) {
                        trips.entry(event.key().to_owned()).or_default().push(event);
                    }
                }
            }
            SourceEvent::End(_) => return Ok((trips, fates)),
            _ => {}
        }
    }
}

/// One trip for people.
fn line(trip: &TripScore) -> String {
    let name = trip.trip_id.as_ref().map_or("-", TripId::as_str);
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
        "{name:<16}{score}  {} samples, {}\n",
        grouped(trip.samples),
        lost.join(", ")
    )
}
