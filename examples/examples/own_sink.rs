//! A sink of one's own: a pager that is busy at times, and refuses what it cannot take.
#![expect(clippy::print_stdout, reason = "an example tells how it went")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use fleet_core::{
    Error, ErrorKind, EventTime, Graph, MemoryStore, Order, Pipeline, Result, Row, VehicleId,
    decode::Typed,
    event::{Alert, Telemetry},
    pipeline::Retry,
    sink::{Outcome, Rejected, Sink},
    testing::Scripted,
    units::Speed,
};
use fleet_rules::{Mode, preset};

/// What stands for the pager's service: messages by id, so that one that comes again changes nothing.
type Messages = Arc<Mutex<BTreeMap<String, String>>>;

struct Pager {
    messages: Messages,
    busy: bool,
}

impl Pager {
    /// # Errors
    /// While the service is busy.
    fn send(&mut self, alert: &Alert) -> Result<()> {
        if std::mem::take(&mut self.busy) {
            // Retryable: the same rows are written again after a pause.
            let message = "the pager's service is busy: it will be tried again";
            return Err(Error::new(ErrorKind::Sink, message).retryable());
        }
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        // The id comes from the content: a row that is written again has the same.
        messages.insert(alert.id.to_string(), alert.kind.to_string());
        Ok(())
    }
}

#[async_trait]
impl Sink<Alert> for Pager {
    /// Returns when every row is sent, but for those that are refused.
    async fn write(&mut self, rows: &[Row<Alert>]) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for (index, row) in rows.iter().enumerate() {
            if row.value.vehicle.as_str().len() > 8 {
                outcome.rejected.push(Rejected {
                    index,
                    reason: "the pager has room for 8 letters of a vehicle's name".into(),
                    raw: row.value.vehicle.as_str().into(),
                });
                continue;
            }
            self.send(&row.value)?;
        }
        Ok(outcome)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let speeding = |car: &str| {
        let car = VehicleId::new(car)?;
        let event = Telemetry::new(car, EventTime::MIN).with_speed(Speed::from_kmh(140.0));
        Ok::<_, Box<dyn std::error::Error>>(event)
    };
    let events = [
        speeding("car-1")?,
        speeding("car-2")?,
        speeding("car-with-a-long-name")?,
    ];
    let (mut graph, telemetry) = Graph::new();
    let alerts = graph.apply("rules", telemetry, preset::vehicleops(Mode::Edge));
    let (store, messages) = (MemoryStore::default(), Messages::default());
    let pager = Pager {
        messages: Arc::clone(&messages),
        busy: true,
    };
    let source = Scripted::of_rows("memory", events);
    // A sink that is no part of the store's transaction: at least once, and the type says so.
    let report = Pipeline::at_least_once(
        source,
        Typed::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .publish("pager", alerts, pager)
    .retry(Retry {
        first: Duration::from_millis(1),
        ..Retry::default()
    })
    .run()
    .await?;

    // Given = written + dead-lettered, and the dead letter says who refused what, and why.
    assert!(report.balances());
    assert_eq!(report.tally("sink.pager", "given"), 3);
    let dead = store.dead_letters();
    let [(_, letter)] = dead.as_slice() else {
        return Err(format!("one dead letter, not {dead:?}").into());
    };
    assert_eq!(
        (&*letter.stage, &*letter.raw),
        ("pager", &b"car-with-a-long-name"[..])
    );
    let sent = messages
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .len();
    assert_eq!(sent, 2);
    println!(
        "own_sink: ok ({sent} alerts sent, 1 refused: {})",
        letter.reason
    );
    Ok(())
}
