//! The default dependency tree of every library contains no outside system.
//!
//! Brokers, database clients, network stacks and TLS are features that are off by default, so a
//! first build needs no C toolchain beyond `cc`. Bundled SQLite is the one exception: it is on by
//! default in `fleet-sinks`.

use super::dependencies::LIBRARIES;
use crate::run::{Invocation, StepOutcome};

/// The kind of outside system that a crate belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brings {
    Network,
    Broker,
    Database,
    EmbeddedDatabase,
    Tls,
}

impl Brings {
    fn word(self) -> &'static str {
        match self {
            Self::Network => "a network",
            Self::Broker => "a broker",
            Self::Database => "a database",
            Self::EmbeddedDatabase => "an embedded database",
            Self::Tls => "a TLS",
        }
    }
}

/// The crates by which an outside system enters a tree. The clients of each system share a crate
/// that none can do without, so the list need not name every client.
const BRINGS: &[(&str, Brings)] = &[
    ("mio", Brings::Network),
    ("socket2", Brings::Network),
    ("hyper", Brings::Network),
    ("reqwest", Brings::Network),
    ("ureq", Brings::Network),
    ("axum", Brings::Network),
    ("tonic", Brings::Network),
    ("rdkafka", Brings::Broker),
    ("rdkafka-sys", Brings::Broker),
    ("rskafka", Brings::Broker),
    ("lapin", Brings::Broker),
    ("amqprs", Brings::Broker),
    ("rumqttc", Brings::Broker),
    ("postgres", Brings::Database),
    ("postgres-protocol", Brings::Database),
    ("tokio-postgres", Brings::Database),
    ("sqlx-core", Brings::Database),
    ("diesel", Brings::Database),
    ("rusqlite", Brings::EmbeddedDatabase),
    ("libsqlite3-sys", Brings::EmbeddedDatabase),
    ("rustls", Brings::Tls),
    ("openssl", Brings::Tls),
    ("openssl-sys", Brings::Tls),
    ("native-tls", Brings::Tls),
    ("aws-lc-rs", Brings::Tls),
    ("aws-lc-sys", Brings::Tls),
    ("ring", Brings::Tls),
];

/// One package of a tree and the features it is built with.
#[derive(Debug, PartialEq, Eq)]
struct Built<'a> {
    name: &'a str,
    features: Vec<&'a str>,
}

/// Checks the default tree of every library, and that `fleet-core` without features is free of
/// tokio.
pub(crate) fn check() -> StepOutcome {
    let mut findings = Vec::new();
    for package in LIBRARIES {
        match tree(package, "") {
            Ok(text) => findings.extend(in_default_tree(package, &built(&text))),
            Err(why) => findings.push(why),
        }
    }
    match tree("fleet-core", "--no-default-features") {
        Ok(text) => findings.extend(in_bare_core(&built(&text))),
        Err(why) => findings.push(why),
    }
    StepOutcome::from_findings(findings)
}

/// The tree as cargo resolves it for this package alone, on every platform, without its tests.
fn tree(package: &str, features: &str) -> Result<String, String> {
    let line = format!("tree -p {package} {features} -e normal,build --target all --prefix none");
    let tree = Invocation::cargo(&line).with(["-f", "{p}|{f}"]);
    println!("$ {tree}");
    tree.output()
}

/// Reads lines like `tokio v1.48.0|rt,time (*)`.
fn built(tree: &str) -> Vec<Built<'_>> {
    tree.lines().filter_map(parse).collect()
}

fn parse(line: &str) -> Option<Built<'_>> {
    let (package, features) = line.split_once('|')?;
    Some(Built {
        name: package.split_whitespace().next()?,
        features: features.trim_end_matches(" (*)").split(',').collect(),
    })
}

fn in_default_tree(package: &str, tree: &[Built<'_>]) -> Vec<String> {
    let mut findings = Vec::new();
    for built in tree {
        let brings = BRINGS.iter().find(|(name, _)| *name == built.name);
        match brings.map(|(_, brings)| *brings) {
            Some(Brings::EmbeddedDatabase) if package == "fleet-sinks" => {}
            Some(brings) => findings.push(format!(
                "{package} pulls in {} crate by default: {}; put it behind a feature",
                brings.word(),
                built.name
            )),
            None => {}
        }
        if built.name == "tokio" && built.features.contains(&"net") {
            findings.push(format!("{package} turns on tokio's `net` by default"));
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

fn in_bare_core(tree: &[Built<'_>]) -> Option<String> {
    let tokio = tree.iter().any(|built| built.name == "tokio");
    tokio.then(|| "fleet-core without features still pulls in tokio".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "fleet-core v0.1.0 (/elsewhere/fleet-core)|default,driver\n\
                         serde v1.0.0|default,derive,std\n\
                         tokio v1.48.0|macros,rt,time\n\
                         tokio v1.48.0|macros,rt,time (*)\n";

    #[test]
    fn a_tree_without_outside_systems_has_no_finding() {
        assert_eq!(built(PLAIN).len(), 4);
        assert!(in_default_tree("fleet-core", &built(PLAIN)).is_empty());
    }

    #[test]
    fn every_named_crate_is_found_in_core() {
        for (name, _) in BRINGS {
            let tree = format!("{PLAIN}{name} v1.0.0|");
            let findings = in_default_tree("fleet-core", &built(&tree));
            assert_eq!(findings.len(), 1, "{name}");
        }
    }

    #[test]
    fn only_sinks_may_bring_sqlite() {
        let tree = built("rusqlite v0.41.0|bundled\nlibsqlite3-sys v0.35.0|bundled");
        assert!(in_default_tree("fleet-sinks", &tree).is_empty());
        assert_eq!(in_default_tree("fleet-sources", &tree).len(), 2);
        assert!(!in_default_tree("fleet-sinks", &built("postgres v0.19.0|")).is_empty());
    }

    #[test]
    fn tokio_without_net_is_allowed() {
        let tree = built("tokio v1.48.0|io-util,net (*)\ntokio v1.48.0|io-util,net");
        let findings = in_default_tree("fleet-core", &tree);
        assert_eq!(findings, ["fleet-core turns on tokio's `net` by default"]);
    }

    #[test]
    fn the_bare_core_is_without_tokio() {
        assert!(in_bare_core(&built(PLAIN)).is_some());
        assert!(in_bare_core(&built("tokio-stream v0.1.0|")).is_none());
    }
}
