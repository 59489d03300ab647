//! Tests of the vehicles of VehicleOps that obey commands.

mod guarantees;
mod missions;
mod refusals;

use std::time::Duration;

use fleet_core::{
    EventTime, GeoPoint, Graph, Order, Stream, VehicleId,
    event::{Command, CommandKind, CommandStatus, MissionEvent, Telemetry},
    testing::Harness,
    units::{Latitude, Longitude},
};

use crate::simulator::{
    Area, Model, ObeyCommands, Scenario, SimulatorOptions, VehicleOpsModel, VehicleReport,
    draws::Draws,
};

/// The vehicle of most tests.
const CAR: &str = "fleet-demo-001-VH-001";

fn options() -> SimulatorOptions {
    SimulatorOptions::default()
        .vehicles(3)
        .duration(Duration::from_secs(7200))
}

fn fleet(scenario: Scenario) -> ObeyCommands {
    let model = VehicleOpsModel::default().scenario(scenario);
    ObeyCommands::new(model, options()).unwrap()
}

fn at(second: u64) -> EventTime {
    options().start + Duration::from_secs(second)
}

/// A command to a vehicle at a second of the simulation.
fn to(vehicle: &str, second: u64, kind: CommandKind) -> Command {
    Command::new(VehicleId::new(vehicle).unwrap(), kind, at(second))
}

fn tell(second: u64, kind: CommandKind) -> Command {
    to(CAR, second, kind)
}

/// A REROUTE to places around the vehicle's base, in metres north of it.
fn reroute(second: u64, mission: Option<&str>, north: &[f64]) -> Command {
    let home = base(1);
    let waypoint = |(order, metres): (usize, &f64)| {
        let latitude = home.latitude.as_degrees() + metres / 111_195.08;
        let longitude = home.longitude.as_degrees();
        format!(r#"{{"latitude":{latitude},"longitude":{longitude},"order":{order}}}"#)
    };
    let waypoints: Vec<_> = north.iter().enumerate().map(waypoint).collect();
    let mut command = tell(second, CommandKind::Reroute);
    let waypoints = format!("[{}]", waypoints.join(","));
    command.params.insert("waypoints".into(), waypoints);
    if let Some(mission) = mission {
        let mission = format!("\"{mission}\"");
        command.params.insert("mission_id".into(), mission);
    }
    command
}

/// Where a vehicle begins.
fn base(number: u32) -> GeoPoint {
    let model = VehicleOpsModel::default().area(Area::Bogota);
    let mut draws = Draws::new(options().seed, number);
    model.vehicle(number, &mut draws).unwrap().position()
}

/// A fleet in a graph.
struct Rig {
    harness: Harness<Command>,
    reports: Stream<VehicleReport>,
}

impl Rig {
    fn new(fleet: ObeyCommands) -> Self {
        let (mut graph, commands) = Graph::<Command>::new();
        let reports = graph.apply("fleet", commands, fleet);
        // As late as the topic of commands may be.
        let order = Order::within(Duration::ZERO).allowing(Duration::from_secs(3600));
        let mut harness = Harness::new(graph, order);
        harness.watch(reports);
        Self { harness, reports }
    }

    fn tell(&mut self, commands: impl IntoIterator<Item = Command>) -> Vec<VehicleReport> {
        self.harness.push_batch(commands).unwrap();
        self.harness.take(self.reports)
    }
}

/// What a fleet reports after these commands.
fn reports(scenario: Scenario, commands: impl IntoIterator<Item = Command>) -> Vec<VehicleReport> {
    Rig::new(fleet(scenario)).tell(commands)
}

fn telemetry(reports: &[VehicleReport]) -> Vec<&Telemetry> {
    reports
        .iter()
        .filter_map(VehicleReport::telemetry)
        .collect()
}

/// The words of mission events, with the number of their waypoint or waypoints.
fn missions(reports: &[VehicleReport]) -> Vec<String> {
    let word = |event: &MissionEvent| {
        let number = event.waypoint.or(event.waypoints);
        let number = number.map_or(String::new(), |number| format!(" {number}"));
        format!("{} {}{number}", event.mission, event.kind)
    };
    let events = reports.iter().filter_map(VehicleReport::mission);
    events.map(word).collect()
}

/// The outcome of each command: `EXECUTED`, or the reason.
fn outcomes(reports: &[VehicleReport]) -> Vec<String> {
    let outcomes = reports.iter().filter_map(VehicleReport::outcome);
    outcomes
        .map(|outcome| {
            let failed = outcome.status == CommandStatus::Failed;
            assert_eq!(outcome.reason.is_some(), failed);
            let word = outcome.status.as_word();
            outcome.reason.as_deref().unwrap_or(word).to_owned()
        })
        .collect()
}

fn place(degrees: (f64, f64)) -> GeoPoint {
    GeoPoint {
        latitude: Latitude::from_degrees(degrees.0),
        longitude: Longitude::from_degrees(degrees.1),
    }
}
