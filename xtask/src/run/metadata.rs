//! What `cargo metadata` says about the workspace: the part of it that we read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::Invocation;

/// The workspace and everything it may pull in, on every platform and with every feature.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// Every package of the resolved tree, ours included.
    pub(crate) packages: Vec<Package>,
    /// The ids of our own packages.
    workspace_members: Vec<String>,
    /// The folder of the workspace's manifest.
    pub(crate) workspace_root: PathBuf,
    /// Where builds and records go.
    pub(crate) target_directory: PathBuf,
}

/// One package, ours or another's.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// The name.
    pub(crate) name: String,
    /// The version.
    pub(crate) version: String,
    id: String,
    /// The licence expression, if there is one.
    pub(crate) license: Option<String>,
    /// The path of its `Cargo.toml`.
    pub(crate) manifest_path: PathBuf,
    /// What it asks for, of every kind and for every platform.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its features and what each turns on.
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// Its libraries, programs, examples, tests.
    pub(crate) targets: Vec<Target>,
}

/// One line of a `[dependencies]` table.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The package's name, also if it is renamed.
    pub(crate) name: String,
    /// `dev`, `build`, or nothing.
    pub(crate) kind: Option<String>,
}

/// One library, program, example, test.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    /// The name.
    pub(crate) name: String,
    /// `lib`, `bin`, `example`, ..
    pub(crate) kind: Vec<String>,
    /// Its root file.
    pub(crate) src_path: PathBuf,
    /// The features without which it is not built.
    #[serde(default, rename = "required-features")]
    pub(crate) required_features: Vec<String>,
}

impl Target {
    /// Whether it only holds tests.
    pub(crate) fn is_test(&self) -> bool {
        self.kind.iter().any(|kind| kind == "test")
    }
}

impl Metadata {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self, String> {
        let text = Invocation::cargo("metadata --format-version 1 --all-features").output()?;
        serde_json::from_str(&text).map_err(|error| format!("cannot read cargo metadata: {error}"))
    }

    /// Our own packages.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        let ours = |package: &&Package| self.workspace_members.contains(&package.id);
        self.packages.iter().filter(ours)
    }
}
