//! The pipeline: from three topics or three files, into any store.

use std::{fs, time::Duration};

use fleet_core::{
    EventTime, Graph, Order, Partition, Pipeline, Stream,
    dialect::FleetPipeline,
    event::{Alert, FleetEvent},
    zip::{EventTimes, Place, Several, Zip, ZipDecoder},
};
use fleet_examples::kafka::all_read;
use fleet_rules::{Mode, SelfDrivingHour, SelfDrivingOptions, SumSelfDriving, preset};
use fleet_sinks::{
    PostgresStore, SqliteStore,
    kafka::{KafkaProducer, KafkaSinkOptions, topics},
    postgres::{Database, PostgresOptions},
    sqlite::rusqlite::{Connection, types::ValueRef},
};
use fleet_sources::{
    FileOptions, FileSource, KafkaDecoder, KafkaOptions, KafkaSource, StartAt,
    kafka::{ZipOptions, zip_topics},
};

use crate::{Fallible, produced::Produced, risk};

/// Events of the three kinds are produced in batches of a minute at most, so one is at most so much
/// older than another that a broker took before.
const BOUND: Duration = Duration::from_secs(120);

pub(crate) const NAMES: [&str; 3] = ["telemetry", "perception", "driving"];

/// The three topics of one run, in the order of their kinds. A topic may hold what an earlier run
/// produced, so each run has its own.
pub(crate) struct Topics {
    pub(crate) names: Vec<String>,
    /// What tells them from those of other runs.
    pub(crate) suffix: String,
}

impl Topics {
    pub(crate) fn named(suffix: &str) -> Self {
        let topics = topics::self_driving().into_iter();
        Self {
            names: topics
                .map(|topic| format!("{}{suffix}", topic.name))
                .collect(),
            suffix: suffix.to_owned(),
        }
    }

    /// Makes the topics of the self-driving system: as many partitions each, and the broker sets
    /// the time of each record.
    pub(crate) async fn make(brokers: &str) -> Fallible<Self> {
        let since = std::time::UNIX_EPOCH;
        #[expect(clippy::disallowed_methods, reason = "a name that no other run has")]
        let now = std::time::SystemTime::now().duration_since(since)?;
        let ours = Self::named(&format!("-{}", now.as_millis()));
        let mut made = topics::self_driving();
        for (topic, name) in made.iter_mut().zip(&ours.names) {
            topic.name.clone_from(name);
        }
        topics::ensure(brokers, &made, &KafkaSinkOptions::default()).await?;
        Ok(ours)
    }

    /// Produces in batches of so many seconds, each after the one before is on the broker, and
    /// waits for `pause` between them.
    pub(crate) async fn produce(
        &self,
        brokers: &str,
        produced: &Produced,
        seconds: i64,
        pause: Option<Duration>,
    ) -> Fallible<()> {
        let options = KafkaSinkOptions::default();
        let open = |name: &String| KafkaProducer::open(brokers, name, &options);
        let mut producers = self.names.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let batch = |at: EventTime| at.as_micros().div_euclid(seconds * 1_000_000);
        for lines in produced.0.chunk_by(|a, b| batch(a.at) == batch(b.at)) {
            for line in lines {
                let producer = producers.get_mut(line.kind).ok_or("no such topic")?;
                let (key, value) = (line.vehicle.as_bytes(), line.text.as_bytes());
                producer.send(Some(key), value, None).await?;
            }
            for producer in &mut producers {
                producer.flush().await?;
            }
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
        }
        Ok(())
    }

    pub(crate) async fn open(&self, brokers: &str) -> Fallible<Zip<KafkaSource>> {
        let names = self.names.iter().map(String::as_str);
        let group = format!("self-driving{}", self.suffix);
        let options = KafkaOptions {
            session_timeout: Duration::from_secs(6),
            ..KafkaOptions::default()
        };
        let start = StartAt::Earliest;
        Ok(zip_topics(
            brokers,
            &group,
            names,
            start,
            options,
            ZipOptions::default(),
        )
        .await?)
    }
}

/// The streams that are stored.
struct Streams {
    alerts: Stream<Alert>,
    risks: Stream<risk::Risk>,
    hours: Stream<SelfDrivingHour>,
}

fn graph() -> (Graph<FleetEvent>, Streams) {
    let (mut graph, events) = Graph::<FleetEvent>::new();
    let telemetry = graph.flat_map("telemetry", events, |event| event.telemetry().cloned());
    let alerts = graph.apply("rules", telemetry, preset::fleet_pipeline(Mode::Every));
    let risks = risk::risks(&mut graph, events);
    let hours = SumSelfDriving::new(SelfDrivingOptions::default());
    let hours = graph.apply("hours", events, hours);
    let streams = Streams {
        alerts,
        risks,
        hours,
    };
    (graph, streams)
}

