//! `fleet score`: scores the drivers of recorded trips.

mod method;
mod plot;

use std::collections::BTreeMap;

use fleet_core::{
    DriverId, Error, ErrorKind, Event, Result, TripId,
    checkpoint::Fates,
    dialect::{Csv, FleetFlow, TripRequest},
    event::{FleetEvent, Telemetry},
};
use fleet_scoring::{
    TripScore,
    assess::{SamplesBeyond, TripSignals},
    score::{Once, sort_once},
};
use fleet_sources::{FileOptions, FileSource, Format};

use crate::{
    args::{DetectorName, ProfileName, ReportFormat, ScoreArgs, ScoreDialect},
    console::{failure::usage_error, stdout},
    input,
    report::{format::grouped, trip::beyond_text},
};
use method::{Method, Scored};
use plot::Plots;

/// Runs the command.
///
/// # Errors
/// Returns an error for an input that cannot be read or mapped, and for a plot that cannot be
/// written; refuses options that do not go together.
pub(crate) async fn run(args: ScoreArgs) -> Result<()> {
    if args.dialect != ScoreDialect::Csv && !args.map.is_empty() {
        return Err(usage_error("--map goes with --dialect csv".into()));
    }
    let mut trips = Trips {
        method: Method::of(&args)?,
        rate: args.rate,
        only: args.trip.clone(),
        plots: args.plot.as_ref().map(|_| Plots::default()),
        scored: Vec::new(),
    };
    let seeds = [ProfileName::SeedFleetflow, ProfileName::SeedFleetflowV2];
    if args.detector == DetectorName::Seed && !seeds.contains(&args.profile) {
        eprintln!(
            "fleet: --detector seed counts samples, whatever their rate: real drives want \
             --detector production"
        );
    }
    let open = |format| input::open(&args.inputs, FileOptions::default().format(format));
    let fates = match args.dialect {
        ScoreDialect::Csv => {
            let source = open(Format::Csv)?;
            let (maps, _) = input::column_maps(&args.map, &source)?;
            score_rows(source, &Csv::new(maps), &mut trips).await?
        }
        ScoreDialect::Fleetflow => score_requests(open(Format::Lines)?, &mut trips).await?,
    };
    if let Some(first) = fates.dead.first() {
        let (count, of) = (fates.counts.dead_lettered, fates.counts.read);
        let (at, reason) = (first.offset.0, &first.reason);
        eprintln!(
            "fleet: {count} of {of} records could not be read; the first, at byte {at}: {reason}"
        );
    }
    if let Some(only) = args.trip.as_ref().filter(|_| trips.scored.is_empty()) {
        return Err(usage_error(format!(
            "no trip is called `{only}` in {} records: leave --trip out to see the names",
            grouped(fates.counts.read)
        )));
    }
    if let Some((plots, path)) = trips.plots.take().zip(args.plot.as_ref()) {
        plots.write(path)?;
    }
    trips.print_lacks();
    stdout::print(&match args.report {
        ReportFormat::Json => trips.json()?,
        ReportFormat::Text => trips.text(fates.counts.read),
    })
}

/// The trips of an input, scored one by one.
struct Trips {
    method: Method,
    rate: Option<f64>,
    /// The trip that is asked for alone.
    only: Option<String>,
    plots: Option<Plots>,
    scored: Vec<Scored>,
}

/// The output of `--report json`.
#[derive(serde::Serialize)]
struct Report<'a> {
    trips: &'a [Scored],
    /// With a detector that is a plain limit: of all trips.
    #[serde(skip_serializing_if = "Option::is_none")]
    beyond: Option<Beyond>,
}

#[derive(serde::Serialize)]
struct Beyond {
    #[serde(flatten)]
    samples: SamplesBeyond,
    events: u64,
}

