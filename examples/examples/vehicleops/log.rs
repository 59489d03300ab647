//! The log of commands: who was told what, and its outcome.

use std::{collections::BTreeSet, time::Duration};

use fleet_core::{
    CommandId, Event, EventTime, Graph, Order, Pipeline, TableRow,
    dialect::{
        Dialect, Refused,
        vehicleops::{Commands, OutcomeMessage},
    },
    event::{Command, CommandOutcome, CommandStatus},
    table::{Column, Fields, Value},
};
use fleet_sources::{KafkaDecoder, KafkaSource, StartAt};
use tokio::sync::{oneshot::Receiver, watch};

use crate::{
    Fallible,
    pipeline::{self, End},
    store::Stores,
    topics::Topics,
};

/// Everything is logged, however late it is. Our choice: a day.
const LATENESS: Duration = Duration::from_secs(24 * 3600);

/// A line of the log. A command that was sent has the outcome `DISPATCHED`.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Line(CommandOutcome);
fleet_core::state_by_serde!(Line, 1);

impl Event for Line {
    fn key(&self) -> &str {
        self.0.key()
    }
    fn at(&self) -> EventTime {
        self.0.at
    }
    fn identity(&self) -> u64 {
        self.0.identity()
    }
}

impl TableRow for Line {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("id"),
                Column::text("vehicle_id"),
                Column::text("command"),
                Column::text("status"),
                Column::time("time"),
                Column::text("reason").nullable(),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(self.0.id.as_str()));
        to.put(Value::Text(self.0.vehicle.as_str()));
        to.put(Value::Text(self.0.kind.as_word()));
        to.put(Value::Text(self.0.status.as_word()));
        to.put(Value::Time(self.0.at));
        to.put(Value::text_or_null(self.0.reason.as_deref()));
    }
}

/// Reads what both topics hold: commands, and their outcomes.
struct Both;

impl Dialect for Both {
    type Event = Line;
    type Memo = ();

    fn read(&self, record: &str, (): &mut ()) -> Result<Option<Line>, Refused> {
        if let Ok(outcome) = serde_json::from_str::<OutcomeMessage>(record) {
            return Ok(Some(Line(outcome.into())));
        }
        let command = Commands.read(record, &mut ())?;
        Ok(command.map(|command| {
            Line(CommandOutcome {
                status: CommandStatus::Dispatched,
                ..CommandOutcome::executed(&command, command.issued_at)
            })
        }))
    }

    fn write(&self, line: &Line, to: &mut Vec<u8>) {
        pipeline::json(&OutcomeMessage::from(&line.0), to);
    }
}

/// Logs these commands, and an outcome of each.
pub(crate) async fn run(
    brokers: &str,
    topics: &Topics,
    stores: &Stores,
    sent: &[Command],
) -> Fallible<()> {
    let group = topics.group("command-logger");
    let names = [&*topics.commands, &*topics.outcomes];
    let (start, kafka) = (StartAt::Earliest, pipeline::reading());
    let source = KafkaSource::open(brokers, &group, names, start, kafka)?;
    let store = stores.open("command-log", &source).await?;
    let (graph, lines) = Graph::<Line>::new();
    let log = stores.log::<Line>(&store).await?;
    let order = Order::within(Duration::ZERO).allowing(LATENESS);
    let decode = KafkaDecoder::new(Both);
    let logger = Pipeline::exactly_once(source, decode, order, graph, store.store())
        .store("log", lines, log);
    let health = logger.watch();
    let ids: BTreeSet<CommandId> = sent.iter().map(Command::known_as).collect();
    let (_known, all) = watch::channel(Some((sent.len() + ids.len()) as u64));
    let stopped = |stop: Receiver<()>| logger.run_until(async { _ = stop.await });
    let report = End::Total(all).of(health, stopped).await?;
    let report = report.ok_or("the log was interrupted")?;
    assert!(report.balances());
    assert_eq!((report.counts.late, report.counts.dead_lettered), (0, 0));
    Ok(())
}
