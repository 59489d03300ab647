//! Runs the steps of `cargo xtask check`.

use std::process::ExitCode;

use super::{dependencies, features, licences, lints, trees};
use crate::house;
use crate::run::{Invocation, Metadata, Report, StepOutcome, in_ci};

/// Runs every step, even after one has failed.
pub(crate) fn run() -> Result<ExitCode, String> {
    let mut report = Report::new("check");
    let metadata = Metadata::load()?;
    house::check(&mut report, &metadata);
    report.check("lint table", || lints::check(&metadata));
    report.check("dependency direction", || dependencies::check(&metadata));
    report.check("first build", trees::check);
    report.check("licences", || licences::check(&metadata));
    cargo_deny(&mut report);
    for (step, command) in commands(in_ci()) {
        report.command(step, &command);
    }
    for (step, command) in features::commands(&metadata) {
        report.command(step, &command);
    }
    Ok(report.finish())
}

/// The steps that are plain cargo commands.
fn commands(ci: bool) -> Vec<(&'static str, Invocation)> {
    let mut lints = Invocation::cargo("clippy --workspace --all-targets --all-features");
    let mut docs = Invocation::cargo("doc --workspace --no-deps --all-features");
    if ci {
        lints = lints.with(["--", "-D", "warnings"]);
        docs = docs.env("RUSTDOCFLAGS", "-D warnings");
    }
    vec![
        ("format", Invocation::cargo("fmt --all --check")),
        ("lints", lints),
        ("docs", docs),
    ]
}

/// cargo-deny finds more than the check of licences here: yanked versions, duplicates, foreign
/// sources. It has to be installed.
fn cargo_deny(report: &mut Report) {
    if Invocation::cargo("deny --version").output().is_ok() {
        let deny = Invocation::cargo("deny check bans licenses sources");
        report.command("cargo deny", &deny);
    } else {
        report.check("cargo deny", || {
            StepOutcome::Skipped("install it with `cargo install --locked cargo-deny`".to_owned())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(ci: bool) -> Vec<String> {
        let commands = commands(ci);
        commands.iter().map(|(_, line)| line.to_string()).collect()
    }

    #[test]
    fn a_person_sees_warnings_as_warnings() {
        assert_eq!(
            lines(false),
            [
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets --all-features",
                "cargo doc --workspace --no-deps --all-features",
            ]
        );
    }

    #[test]
    fn warnings_are_errors_in_ci() {
        assert_eq!(
            lines(true),
            [
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets --all-features -- -D warnings",
                "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --all-features",
            ]
        );
    }
}
