//! A custom sink: a pager service that is busy at times and rejects some rows.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

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

/// Stands in for the pager service: messages by id, so that a repeated message changes nothing.
type Messages = Arc<Mutex<BTreeMap<String, String>>>;

struct Pager {
    messages: Messages,
    busy: bool,
}

impl Pager {
    /// Sends one message.
    ///
    /// # Errors
    /// Returns a retryable error while the service is busy.
    fn send(&mut self, alert: &Alert) -> Result<()> {
        if std::mem::take(&mut self.busy) {
            // The pipeline writes the same rows again after a pause.
            let message = "the pager service is busy";
            return Err(Error::new(ErrorKind::Sink, message).retryable());
        }
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        // The id depends on the content alone, so a repeated row has the same id.
        messages.insert(alert.id.to_string(), alert.kind.to_string());
        Ok(())
    }
}

#[async_trait]
impl Sink<Alert> for Pager {
    /// Sends every row; the outcome lists the rejected ones.
    async fn write(&mut self, rows: &[Row<Alert>]) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        for (index, row) in rows.iter().enumerate() {
            if row.value.vehicle.as_str().len() > 8 {
                outcome.rejected.push(Rejected {
                    index,
                    reason: "the pager shows at most 8 letters of a vehicle's name".into(),
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
    let source = Scripted::of_events("memory", events);
    // The pager is not part of the store's transaction, so the pipeline is at least once.
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

    // given = written + dead-lettered; the dead letter names the sink, the row and the reason.
    assert!(report.balances());
    assert_eq!(report.tally("sink.pager", "given"), 3);
    let dead = store.dead_letters();
    let [(_, letter)] = dead.as_slice() else {
        return Err(format!("one dead letter, not {dead:?}").into());
    };
    assert_eq!(
        (&*letter.step, &*letter.raw),
        ("pager", &b"car-with-a-long-name"[..])
    );
    let sent = messages
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .len();
    assert_eq!(sent, 2);
    println!(
        "own_sink: ok ({sent} alerts sent, 1 rejected: {})",
        letter.reason
    );
    Ok(())
}
