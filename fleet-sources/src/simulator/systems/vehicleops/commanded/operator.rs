//! [`ObeyCommands`]: the vehicles of a fleet as an operator over commands.

use fleet_core::{
    EventTime, FleetId, Operator, Result, Row, VehicleId,
    event::{Command, CommandOutcome},
    operator::{Cx, Keep},
    state_by_serde,
};

use super::{known::Known, report::VehicleReport, vehicle::Vehicle};
use crate::simulator::{
    error::SimulatorError, options::SimulatorOptions, systems::vehicleops::model::VehicleOpsModel,
};

/// The simulated vehicles of VehicleOps, which obey commands and drive missions.
///
/// A vehicle stands at its base, silent, until its first command. From then on it sends telemetry
/// at each tick of the [options](SimulatorOptions), as far as the time of its commands or of the
/// pipeline's [ticks](fleet_core::pipeline::Ticks) has come. A rule sends no command, so nothing in
/// a graph commands a vehicle but the events of this operator.
///
/// | command | what it changes | fails |
/// |---|---|---|
/// | `STOP` | stands, with status `STOPPED` | never |
/// | `RESUME` | goes on after a stop; leaves its base and roams | if it does neither |
/// | `REROUTE` | takes a mission to `waypoints`, or drives to other ones | see below |
/// | `RETURN_TO_BASE` | drives to where it began, also from a stop, and parks | never |
///
/// A `REROUTE` fails without usable waypoints, without a mission, during another mission, with the
/// mission that ended last, and with a new one while the vehicle is stopped. All but `STOP` fail
/// while the battery is empty. The system says what the commands mean, but not when they fail, nor
/// how a vehicle gets a mission: both are our choice.
///
/// A mission is *assigned* by `REROUTE`, *started* when the vehicle moves, *rerouted* by another
/// `REROUTE`, *paused* by `STOP` and *resumed* by `RESUME`. It is *completed* with its last
/// waypoint, *cancelled* by `RETURN_TO_BASE`, and *failed* by an empty battery. A vehicle without a
/// mission roams like those of the [model](VehicleOpsModel), with the same ranges of all values.
///
/// # Units
/// Positions in degrees, speeds in km/h; a vehicle with a target drives its drawn speed straight
/// towards it.
///
/// # Guarantees
/// - Each command has one outcome. Copies, recognised by [`Command::known_as`] for an hour of event
///   time, change nothing; the original's topic keeps commands for an hour.
/// - The same seed and the same commands lead to the same reports, in any batching and after any
///   crash: all state is saved, and random numbers depend on seed, vehicle and tick alone.
/// - A command that is late, but within the allowed lateness of the
///   [`Order`](fleet_core::Order), is carried out when it arrives: its outcome has the time of the
///   vehicle. A still later one never reaches an operator;
///   [`Graph::late`](fleet_core::Graph::late) has it.
///
/// # Examples
/// ```
/// use fleet_core::event::{Command, CommandKind, CommandStatus, Status};
/// use fleet_core::{Graph, Order, VehicleId, testing::Harness};
/// use fleet_sources::{SimulatorOptions, VehicleOpsModel, simulator::ObeyCommands};
///
/// let options = SimulatorOptions::default().vehicles(1);
/// let (mut graph, commands) = Graph::<Command>::new();
/// let fleet = ObeyCommands::new(VehicleOpsModel::default(), options)?;
/// let reports = graph.apply("fleet", commands, fleet);
/// let mut harness = Harness::new(graph, Order::within(std::time::Duration::ZERO));
/// harness.watch(reports);
///
/// let car = VehicleId::new("fleet-demo-001-VH-001").unwrap();
/// let at = |seconds| options.start + std::time::Duration::from_secs(seconds);
/// harness.push_batch([
///     Command::new(car.clone(), CommandKind::Resume, at(0)),
///     Command::new(car.clone(), CommandKind::Stop, at(10)),
///     // Nothing is done twice.
///     Command::new(car.clone(), CommandKind::Stop, at(10)),
///     Command::new(car, CommandKind::Resume, at(20)),
/// ])?;
/// let reports = harness.take(reports);
/// let outcomes: Vec<_> = reports.iter().filter_map(|report| report.outcome()).collect();
/// assert_eq!(outcomes.len(), 3);
/// assert!(outcomes.iter().all(|outcome| outcome.status == CommandStatus::Executed));
/// let mut words = reports.iter().filter_map(|report| report.telemetry()?.status());
/// assert_eq!(words.next(), Some(Status::Moving));
/// assert_eq!(words.last().unwrap().as_word(), "STOPPED");
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ObeyCommands {
    model: VehicleOpsModel,
    options: SimulatorOptions,
}