/// Reads topics until so many events were read in all, by this process alone.
pub(crate) async fn topics_to_postgres(
    brokers: &str,
    topics: &Topics,
    url: &str,
    events: u64,
) -> Fallible<()> {
    let database = Database::connect(url, PostgresOptions::default()).await?;
    let store = PostgresStore::open(&database, "self_driving").await?;
    let (graph, streams) = graph();
    let decode = ZipDecoder::new(KafkaDecoder::new(FleetPipeline::default()));
    let (alerts, risks, hours) = (
        store.table("alerts").await?,
        store.table("risks").await?,
        store.table("hours").await?,
    );
    let source = topics.open(brokers).await?;
    let pipeline = Pipeline::exactly_once(source, decode, Order::within(BOUND), graph, store)
        .store("alerts", streams.alerts, alerts)
        .store("risks", streams.risks, risks)
        .store("hours", streams.hours, hours);
    let all = all_read(pipeline.watch(), events);
    let stop = async {
        tokio::select! {
            () = all => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let report = pipeline.run_until(stop).await?;
    assert!(report.balances());
    assert_eq!(report.counts.late, 0, "the order of the topics was kept");
    Ok(())
}

/// Writes a file for each kind of events, and zips them by the times of the events.
pub(crate) async fn files_to_sqlite(produced: &Produced) -> Fallible<Results> {
    let folder = tempfile::tempdir()?;
    let mut sources = Vec::new();
    for (kind, name) in NAMES.into_iter().enumerate() {
        let lines = produced.0.iter().filter(|line| line.kind == kind);
        let text: String = lines.map(|line| line.text.clone() + "\n").collect();
        let path = folder.path().join(format!("{name}.ndjson"));
        fs::write(&path, text)?;
        let file = FileSource::open([path], FileOptions::default())?;
        sources.push(Box::new(EventTimes::new(file, FleetPipeline::default())?) as _);
    }
    let source = Zip::new(
        Several::new(sources),
        NAMES.len(),
        |partition: &Partition| {
            let is_named = |name: &&str| partition.as_str().contains(&format!("{name}.ndjson"));
            let input = NAMES.iter().position(is_named)?;
            let bundle = "drives".into();
            Some(Place { bundle, input })
        },
    );
    let database = folder.path().join("self_driving.db");
    let store = SqliteStore::open(&database, "self_driving")?;
    let (graph, streams) = graph();
    let decode = ZipDecoder::new(FleetPipeline::default());
    let (alerts, risks, hours) = (
        store.table("alerts")?,
        store.table("risks")?,
        store.table("hours")?,
    );
    let report = Pipeline::exactly_once(source, decode, Order::within(BOUND), graph, store)
        .store("alerts", streams.alerts, alerts)
        .store("risks", streams.risks, risks)
        .store("hours", streams.hours, hours)
        .run()
        .await?;
    assert!(report.balances());
    assert_eq!(
        (report.counts.accepted, report.counts.late),
        (produced.len(), 0)
    );
    Results::of_sqlite(&Connection::open(&database)?)
}

/// Vehicle, time, and what was stored of them.
pub(crate) type Found<T> = (String, EventTime, T);

/// What a run has stored, to be compared.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Results {
    /// The kind of each alert.
    pub(crate) alerts: Vec<Found<String>>,
    /// The vehicle's own speed at each risk.
    pub(crate) risks: Vec<Found<String>>,
    /// Rows of telemetry, interventions and disengagements in each hour.
    pub(crate) hours: Vec<Found<[i64; 3]>>,
}

impl Results {
    /// Only what is before this time: a topic has no end, so its last hour goes on.
    pub(crate) fn before(mut self, until: EventTime) -> Self {
        self.alerts.retain(|(_, at, _)| *at < until);
        self.risks.retain(|(_, at, _)| *at < until);
        self.hours.retain(|(_, at, _)| *at < until);
        self.alerts.sort();
        self.risks.sort();
        self.hours.sort();
        self
    }

    /// Asserts that these are the same, and shows where they differ first.
    pub(crate) fn assert_are(&self, wanted: &Self, of: &str) {
        assert_same(&format!("alerts of {of}"), &self.alerts, &wanted.alerts);
        assert_same(&format!("risks of {of}"), &self.risks, &wanted.risks);
        assert_same(&format!("hours of {of}"), &self.hours, &wanted.hours);
    }

    fn of_sqlite(connection: &Connection) -> Fallible<Self> {
        let text = |value: ValueRef<'_>| match value {
            ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
            ValueRef::Real(number) => format!("{number:.3}"),
            _ => "none".to_owned(),
        };
        let mut results = Self::default();
        for (sql, found) in [
            (
                "SELECT vehicle_id, time, kind FROM alerts",
                &mut results.alerts,
            ),
            (
                "SELECT vehicle_id, time, own_kmh FROM risks",
                &mut results.risks,
            ),
        ] {
            let mut query = connection.prepare(sql)?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                let at = EventTime::parse(&row.get::<_, String>(1)?)?;
                found.push((row.get(0)?, at, text(row.get_ref(2)?)));
            }
        }
        let mut query = connection.prepare(
            "SELECT vehicle_id, start, sum(telemetry), sum(interventions), sum(disengagements) \
             FROM hours GROUP BY vehicle_id, start",
        )?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let counts = [row.get(2)?, row.get(3)?, row.get(4)?];
            let at = EventTime::parse(&row.get::<_, String>(1)?)?;
            results.hours.push((row.get(0)?, at, counts));
        }
        Ok(results)
    }
}

fn assert_same<T: PartialEq + std::fmt::Debug>(what: &str, found: &[T], wanted: &[T]) {
    let mut both = found.iter().zip(wanted);
    let differs = both.find(|(found, wanted)| found != wanted);
    assert_eq!(differs, None, "{what}, found and wanted");
    assert_eq!(found.len(), wanted.len(), "the number of {what}");
}