impl Trips {
    fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == name)
    }

    fn add(&mut self, scored: Scored, signals: impl FnOnce() -> TripSignals) -> Result<()> {
        if let Some(plots) = &mut self.plots {
            plots.add(&scored, &signals())?;
        }
        self.scored.push(scored);
        Ok(())
    }

    /// Adds the rows of a trip, in any order.
    fn add_rows(&mut self, trip: &str, mut rows: Vec<Telemetry>) -> Result<()> {
        // The samples of a trip may come in any order, and more than once.
        sort_once(&mut rows);
        let rate = self.rate;
        let scored = self.method.rows(trip, &rows, rate);
        self.add(scored.named(TripId::new(trip).ok(), None), || {
            let signals = TripSignals::of_telemetry(&rows);
            match rate {
                Some(hz) => signals.with_rate(hz),
                None => signals,
            }
        })
    }

    fn add_request(&mut self, mut request: TripRequest) -> Result<()> {
        let trip = &mut request.trip;
        let id = trip.trip_id.as_ref().map(TripId::as_str);
        if !self.wants(id.unwrap_or_default()) && !self.wants(trip.driver.as_str()) {
            return Ok(());
        }
        trip.sample_rate_hz = self.rate.or(trip.sample_rate_hz);
        let names = (trip.trip_id.clone(), Some(trip.driver.clone()));
        let scored = self.method.samples(trip).named(names.0, names.1);
        self.add(scored, || TripSignals::of_samples(trip))
    }

    /// Says what trips cannot support, each reason once.
    fn print_lacks(&self) {
        let mut lacks = BTreeMap::<String, u64>::new();
        for scored in &self.scored {
            if let Scored::Assessed(report) = scored {
                for lack in &report.unavailable {
                    *lacks.entry(lack.to_string()).or_default() += 1;
                }
            }
        }
        for (lack, trips) in lacks {
            eprintln!("fleet: {lack} ({} trips)", grouped(trips));
        }
    }

    /// Samples beyond a plain limit, and events, of all trips.
    fn beyond(&self) -> Option<Beyond> {
        let mut all: Option<Beyond> = None;
        for scored in &self.scored {
            let Scored::Assessed(report) = scored else {
                continue;
            };
            let Some(beyond) = report.beyond else {
                continue;
            };
            let all = all.get_or_insert(Beyond {
                samples: SamplesBeyond::default(),
                events: 0,
            });
            all.samples.merge(&beyond);
            all.events += report.count();
        }
        all
    }

    fn json(&self) -> Result<String> {
        let report = Report {
            trips: &self.scored,
            beyond: self.beyond(),
        };
        let json = serde_json::to_string(&report).map_err(|cause| {
            Error::new(ErrorKind::Sink, "cannot write the scores as JSON").because(cause)
        })?;
        Ok(json + "\n")
    }

    fn text(&self, read: u64) -> String {
        if self.scored.is_empty() {
            return format!("no trips in {} records\n", grouped(read));
        }
        let lines = self.scored.iter().map(|scored| match scored {
            Scored::Samples(score) => line(score),
            Scored::Assessed(report) => report.line(scored.name()),
        });
        let all = self.beyond().filter(|_| self.scored.len() > 1);
        let all = all.map(|all| {
            let beyond = beyond_text(all.samples, all.events);
            format!("{:<16} {beyond}\n", "all trips")
        });
        lines.chain(all).collect()
    }
}

/// Scores telemetry rows: those of one key are one trip.
async fn score_rows(source: FileSource, decode: &Csv, into: &mut Trips) -> Result<Fates> {
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
    for (trip, rows) in trips {
        if into.wants(&trip) {
            into.add_rows(&trip, rows)?;
        }
    }
    Ok(fates)
}

/// Scores trip requests, one trip each.
async fn score_requests(source: FileSource, into: &mut Trips) -> Result<Fates> {
    let dialect = FleetFlow::default();
    let mut once = Once::default();
    let mut result = Ok(());
    let fates = input::read_all(source, &dialect, |request: TripRequest| {
        if once.is_new(&request) && result.is_ok() {
            result = into.add_request(request);
        }
    });
    let fates = fates.await?;
    result.map(|()| fates)
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
