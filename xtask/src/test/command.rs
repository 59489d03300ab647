//! `cargo xtask test`: every test with the services it needs, then every example. In CI it also
//! runs every dialect over damaged records.

use std::process::ExitCode;

use super::example::Example;
use super::failures::Failures;
use super::recordings::{self, Recordings};
use super::seeds;
use super::skipped::SkippedTests;
use super::soak;
use crate::run::{Invocation, Metadata, Report, StepOutcome, in_ci};
use crate::services::{Install, Servers};

/// Continues after a failing test binary, so that one run finds every failure.
const TESTS: &str = "test --workspace --all-features --no-fail-fast";

/// What a build says that lacks TLS or a codec: a build with every feature cannot say it.
const LEAN: &str = "test -p fleet-sources -p fleet-sinks --features fleet-sources/kafka,fleet-sinks/kafka --lib with_the_feature_that_brings_it";

/// Every dialect over damaged records, a minute each, one dialect per core. The seeds are new each
/// time, so it runs only in CI and by hand.
const FUZZ: &str = "test --profile fuzz --package fleet-core --all-features --lib tests::dialect::fuzz::soak_ -- --ignored --nocapture";

/// The options of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Install what the tests need and this machine lacks, as CI does: PostgreSQL, Java and Maven
    #[arg(long)]
    install: bool,
}

/// Runs all tests with one cargo command, then the examples one by one.
pub(crate) fn run(args: &Args) -> Result<ExitCode, String> {
    let mut report = Report::new("test");
    let metadata = Metadata::load()?;
    let recordings = Recordings::locate();
    report.check("recordings", || recordings.outcome(recordings::required()));
    let servers = Servers::start(&mut report, Install::allowed(args.install), |_| true);
    let skipped = SkippedTests::collect(&metadata.target_directory)?;
    let command = servers.pass_to(recordings.pass_to(skipped.pass_to(every_test(in_ci()))));
    Failures::step(&mut report, "tests", &command);
    let lean = skipped.pass_to(Invocation::cargo(LEAN));
    Failures::step(&mut report, "tests with few features", &lean);
    if in_ci() {
        report.check("fuzz", || soak::watch(&Invocation::cargo(FUZZ)).0);
    } else {
        report.check("fuzz", || {
            StepOutcome::Skipped(format!("CI is not true; `cargo {FUZZ}`"))
        });
    }
    for example in Example::all(&metadata) {
        example.step(&mut report, &recordings, &servers);
    }
    servers.stop(&mut report);
    skipped.list(&mut report);
    Ok(report.finish())
}

/// The command for every test. Only CI takes fresh seeds: it looks for failures that no change at
/// hand has caused.
fn every_test(ci: bool) -> Invocation {
    let tests = Invocation::cargo(TESTS);
    if ci { seeds::fresh(tests) } else { tests }
}

#[cfg(test)]
mod tests {
    use super::every_test as command;

    #[test]
    fn only_ci_takes_fresh_seeds() {
        assert!(
            command(true)
                .to_string()
                .starts_with("FLEET_FRESH_SEEDS=1 cargo test")
        );
        assert!(command(false).to_string().starts_with("cargo test"));
    }
}
