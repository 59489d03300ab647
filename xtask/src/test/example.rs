//! `cargo xtask example NAME`: runs an example, which must end with its own check.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use super::recordings::Recordings;
use crate::run::{Invocation, Metadata, Origin, Report, StepOutcome, Target};
use crate::services::{Install, Servers};

/// The package with the examples.
const PACKAGE: &str = "fleet-examples";

/// The features that need a running service.
const SERVICES: &[&str] = &["kafka", "postgres", "rabbitmq"];

/// Which example to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The name of the example
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// List every example, its features and the services it needs
    #[arg(long, conflicts_with = "name")]
    list: bool,
    /// Install what it needs and this machine lacks, as CI does
    #[arg(long)]
    install: bool,
}

/// An example of the workspace. It is read from the manifest, so that no second list can go stale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    /// The name.
    pub(crate) name: String,
    features: Vec<String>,
}

/// Runs one example, or lists all.
pub(crate) fn run(args: &Args) -> Result<ExitCode, String> {
    let all = Example::all(&Metadata::load()?);
    let Some(name) = args.name.as_deref() else {
        for example in &all {
            println!("{}", example.description());
        }
        return Ok(ExitCode::SUCCESS);
    };
    let example = all
        .iter()
        .find(|example| example.name == name)
        .ok_or_else(|| format!("no example `{name}`; `cargo xtask example --list` names them"))?;
    let mut report = Report::new("example");
    let install = Install::allowed(args.install);
    let servers = Servers::start(&mut report, install, |service| example.needs(service));
    if let Some(why) = example.missing(&servers) {
        return Err(format!("{name} was not run: {why}"));
    }
    example.step(&mut report, &Recordings::locate(), &servers);
    servers.stop(&mut report);
    Ok(report.finish())
}

impl Example {
    /// Every example, sorted by name.
    pub(crate) fn all(metadata: &Metadata) -> Vec<Self> {
        let package = metadata.members().find(|member| member.name == PACKAGE);
        let targets = package.into_iter().flat_map(|package| &package.targets);
        let mut all: Vec<Self> = targets.filter_map(Self::from_target).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn from_target(target: &Target) -> Option<Self> {
        let is_example = target.kind.iter().any(|kind| kind == "example");
        is_example.then(|| Self {
            name: target.name.clone(),
            features: target.required_features.clone(),
        })
    }

    /// The services it needs: those that its features name.
    fn services(&self) -> impl Iterator<Item = &str> {
        let features = self.features.iter().map(String::as_str);
        features.filter(|feature| SERVICES.contains(feature))
    }

    fn needs(&self, service: &str) -> bool {
        self.services().any(|needed| needed == service)
    }

    /// Runs it as one step of a report. Without a service it needs, the step is skipped.
    pub(crate) fn step(&self, report: &mut Report, recordings: &Recordings, servers: &Servers) {
        report.check(&self.name, || match self.missing(servers) {
            Some(why) => StepOutcome::Skipped(why),
            None => self.outcome(recordings, servers),
        });
    }

    /// Why a service it needs is missing.
    fn missing(&self, servers: &Servers) -> Option<String> {
        self.services().find_map(|service| servers.absent(service))
    }

    fn outcome(&self, recordings: &Recordings, servers: &Servers) -> StepOutcome {
        let last = Mutex::new(String::new());
        let command = servers.pass_to(recordings.pass_to(self.command()));
        let outcome = command.watch(&|origin, line| {
            if origin == Origin::Out && !line.trim().is_empty() {
                line.clone_into(&mut last.lock().unwrap_or_else(PoisonError::into_inner));
            }
        });
        let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            StepOutcome::Passed => self.closing(&last),
            other => other,
        }
    }

    fn closing(&self, last: &str) -> StepOutcome {
        let wanted = format!("{}: ok (", self.name);
        if last.starts_with(&wanted) {
            StepOutcome::Passed
        } else {
            StepOutcome::failed(format!("its last line is `{last}`, not `{wanted}..)`"))
        }
    }

    fn command(&self) -> Invocation {
        let name = &self.name;
        let run = Invocation::cargo(&format!("run --release -p {PACKAGE} --example {name}"));
        if self.features.is_empty() {
            return run;
        }
        run.with(["--features".to_owned(), self.features.join(",")])
    }

    fn description(&self) -> String {
        let services: Vec<&str> = self.services().collect();
        let needs = if services.is_empty() {
            String::new()
        } else {
            format!("  (needs {})", services.join(" and "))
        };
        format!("{}  $ {}{}", self.name, self.command(), needs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(features: &[&str]) -> Example {
        Example {
            name: "ford".to_owned(),
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
        }
    }

    #[test]
    fn an_example_is_run_with_the_features_it_requires() {
        let line = example(&[]).command().to_string();
        assert_eq!(line, "cargo run --release -p fleet-examples --example ford");
        let line = example(&["csv", "kafka"]).command().to_string();
        assert!(
            line.ends_with("--example ford --features csv,kafka"),
            "{line}"
        );
    }

    #[test]
    fn features_that_stand_for_services_ask_for_them() {
        assert_eq!(example(&["csv"]).services().count(), 0);
        assert!(!example(&["csv"]).needs("postgres"));
        let both = example(&["csv", "kafka", "postgres"]);
        assert!(both.needs("postgres") && both.needs("kafka") && !both.needs("csv"));
        assert!(both.description().ends_with("(needs kafka and postgres)"));
    }

    #[test]
    fn only_examples_are_examples() {
        let target = |kind: &str| Target {
            name: "ford".to_owned(),
            kind: vec![kind.to_owned()],
            src_path: "examples/ford.rs".into(),
            required_features: Vec::new(),
        };
        assert_eq!(Example::from_target(&target("example")), Some(example(&[])));
        assert_eq!(Example::from_target(&target("bin")), None);
    }

    #[test]
    fn an_example_passes_only_with_its_own_closing_line() {
        let ford = example(&[]);
        assert_eq!(ford.closing("ford: ok (12 alerts)"), StepOutcome::Passed);
        for line in [
            "",
            "ford: ok",
            "ford: FAILED (3)",
            "trips: ok (1)",
            "so ford: ok (1)",
        ] {
            assert!(
                matches!(ford.closing(line), StepOutcome::Failed(_)),
                "{line}"
            );
        }
    }
}
