//! Dependencies between the packages of the workspace point one way: every package may use
//! `fleet-core`, and the libraries beside it do not use each other.

use crate::run::{Metadata, StepOutcome};

/// The libraries, `fleet-core` first.
pub(crate) const LIBRARIES: &[&str] = &[
    "fleet-core",
    "fleet-sources",
    "fleet-sinks",
    "fleet-rules",
    "fleet-scoring",
];

/// The packages at the top: they may use every library, and no package may use them.
const TOP: &[&str] = &["fleet-examples", "fleet-benches", "xtask"];

/// One package and the others of the workspace that it depends on, in tests and build scripts too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    name: String,
    uses: Vec<Use>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    name: String,
    only_tests: bool,
}

/// Checks the packages of this workspace.
pub(crate) fn check(metadata: &Metadata) -> StepOutcome {
    StepOutcome::from_findings(findings(&members(metadata)))
}

fn members(metadata: &Metadata) -> Vec<Member> {
    let ours: Vec<&str> = metadata
        .members()
        .map(|member| member.name.as_str())
        .collect();
    let uses = |member: &crate::run::Package| {
        let uses = member.dependencies.iter();
        uses.filter(|dependency| ours.contains(&dependency.name.as_str()))
            .map(|dependency| Use {
                name: dependency.name.clone(),
                only_tests: dependency.kind.as_deref() == Some("dev"),
            })
            .collect()
    };
    metadata
        .members()
        .map(|member| Member {
            name: member.name.clone(),
            uses: uses(member),
        })
        .collect()
}

/// One sentence for each violation.
fn findings(members: &[Member]) -> Vec<String> {
    let mut findings = Vec::new();
    for member in members {
        let name = member.name.as_str();
        if !LIBRARIES.contains(&name) && !TOP.contains(&name) {
            findings.push(format!(
                "{name} is in no list: add it to LIBRARIES or TOP in xtask/src/check/dependencies.rs"
            ));
        }
        findings.extend(member.uses.iter().filter_map(|used| refusal(name, used)));
    }
    findings
}

fn refusal(name: &str, used: &Use) -> Option<String> {
    let other = used.name.as_str();
    // A package may depend on itself in its tests, to enable its features there.
    if name == other && used.only_tests {
        return None;
    }
    // The library of xtask starts services for tests; no build for users contains it.
    if other == "xtask" && used.only_tests {
        return None;
    }
    let why = match (name, other) {
        (_, other) if TOP.contains(&other) => "no package depends on it",
        (name, _) if TOP.contains(&name) => return None,
        ("fleet-core", _) => "fleet-core depends on no other package of the workspace",
        (_, "fleet-core") => return None,
        _ => "only fleet-core; a test that needs both belongs to examples/",
    };
    let tests = if used.only_tests { " in its tests" } else { "" };
    Some(format!("{name} must not depend on {other}{tests}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, uses: &[&str]) -> Member {
        let uses = uses.iter().map(|text| Use {
            name: text.trim_end_matches("(dev)").to_owned(),
            only_tests: text.ends_with("(dev)"),
        });
        Member {
            name: name.to_owned(),
            uses: uses.collect(),
        }
    }

    fn found(members: &[Member]) -> String {
        findings(members).join("\n")
    }

    #[test]
    fn the_workspace_as_designed_has_no_finding() {
        let members = [
            member("fleet-core", &["fleet-core(dev)"]),
            member("fleet-sources", &["fleet-core", "fleet-core(dev)"]),
            member("fleet-sinks", &["fleet-core", "xtask(dev)"]),
            member("fleet-rules", &["fleet-core"]),
            member("fleet-scoring", &["fleet-core"]),
            member("fleet-examples", LIBRARIES),
            member("fleet-benches", LIBRARIES),
            member("xtask", &[]),
        ];
        assert_eq!(found(&members), "");
    }

    #[test]
    fn core_depends_on_no_other_member() {
        let found = found(&[member("fleet-core", &["fleet-rules"])]);
        assert!(
            found.starts_with("fleet-core must not depend on fleet-rules"),
            "{found}"
        );
    }

    #[test]
    fn siblings_never_depend_on_each_other_nor_in_tests() {
        let siblings = LIBRARIES.iter().skip(1);
        for (one, other) in siblings
            .clone()
            .flat_map(|one| siblings.clone().map(move |o| (one, o)))
        {
            assert!(
                !found(&[member(one, &[other])]).is_empty(),
                "{one} -> {other}"
            );
        }
        let found = found(&[member("fleet-sinks", &["fleet-sources(dev)"])]);
        assert!(found.contains("fleet-sources in its tests"), "{found}");
    }

    #[test]
    fn only_tests_depend_on_the_top_and_only_on_the_services() {
        for name in ["fleet-core", "fleet-rules", "fleet-benches"] {
            for top in ["fleet-examples", "fleet-benches(dev)", "xtask"] {
                let found = found(&[member(name, &[top])]);
                let of_itself = top.starts_with(name);
                assert!(
                    of_itself || found.ends_with("no package depends on it"),
                    "{found}"
                );
            }
        }
    }

    #[test]
    fn a_new_package_must_be_listed() {
        let found = found(&[member("fleet-utilities", &["fleet-core"])]);
        assert!(
            found.starts_with("fleet-utilities is in no list"),
            "{found}"
        );
    }
}
