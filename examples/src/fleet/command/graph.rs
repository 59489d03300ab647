//! `fleet graph`: prints the graph of the main job as Mermaid.

use std::time::Duration;

use fleet_core::Result;

use crate::{
    args::GraphArgs,
    console::stdout,
    job::{FleetWork, fleet, graph_of},
};

/// Runs the command.
///
/// # Errors
/// Refuses rules that are not a preset.
pub(crate) fn run(args: &GraphArgs) -> Result<()> {
    let work = FleetWork {
        rules: fleet::rules(args.rules.as_deref(), "vehicleops", args.mode)?,
        window: Duration::from_secs(60),
        is_self_driving: true,
        scores_trips: true,
    };
    stdout::print(&graph_of(work)?.mermaid())
}
