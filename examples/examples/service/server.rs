//! The service: routes, and a pipeline that goes on where the last run stopped.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use fleet_core::{
    Decode, Graph, Offset, Order, Pipeline,
    decode::Entry,
    dialect::{Dialect, VehicleOps},
    event::{Alert, Telemetry},
    futures::{RowStream, StreamSource, rows},
    pipeline::{EpochLimits, Health, Report},
};
use fleet_rules::{Mode, preset};
use fleet_sinks::SqliteStore;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};

use super::Fallible;

/// The state that request handlers share with the pipeline.
#[derive(Clone)]
struct Fleet {
    /// Bounded, so that requests wait while the pipeline is busy.
    events: mpsc::Sender<Bytes>,
    health: watch::Receiver<Health>,
    alerts: Arc<Mutex<Vec<Alert>>>,
}

/// Decodes one message of VehicleOps per request.
struct Messages(VehicleOps);

impl Decode<Vec<(Offset, Bytes)>> for Messages {
    type Event = Telemetry;
    fn decode(&self, payload: Vec<(Offset, Bytes)>, entry: &mut Entry<'_, Telemetry>) {
        let mut memo = self.0.memo(None);
        for (at, bytes) in payload {
            let Ok(text) = std::str::from_utf8(&bytes) else {
                entry.malformed(at, &bytes, "the message is not UTF-8");
                continue;
            };
            match self.0.read(text, &mut memo) {
                Ok(Some(event)) => entry.row(at, event),
                Ok(None) => entry.filtered(at),
                Err(refused) => entry.malformed(at, &bytes, refused.0),
            }
        }
    }
}

/// Responds 202, because the event is accepted but not yet stored.
async fn accept(State(fleet): State<Fleet>, message: Bytes) -> StatusCode {
    match fleet.events.send(message).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn alerts(State(fleet): State<Fleet>) -> Json<Vec<Alert>> {
    let alerts = fleet.alerts.lock().unwrap_or_else(PoisonError::into_inner);
    Json(alerts.clone())
}

async fn health(State(fleet): State<Fleet>) -> (StatusCode, Json<Value>) {
    let health = fleet.health.borrow();
    let status = if health.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let troubles = health
        .troubles
        .values()
        .map(|trouble| trouble.error.as_str());
    let body = json!({
        "phase": format!("{:?}", health.phase),
        "well": health.is_well(),
        "committed": health.counts().read,
        "held": health.held_rows,
        "dead_letters": health.counts().dead_lettered,
        "last_commit_s": health.last_commit.map(|at| at.elapsed().as_secs_f64()),
        "troubles": troubles.collect::<Vec<_>>(),
    });
    (status, Json(body))
}

/// Collects the alerts. The pipeline waits for this task, so no alert is lost.
async fn collect(mut found: RowStream<Alert>, alerts: Arc<Mutex<Vec<Alert>>>) {
    while let Some(row) = found.next().await {
        alerts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(row.value);
    }
}

/// Serves until SIGINT or SIGTERM, and prints the address first.
pub(super) async fn main(file: &str) -> Fallible<()> {
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on {}", listener.local_addr()?);
    let report = serve(listener, file, stop).await?;
    println!("{} events are stored", report.counts.accepted);
    Ok(())
}

/// Serves until `stop` resolves, then commits every accepted event.
async fn serve(
    listener: TcpListener,
    file: &str,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Fallible<Report> {
    let (events, mut accepted) = mpsc::channel(1024);
    let (sink, found) = rows(64);
    let (mut graph, telemetry) = Graph::new();
    let alerts_found = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let source = StreamSource::new("http", stream::poll_fn(move |cx| accepted.poll_recv(cx)));
    let store = SqliteStore::open(file, "service")?;
    let order = Order::within(std::time::Duration::ZERO);
    let decode = Messages(VehicleOps::default());
    let pipeline = Pipeline::at_least_once(source, decode, order, graph, store.clone())
        .store("telemetry", telemetry, store.table("telemetry")?)
        .publish("alerts", alerts_found, sink)
        .epochs(EpochLimits::eager());

    let fleet = Fleet {
        events,
        health: pipeline.watch(),
        alerts: Arc::default(),
    };
    let running = tokio::spawn(pipeline.run());
    let collecting = tokio::spawn(collect(found, Arc::clone(&fleet.alerts)));
    let routes = Router::new()
        .route("/events", post(accept))
        .route("/alerts", get(alerts))
        .route("/health", get(health))
        .with_state(fleet);
    // When the server stops, the senders are dropped: the stream closes, what was accepted is
    // committed, and the run ends. Nothing is stored as ended, so the next start goes on.
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop)
        .await?;
    collecting.await?;
    Ok(running.await??)
}
