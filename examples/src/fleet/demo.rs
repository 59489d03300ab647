//! `fleet demo`: the main job on a simulated fleet.

use std::time::Instant;

use fleet_core::{
    Order, Result,
    dialect::{AnyEvent, VehicleOps},
};
use fleet_rules::{Mode, preset};
use fleet_sources::simulator::{
    Area, Pace, Scenario, Simulator, VehicleOpsFleet, VehicleOpsOptions,
};

use crate::{
    args::{AreaWord, DemoArgs, PaceWord, ScenarioWord},
    job::Job,
    progress::Progress,
};

/// Runs the command.
///
/// # Errors
/// What cannot be stored or gone on with.
pub(crate) async fn run(args: DemoArgs, started: Instant) -> Result<()> {
    let area = match args.area {
        AreaWord::Bogota => Area::Bogota,
        AreaWord::Medellin => Area::Medellin,
        AreaWord::Cali => Area::Cali,
        AreaWord::Warsaw => Area::Warsaw,
    };
    let scenario = match args.scenario {
        ScenarioWord::Normal => Scenario::Normal,
        ScenarioWord::HighLoad => Scenario::HighLoad,
        ScenarioWord::FaultInjection => Scenario::FaultInjection,
        ScenarioWord::Mixed => Scenario::Mixed,
    };
    let pace = match args.pace {
        PaceWord::Max => Pace::Max,
        PaceWord::Realtime => Pace::Realtime,
    };
    let _ = (area, scenario, pace);
    todo_adapt()
}
