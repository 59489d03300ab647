//! The fleet: simulated vehicles that obey the commands of a topic.

use std::time::Duration;

use fleet_core::{
    EventTime, Graph, Order, Pipeline,
    dialect::{
        Dialect, VehicleOps,
        vehicleops::{Commands, MissionMessage, OutcomeMessage},
    },
    event::{Command, CommandOutcome, MissionEvent, Telemetry},
    pipeline::Report,
};
use fleet_sinks::outbox::OutboxRows;
use fleet_sources::{
    KafkaDecoder, KafkaSource, SimulatorOptions, StartAt, VehicleOpsModel,
    simulator::{ObeyCommands, Scenario, VehicleReport},
};

use tokio::sync::oneshot::Receiver;

use crate::{
    Fallible,
    pipeline::{self, End},
    shift::{FLEET, LENGTH, VEHICLES},
    store::Stores,
    topics::Topics,
};

/// How old a command may be, beside what the vehicle did since. The topic keeps none for longer.
const COMMANDS_KEPT: Duration = Duration::from_secs(3600);

/// The fleet, with a telemetry event of each vehicle in each second.
pub(crate) fn options(start: EventTime) -> SimulatorOptions {
    SimulatorOptions::default()
        .start(start)
        .vehicles(VEHICLES)
        .duration(LENGTH)
        .interval(Duration::from_secs(1))
}

/// Carries out commands.
pub(crate) async fn run(
    brokers: &str,
    topics: &Topics,
    stores: &Stores,
    end: End,
) -> Fallible<Option<Report>> {
    let group = topics.group("vehicle-simulator");
    let (start, kafka) = (StartAt::Earliest, pipeline::reading());
    let source = KafkaSource::open(brokers, &group, [&*topics.commands], start, kafka)?;
    let store = stores.open("fleet", &source).await?;
    let decode = KafkaDecoder::new(Commands);
    let order = Order::within(Duration::ZERO).allowing(COMMANDS_KEPT);

    let model = VehicleOpsModel::default()
        .fleet(FLEET)
        .scenario(Scenario::FaultInjection);
    let (mut graph, commanded) = Graph::<Command>::new();
    let reports = graph.apply(
        "fleet",
        commanded,
        ObeyCommands::new(model, options(topics.start))?,
    );
    let telemetry = graph.flat_map("telemetry", reports, |one| one.telemetry().cloned());
    let missions = graph.flat_map("missions", reports, |one| one.mission().cloned());
    let carried_out = graph.flat_map("outcomes", reports, |one| one.outcome().cloned());
    // Nothing else sees a command that is too late, and it has to end, too.
    let too_late = graph.late();
    let expired = graph.map("expired", too_late, |command| {
        let why = "the command is older than what the vehicle did an hour ago";
        CommandOutcome::failed(command, command.issued_at, why)
    });
    let outcomes = graph.merge("ended", &[carried_out, expired]);

    let dialect = VehicleOps::default();
    let raw = OutboxRows::written_by(&*topics.raw, move |event: &Telemetry, to| {
        dialect.write(event, to);
    })?;
    let mission_events = OutboxRows::written_by(&*topics.missions, |event: &MissionEvent, to| {
        pipeline::json(&MissionMessage::from(event), to);
    })?;
    let mission_events = mission_events.with_key(|event| event.mission.to_string());
    let ended = OutboxRows::written_by(&*topics.outcomes, |outcome: &CommandOutcome, to| {
        pipeline::json(&OutcomeMessage::from(outcome), to);
    })?;
    let (raw, mission_events, ended) = (
        store.to_topic(raw),
        store.to_topic(mission_events),
        store.to_topic(ended),
    );
    let fleet = Pipeline::exactly_once(source, decode, order, graph, store.store())
        .store("raw", telemetry, raw)
        .store("missions", missions, mission_events)
        .store("status", outcomes, ended)
        .tally("reports", reports, |report| match report {
            VehicleReport::Telemetry(_) => "telemetry",
            VehicleReport::Outcome(_) => "outcome",
            VehicleReport::Mission(_) => "mission",
        });
    let health = fleet.watch();
    let stopped = |stop: Receiver<()>| fleet.run_until(async { _ = stop.await });
    end.of(health, stopped).await
}
