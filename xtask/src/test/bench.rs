//! `cargo xtask bench [NAME]`: runs the benchmarks.

use std::process::ExitCode;

use super::recordings::Recordings;
use crate::run::{Invocation, Report};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Part of a benchmark's name, and options for criterion, such as `--save-baseline before`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    name: Vec<String>,
}

/// Runs the benchmarks. CONTRIBUTING.md describes how to read the numbers.
pub(crate) fn run(args: &Args) -> ExitCode {
    let mut report = Report::new("bench");
    report.command("bench", &Recordings::locate().pass_to(command(&args.name)));
    report.finish()
}

fn command(name: &[String]) -> Invocation {
    let bench = Invocation::cargo("bench -p fleet-benches");
    if name.is_empty() {
        return bench;
    }
    bench.with(["--"]).with(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_is_passed_on() {
        assert_eq!(command(&[]).to_string(), "cargo bench -p fleet-benches");
        let decode = command(&["decode".to_owned(), "--quick".to_owned()]);
        assert_eq!(
            decode.to_string(),
            "cargo bench -p fleet-benches -- decode --quick"
        );
    }
}