impl ObeyCommands {
    /// The fleet of a model: as many vehicles as the options say, with ticks from their start to
    /// the end of their duration. The pace means nothing here.
    ///
    /// # Errors
    /// Refuses 0 vehicles, an interval under a microsecond, times outside the range that decoders
    /// accept, and a fleet id from which no valid vehicle ids can be formed.
    pub fn new(model: VehicleOpsModel, options: SimulatorOptions) -> Result<Self> {
        options.check()?;
        let number = options.vehicles;
        let longest =
            FleetId::new(model.fleet_id()).and_then(|_| VehicleId::new(&model.vehicle_id(number)));
        longest.map_err(|cause| SimulatorError::Name { number, cause })?;
        Ok(Self { model, options })
    }

    /// The number of the vehicle with this id, if it is of the fleet.
    fn number(&self, id: &str) -> Option<u32> {
        let (_, number) = id.rsplit_once('-')?;
        let number = number.parse().ok()?;
        let is_ours = (1..=self.options.vehicles).contains(&number);
        (is_ours && self.model.vehicle_id(number) == id).then_some(number)
    }

    fn obey(
        &self,
        state: &mut CommandedVehicle,
        command: &Command,
        cx: &mut Cx<'_, VehicleReport>,
    ) {
        if state.vehicle.is_none() {
            let number = self.number(cx.key());
            let new = |number| Vehicle::new(number, &self.model, &self.options, cx.now()).ok();
            state.vehicle = number.and_then(new);
            self.wake(state, cx);
        }
        // A late command is carried out when it arrives, which is not before the last tick.
        let now = state
            .vehicle
            .as_ref()
            .map_or(cx.now(), |vehicle| vehicle.now.max(cx.now()));
        if !state.known.take(command.known_as(), now) {
            return;
        }
        let Some(vehicle) = &mut state.vehicle else {
            let why = "no vehicle of this id is in the fleet";
            cx.emit(CommandOutcome::failed(command, now, why).into());
            return;
        };
        vehicle.now = now;
        let mut reports = Vec::new();
        vehicle.obey(command, &mut reports);
        for report in reports {
            cx.emit_at(now, report);
        }
    }

    /// Sets the timer of the next tick, if there is one.
    fn wake(&self, state: &CommandedVehicle, cx: &mut Cx<'_, VehicleReport>) {
        let next = state.vehicle.as_ref().map(|vehicle| vehicle.tick);
        if let Some(tick) = next.filter(|tick| *tick < self.options.ticks()) {
            cx.wake_at(self.options.at(tick));
        }
    }
}

/// The state of a key of [`ObeyCommands`]: its vehicle, and the commands that it has seen.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct CommandedVehicle {
    known: Known,
    /// None before the first command, and for an id that is not of the fleet.
    vehicle: Option<Vehicle>,
}

state_by_serde!(CommandedVehicle, 1);

impl Operator for ObeyCommands {
    type In = Command;
    type Out = VehicleReport;
    type State = CommandedVehicle;

    fn structure(&self) -> String {
        let (model, options) = (&self.model, &self.options);
        format!(
            "vehicles={} interval_ms={} start={} seed={} {}",
            options.vehicles,
            options.interval.as_secs_f64() * 1000.0,
            options.start,
            options.seed,
            crate::simulator::Model::settings(model)
        )
    }

    fn init(&self) -> CommandedVehicle {
        CommandedVehicle::default()
    }

    fn on_row(
        &self,
        state: &mut CommandedVehicle,
        row: &Row<Command>,
        cx: &mut Cx<'_, VehicleReport>,
    ) {
        self.obey(state, &row.value, cx);
    }

    fn on_timer(
        &self,
        state: &mut CommandedVehicle,
        _: EventTime,
        cx: &mut Cx<'_, VehicleReport>,
    ) -> Keep {
        let mut reports = Vec::new();
        if let Some(vehicle) = &mut state.vehicle {
            vehicle.step(&self.model, &self.options, &mut reports);
        }
        for report in reports {
            cx.emit(report);
        }
        self.wake(state, cx);
        Keep::State
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(
        &self,
        state: &mut CommandedVehicle,
        row: &Row<Command>,
        cx: &mut Cx<'_, VehicleReport>,
    ) {
        self.obey(state, &row.value, cx);
    }
}
