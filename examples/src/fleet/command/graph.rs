//! `fleet graph`: prints the graph of the main job as Mermaid.

use std::time::Duration;

use fleet_core::Result;

use crate::{args::GraphArgs, console::stdout, job::telemetry};

/// Runs the command.
///
/// # Errors
/// Refuses rules that are not a preset.
pub(crate) fn run(args: &GraphArgs) -> Result<()> {
    let rules = telemetry::rules(args.rules.as_deref(), "vehicleops", args.mode)?;
    let (graph, _) = telemetry::build(rules, Duration::from_secs(60))?;
    stdout::print(&graph.mermaid())
}
