//! A pipeline inside an HTTP service: POST sends events, GET returns alerts and health.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::{
    error::Error,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

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
    pipeline::{Health, Report},
};
use fleet_rules::{Mode, preset};
use fleet_sinks::SqliteStore;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};

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
    let status = if health.is_well() {
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
        "committed": health.counts().read,
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

/// Serves until `stop` resolves, then processes every accepted event.
async fn serve(
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Report, Box<dyn Error>> {
    let (events, mut accepted) = mpsc::channel(1024);
    let (sink, found) = rows(64);
    let (mut graph, telemetry) = Graph::new();
    let alerts_found = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let source = StreamSource::new("http", stream::poll_fn(move |cx| accepted.poll_recv(cx)));
    let store = SqliteStore::open_in_memory("service")?;
    let order = Order::within(std::time::Duration::ZERO);
    let decode = Messages(VehicleOps::default());
    let pipeline = Pipeline::at_least_once(source, decode, order, graph, store.clone())
        .store("telemetry", telemetry, store.table("telemetry")?)
        .publish("alerts", alerts_found, sink);

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
    // When the server stops, the senders are dropped: the stream ends, and the pipeline with it.
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop)
        .await?;
    collecting.await?;
    Ok(running.await??)
}

/// Sends a request and returns status and body.
async fn request(
    at: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> Result<(u16, String), Box<dyn Error>> {
    let mut stream = TcpStream::connect(at).await?;
    let length = body.len();
    let head_and_body = format!(
        "{method} {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head_and_body.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let status = response.split(' ').nth(1).ok_or("no status")?.parse()?;
    let (_, body) = response.split_once("\r\n\r\n").ok_or("no body")?;
    Ok((status, body.to_owned()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let at = listener.local_addr()?;
    let (done, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = serve(listener, async { _ = stopped.await });
    let client = async {
        let message = |speed| {
            format!(
                r#"{{"vehicle_id":"VH-001","speed_kmh":{speed},"timestamp":"2024-02-15T14:32:{speed}Z"}}"#
            )
        };
        for body in [message(40), message(50), "hello".into()] {
            assert_eq!(request(at, "POST", "/events", &body).await?.0, 202);
        }
        let speeding =
            r#"{"vehicle_id":"VH-001","speed_kmh":130,"timestamp":"2024-02-15T14:33:00Z"}"#;
        request(at, "POST", "/events", speeding).await?;
        let found = loop {
            let (_, body) = request(at, "GET", "/alerts", "").await?;
            if body != "[]" {
                break body;
            }
        };
        assert!(
            found.contains("OVERSPEED") && found.contains("VH-001"),
            "{found}"
        );
        let (status, health) = request(at, "GET", "/health", "").await?;
        assert!(
            status == 200 && health.contains("Running"),
            "{status} {health}"
        );
        _ = done.send(());
        Ok::<_, Box<dyn Error>>(())
    };
    let (report, client) = tokio::join!(serving, client);
    client?;
    let report = report?;
    assert!(report.balances());
    assert_eq!(
        (report.counts.accepted, report.counts.dead_lettered),
        (3, 1)
    );
    let alerts = report.tally("sink.alerts", "written");
    println!("service: ok (4 messages, {alerts} alert, 1 dead letter)");
    Ok(())
}
