//! `cargo xtask test`: every test, in CI also the dialects over damaged records, then every example that needs no service.

use std::process::ExitCode;

use crate::check::in_ci;
use crate::data::{self, Recordings};
use crate::example::Example;
use crate::metadata::Metadata;
use crate::report::{Report, Verdict};
use crate::run::Invocation;
use crate::soak;

/// Goes on after a failing test binary, so that one run tells everything.
const TESTS: &str = "test --workspace --all-features --no-fail-fast";

/// Every dialect over damaged records, a minute each and as many at once as there are cores. Fresh seeds each
/// time, so only where it is asked for: CI, or by hand.
const FUZZ: &str = "test --profile fuzz --package fleet-core --all-features --lib dialect::fuzz::soak_ -- --ignored --nocapture";

/// How to test.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Allow installing what the tests need and this machine lacks; today they need nothing
    #[arg(long)]
    install: bool,
}

/// Runs the tests in one go, then the examples one by one.
pub(crate) fn run(args: &Args) -> Result<ExitCode, String> {
    let mut report = Report::new("test");
    let recordings = Recordings::locate();
    report.check("recordings", || recordings.verdict(data::required()));
    if args.install {
        println!("\n# --install: nothing to install, no test needs a service");
    }
    report.command("tests", &recordings.tell(Invocation::cargo(TESTS)));
    if in_ci() {
        report.check("fuzz", || soak::watch(&Invocation::cargo(FUZZ)).0);
    } else {
        report.check("fuzz", || {
            Verdict::Skipped(format!("CI is not true; `cargo {FUZZ}`"))
        });
    }
    for example in Example::all(&Metadata::load()?) {
        match example.service() {
            Some(service) => report.check(&example.name, || {
                Verdict::Skipped(format!(
                    "needs {service}; start it, then `cargo xtask example {}`",
                    example.name
                ))
            }),
            None => example.step(&mut report, &recordings),
        }
    }
    Ok(report.finish())
}
