//! The backend: rules over telemetry, and each event with what was found out about it.

use std::time::SystemTime;

use compact_str::CompactString;
use fleet_core::{
    ContentId, Event, EventTime, Graph, Operator, Pipeline, Row,
    dialect::{
        AlertNames, Maybe, VehicleOps,
        vehicleops::{AlertPush, Processed},
    },
    event::{Alert, ContentHasher, LimitSource, Telemetry},
    odometry::{Fix, Meter, MeterOptions},
    operator::Cx,
    pipeline::Report,
};
use fleet_examples::kafka::as_sent;
use fleet_rules::{Mode, preset};
use fleet_sinks::outbox::OutboxRows;
use fleet_sources::{KafkaDecoder, KafkaSource, StartAt};
use serde_json::Number;
use tokio::sync::oneshot::Receiver;

use crate::{
    Fallible,
    pipeline::{self, End},
    store::Stores,
    topics::Topics,
};

/// The limit of the system's rule, km/h.
const LIMIT_KMH: u32 = 80;

/// Processes telemetry.
pub(crate) async fn run(
    brokers: &str,
    topics: &Topics,
    stores: &Stores,
    end: End,
) -> Fallible<Option<Report>> {
    let group = std::env::var("KAFKA_CONSUMER_GROUP");
    let group = topics.group(group.as_deref().unwrap_or("vehicleops-backend"));
    let (start, kafka) = (StartAt::Earliest, pipeline::reading());
    let source = KafkaSource::open(brokers, &group, [&*topics.raw], start, kafka)?;
    let store = stores.open("backend", &source).await?;
    let decode = KafkaDecoder::new(VehicleOps::default());

    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let opened = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let alerts = graph.map("alerts", opened, |alert| Seen::Alert(alert.clone()));
    let events_seen = graph.map("events", telemetry, |event| Seen::Event(event.clone()));
    // The alerts of an event come before it.
    let seen = graph.merge("seen", &[alerts, events_seen]);
    let results = graph.apply("process", seen, Process(MeterOptions::default()));
    let numbered = graph.flat_map("numbered", results, |result| match result {
        Found::Alert(alert) => Some(alert.clone()),
        Found::Event(_) => None,
    });
    let processed = graph.flat_map("processed", results, |result| match result {
        Found::Event(event) => Some(event.clone()),
        Found::Alert(_) => None,
    });

    let alerts = OutboxRows::written_by(&*topics.alerts, |alert: &Numbered, to| {
        if let Some(push) = AlertPush::of(&alert.alert) {
            pipeline::json(&push.with_sequence(alert.sequence), to);
        }
    })?;
    let alerts = alerts.with_id(|alert| alert.alert.id);
    let alerts = alerts.with_key(|one| {
        one.alert
            .fleet
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    });
    let events_out = OutboxRows::written_by(&*topics.processed, |event: &Enriched, to| {
        event.added().write(&event.event, to);
    })?;
    // The time of processing differs in a repeated attempt, the event does not.
    let events_out = events_out.with_id(Enriched::id);
    let (alerts, events_out) = (store.to_topic(alerts), store.to_topic(events_out));
    let backend = Pipeline::exactly_once(source, decode, as_sent(), graph, store.store())
        .store("alerts", numbered, alerts)
        .store("processed", processed, events_out);
    let health = backend.watch();
    let stopped = |stop: Receiver<()>| backend.run_until(async { _ = stop.await });
    end.of(health, stopped).await
}

/// What the processing of a vehicle sees.
#[derive(Clone)]
enum Seen {
    Alert(Alert),
    Event(Telemetry),
}

/// What comes of it.
#[derive(Clone)]
enum Found {
    Alert(Numbered),
    Event(Enriched),
}

/// An alert, and its number among those of its vehicle.
#[derive(Clone)]
struct Numbered {
    alert: Alert,
    sequence: u64,
}

/// An event with what was found out about it.
#[derive(Clone)]
struct Enriched {
    event: Telemetry,
    distance_m: Option<f64>,
    alerts: Vec<CompactString>,
}

impl Enriched {
    fn id(&self) -> ContentId {
        let mut content = ContentHasher::new();
        content.text(self.event.key());
        content.integer(self.event.at().as_micros().cast_unsigned());
        content.integer(self.event.identity()).finish_id()
    }

    #[expect(clippy::disallowed_methods, reason = "the time of processing is real")]
    fn added(&self) -> Processed {
        Processed {
            distance_m: Maybe::or_null(self.distance_m.and_then(Number::from_f64)),
            speed_limit_kmh: LIMIT_KMH.into(),
            speed_limit_source: LimitSource::Rule,
            alerts: self.alerts.clone(),
            processed_at: EventTime::from(SystemTime::now()).into(),
        }
    }
}

/// Numbers the alerts of each vehicle, measures its way, and names the alerts with the event that
/// opened them.
struct Process(MeterOptions);

#[derive(Clone, Default, serde::Serialize, serde::Deserialize)]
struct Way {
    meter: Meter,
    alerts: u64,
    /// Those whose event comes next.
    opened: Vec<CompactString>,
}
fleet_core::state_by_serde!(Way, 1);

impl Operator for Process {
    type In = Seen;
    type Out = Found;
    type State = Way;

    fn init(&self) -> Way {
        Way::default()
    }

    fn on_row(&self, way: &mut Way, row: &Row<Seen>, cx: &mut Cx<'_, Found>) {
        match &row.value {
            Seen::Alert(alert) => {
                way.alerts += 1;
                let name = AlertNames::VehicleOps.name(alert.kind);
                way.opened.extend(name.map(CompactString::from));
                cx.emit(Found::Alert(Numbered {
                    alert: alert.clone(),
                    sequence: way.alerts,
                }));
            }
            Seen::Event(event) => {
                let segment = way.meter.observe(&self.0, &Fix::from(event));
                cx.emit(Found::Event(Enriched {
                    event: event.clone(),
                    distance_m: segment.map(|segment| segment.distance().as_m()),
                    alerts: std::mem::take(&mut way.opened),
                }));
            }
        }
    }
}
