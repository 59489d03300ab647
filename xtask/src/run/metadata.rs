//! The part of `cargo metadata` that the commands read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::Invocation;

/// The workspace and all its possible dependencies, on every platform and with every feature.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// Every package of the resolved tree, members included.
    pub(crate) packages: Vec<Package>,
    /// The ids of the members of the workspace.
    workspace_members: Vec<String>,
    /// The folder of the workspace's manifest.
    pub(crate) workspace_root: PathBuf,
    /// The folder of build output and of records.
    pub(crate) target_directory: PathBuf,
}

/// One package: a member of the workspace or a dependency.
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
    /// The dependencies it declares, of every kind and for every platform.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its features, and what each enables.
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// Its libraries, programs, examples and tests.
    pub(crate) targets: Vec<Target>,
}

/// One entry of a `[dependencies]` table.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The name of the package, even if the entry renames it.
    pub(crate) name: String,
    /// `dev`, `build`, or `None` for a normal dependency.
    pub(crate) kind: Option<String>,
}

/// One library, program, example or test.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    /// The name.
    pub(crate) name: String,
    /// `lib`, `bin`, `example`, ..
    pub(crate) kind: Vec<String>,
    /// Its root file.
    pub(crate) src_path: PathBuf,
    /// The features it needs in order to be built.
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
    /// Runs `cargo metadata`.
    pub(crate) fn load() -> Result<Self, String> {
        let text = Invocation::cargo("metadata --format-version 1 --all-features").output()?;
        serde_json::from_str(&text).map_err(|error| format!("cannot read cargo metadata: {error}"))
    }

    /// The members of the workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        let ours = |package: &&Package| self.workspace_members.contains(&package.id);
        self.packages.iter().filter(ours)
    }
}
