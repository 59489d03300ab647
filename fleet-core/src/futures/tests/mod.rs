//! Tests that nothing is lost and the source is held back, whichever future is dropped and whoever
//! is slow.

mod sinks;
mod source;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_core::Stream;

use super::StreamSource;
use crate::{
    contracts::{
        MemoryStore,
        decode::Typed,
        sink::{Outcome, Sink},
    },
    data::{EventTime, Offset, Result, VehicleId},
    engine::{graph::Graph, order::Order},
    event::Telemetry,
    pipeline::{AtLeastOnce, EpochLimits, Pipeline},
    rows::Row,
};

fn event(second: u64) -> Telemetry {
    let at = EventTime::from_micros(second.cast_signed() * 1_000_000);
    Telemetry::new(VehicleId::new("car-1").unwrap(), at)
}

fn row(number: u64) -> Row<u64> {
    Row::detached(EventTime::MIN, Offset(number), number)
}

/// A pipeline from telemetry straight to a sink, with one epoch per batch.
fn pipeline<S, T>(
    source: StreamSource<S, T>,
    store: &MemoryStore,
    sink: impl Sink<Telemetry>,
) -> Pipeline<StreamSource<S, T>, Typed<T>, MemoryStore, AtLeastOnce>
where
    S: Stream + Send + 'static,
    T: crate::event::Event,
    Typed<T>: crate::contracts::Decode<Vec<(Offset, T)>, Event = Telemetry>,
{
    let (graph, telemetry) = Graph::new();
    let order = Order::default();
    let limits = EpochLimits {
        records: 1,
        ..EpochLimits::default()
    };
    Pipeline::at_least_once(source, Typed::default(), order, graph, store.clone())
        .publish("out", telemetry, sink)
        .epochs(limits)
}

/// A sink that collects offsets in a list.
#[derive(Clone, Default)]
struct List(Arc<Mutex<Vec<u64>>>);

#[async_trait]
impl Sink<Telemetry> for List {
    async fn write(&mut self, rows: &[Row<Telemetry>]) -> Result<Outcome> {
        let offsets = rows.iter().map(|row| row.offset.0);
        self.0.lock().unwrap().extend(offsets);
        Ok(Outcome::default())
    }
}
