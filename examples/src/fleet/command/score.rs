//! `fleet score`: scores the drivers of recorded trips.

use std::collections::BTreeMap;

use fleet_core::{
    DriverId, Error, ErrorKind, Event, Result, TripId,
    checkpoint::Fates,
    dialect::{Csv, FleetFlow, TripRequest},
    event::{FleetEvent, Telemetry},
};
use fleet_scoring::{
    ScoreReport, SeedFleetflow, TripColumns, TripScore,
    score::{Once, sort_once},
};
use fleet_sources::{FileOptions, FileSource, Format};

use crate::{
    args::{ReportFormat, ScoreArgs, ScoreDialect},
    console::{failure::usage_error, stdout},
    input,
    report::format::grouped,
};

/// Runs the command.
///
/// # Errors
/// Returns an error for an input that cannot be read or mapped, and refuses an unknown profile or
/// detector.
pub(crate) async fn run(args: ScoreArgs) -> Result<()> {
    for (option, given, known) in [
        ("profile", &args.profile, "seed-fleetflow"),
        ("detector", &args.detector, "seed"),
    ] {
        if given != known {
            return Err(usage_error(format!(
                "there is no {option} `{given}` yet: use {known}"
            )));
        }
    }
    if args.dialect != ScoreDialect::Csv && !args.map.is_empty() {
        return Err(usage_error("--map goes with --dialect csv".into()));
    }
    let profile = SeedFleetflow::new(args.penalty)?;
    let open = |format| input::open(&args.inputs, FileOptions::default().format(format));
    let (report, fates) = match args.dialect {
        ScoreDialect::Csv => {
            let source = open(Format::Csv)?;
            let (maps, _) = input::column_maps(&args.map, &source)?;
            score_rows(source, &Csv::new(maps), &profile, args.rate).await?
        }
        ScoreDialect::Fleetflow => {
            score_requests(open(Format::Lines)?, &profile, args.rate).await?
        }
    };
    if let Some(first) = fates.dead.first() {
        let (count, of) = (fates.counts.dead_lettered, fates.counts.read);
        let (at, reason) = (first.offset.0, &first.reason);
        eprintln!(
            "fleet: {count} of {of} records could not be read; the first, at byte {at}: {reason}"
        );
    }
    stdout::print(&match args.report {
        ReportFormat::Json => {
            let json = serde_json::to_string(&report).map_err(|cause| {
                Error::new(ErrorKind::Sink, "cannot write the scores as JSON").because(cause)
            })?;
            json + "\n"
        }
        ReportFormat::Text if report.trips.is_empty() => {
            format!("no trips in {} records\n", grouped(fates.counts.read))
        }
        ReportFormat::Text => report.trips.iter().map(line).collect(),
    })
}

/// Scores telemetry rows: those of one key are one trip.
async fn score_rows(
    source: FileSource,
    decode: &Csv,
    profile: &SeedFleetflow,
    rate: Option<f64>,
) -> Result<(ScoreReport, Fates)> {
    let mut trips: BTreeMap<String, Vec<Telemetry>> = BTreeMap::new();
    let mut others = 0;
    let fates = input::read_all(
        source,
        decode,
        |event: FleetEvent| match Telemetry::try_from(event) {
            Ok(event) => trips.entry(event.key().to_owned()).or_default().push(event),
            Err(_) => others += 1,
        },
    );
    let fates = fates.await?;
    if others > 0 {
        return Err(usage_error(format!(
            "{others} records are no telemetry, and only telemetry has samples to score: use a \
             map of `kind: telemetry`"
        )));
    }
    let scores = trips.into_iter().map(|(trip, mut rows)| {
        // The samples of a trip may come in any order, and more than once.
        sort_once(&mut rows);
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

/// Scores trip requests, one trip each.
async fn score_requests(
    source: FileSource,
    profile: &SeedFleetflow,
    rate: Option<f64>,
) -> Result<(ScoreReport, Fates)> {
    let mut report = ScoreReport::default();
    let dialect = FleetFlow::default();
    let mut once = Once::default();
    let fates = input::read_all(source, &dialect, |request: TripRequest| {
        if !once.is_new(&request) {
            return;
        }
        let mut trip = request.trip;
        trip.sample_rate_hz = rate.or(trip.sample_rate_hz);
        report.trips.push(profile.score_samples(&trip));
    });
    let fates = fates.await?;
    Ok((report, fates))
}

/// Writes one trip as a line of text, named by its driver if it has no name.
fn line(trip: &TripScore) -> String {
    let driver = trip.driver_id.as_ref().map_or("-", DriverId::as_str);
    let name = trip.trip_id.as_ref().map_or(driver, TripId::as_str);
    let score = match (trip.score.value, trip.score.insufficient) {
        (Some(score), _) => format!("{score:>3}"),
        (None, why) => format!("  - ({})", why.unwrap_or("no score")),
    };
    let components = trip
        .score
        .components
        .iter()
        .map(|component| format!("{} {}", component.name, component.quantity));
    let components: Vec<_> = components.collect();
    format!(
        "{name:<16} {score}  {} samples, {}\n",
        grouped(trip.samples),
        components.join(", ")
    )
}
