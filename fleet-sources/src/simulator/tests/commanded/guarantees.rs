//! Once for each command, and the same for the same seed and the same commands.

use fleet_core::{
    Operator, Row,
    dialect::{Dialect, VehicleOps},
    event::CommandKind::*,
    operator::{Cx, Keep},
    testing::conformance,
};
use twox_hash::XxHash3_64;

use super::{refusals::with_id, *};
use crate::simulator::CommandedVehicle;

/// Commands of all kinds to three vehicles over an hour.
fn day() -> Vec<Command> {
    let kinds = [Resume, Stop, Resume, ReturnToBase, Stop, Stop, Resume];
    (0..180u64)
        .map(|turn| {
            let vehicle = format!("fleet-demo-001-VH-00{}", turn % 3 + 1);
            let second = turn * 20 + turn % 7;
            if turn % 4 == 0 {
                let mission = format!("mission-{turn}");
                let mut command = reroute(second, Some(&mission), &[300.0, -200.0]);
                command.vehicle = VehicleId::new(&vehicle).unwrap();
                return command;
            }
            let kind = kinds[usize::try_from(turn % 7).unwrap()];
            to(&vehicle, second, kind)
        })
        .collect()
}

#[test]
fn copies_of_a_command_have_no_outcome_and_change_nothing() {
    let commands = [
        with_id(tell(0, Resume), "a"),
        with_id(tell(10, Stop), "b"),
        with_id(tell(20, Resume), "c"),
    ];
    let once = reports(Scenario::Mixed, [&commands[..], &[tell(60, Stop)]].concat());
    let again = |command: &Command, second| Command {
        issued_at: at(second),
        ..command.clone()
    };
    // At the same time, later, and older than what the vehicle did since.
    let copies = [
        commands[0].clone(),
        commands[1].clone(),
        commands[1].clone(),
        commands[2].clone(),
        again(&commands[1], 30),
        again(&commands[0], 5),
        tell(60, Stop),
        commands[2].clone(),
    ];
    assert_eq!(reports(Scenario::Mixed, copies), once);
}

#[test]
fn a_late_command_is_carried_out_when_it_arrives() {
    let mut rig = Rig::new(fleet(Scenario::Normal));
    rig.tell([tell(0, Resume), tell(100, ReturnToBase)]);
    let late = rig.tell([tell(40, Stop)]);
    assert_eq!(late.len(), 1);
    let outcome = late[0].outcome().unwrap();
    assert_eq!(
        (outcome.at, outcome.status),
        (at(100), CommandStatus::Executed)
    );
    let reports = rig.tell([tell(110, Stop)]);
    let word = |event: &&Telemetry| event.status().unwrap().as_word() == "STOPPED";
    assert!(telemetry(&reports).iter().all(word));
}

/// Another hash means that a fleet goes on differently after an update of the program. Do not
/// change it without need, and mention it in the change log.
#[test]
fn the_same_seed_and_commands_lead_to_the_same_bytes() {
    let hash = |seed| {
        let model = VehicleOpsModel::default().scenario(Scenario::Mixed);
        let fleet = ObeyCommands::new(model, options().seed(seed)).unwrap();
        let (reports, mut bytes) = (Rig::new(fleet).tell(day()), Vec::new());
        for event in telemetry(&reports) {
            VehicleOps::default().write(event, &mut bytes);
        }
        let words = [missions(&reports), outcomes(&reports)].concat().concat();
        bytes.extend_from_slice(words.as_bytes());
        format!("{:016x}", XxHash3_64::oneshot(&bytes))
    };
    assert_eq!(hash(1), "87693342dfea69b1");
    assert_ne!(hash(1), hash(2));
}

#[test]
fn a_vehicle_does_not_depend_on_the_commands_to_others() {
    let of = |reports: Vec<VehicleReport>| -> Vec<_> {
        let is_ours = |report: &VehicleReport| match report {
            VehicleReport::Telemetry(event) => event.vehicle().as_str() == CAR,
            VehicleReport::Outcome(outcome) => outcome.vehicle.as_str() == CAR,
            VehicleReport::Mission(event) => event.vehicle.as_str() == CAR,
        };
        reports.into_iter().filter(is_ours).collect()
    };
    let mut ours = day();
    let all = of(reports(Scenario::Mixed, ours.clone()));
    ours.retain(|command| command.vehicle.as_str() == CAR);
    assert_eq!(of(reports(Scenario::Mixed, ours)), all);
    assert!(all.len() > 1000);
}

/// The fleet over commands of which none is late: the suite of operators asks of those that revise
/// that late events lead where the same events in order do, and a vehicle does not drive back in
/// time.
struct InOrder(ObeyCommands);

impl Operator for InOrder {
    type In = Command;
    type Out = VehicleReport;
    type State = CommandedVehicle;

    fn structure(&self) -> String {
        self.0.structure()
    }
    fn init(&self) -> CommandedVehicle {
        self.0.init()
    }
    fn on_row(
        &self,
        state: &mut CommandedVehicle,
        row: &Row<Command>,
        cx: &mut Cx<'_, VehicleReport>,
    ) {
        self.0.on_row(state, row, cx);
    }
    fn on_timer(
        &self,
        state: &mut CommandedVehicle,
        at: EventTime,
        cx: &mut Cx<'_, VehicleReport>,
    ) -> Keep {
        self.0.on_timer(state, at, cx)
    }
}

#[test]
fn the_fleet_passes_the_suite_of_operators() {
    // Fewer ticks, because the suite repeats the run some dozens of times.
    let make = || {
        let options = options().interval(Duration::from_secs(10));
        InOrder(ObeyCommands::new(VehicleOpsModel::default(), options).unwrap())
    };
    conformance::operator(make, &day());
}
