//! Every source file and document of the workspace, in memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::source::SourceFile;
use crate::run::Metadata;

/// What the checks read.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    pub(super) packages: Vec<Package>,
    /// Source files by path.
    pub(super) sources: BTreeMap<String, SourceFile>,
    /// Markdown files: path and text.
    pub(super) documents: BTreeMap<String, String>,
}

/// One package of the workspace.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    /// Its folder; every path of the package begins with it.
    pub(super) folder: String,
    /// The root files of its libraries, programs, examples and benchmarks.
    pub(super) roots: Vec<String>,
}

impl Workspace {
    /// Reads the files of every member, and the documents of the root.
    pub(super) fn load(metadata: &Metadata) -> Result<Self, String> {
        let root = &metadata.workspace_root;
        let mut workspace = Self::default();
        for member in metadata.members() {
            let Some(folder) = member.manifest_path.parent() else {
                continue;
            };
            workspace.read_folder(root, folder, true)?;
            let targets = member.targets.iter().filter(|target| !target.is_test());
            workspace.packages.push(Package {
                name: member.name.clone(),
                folder: relative(root, folder),
                roots: targets
                    .map(|target| relative(root, &target.src_path))
                    .collect(),
            });
        }
        workspace.read_folder(root, root, false)?;
        Ok(workspace)
    }

    fn read_folder(&mut self, root: &Path, folder: &Path, deep: bool) -> Result<(), String> {
        let cannot = |path: &Path, error| format!("cannot read {}: {error}", path.display());
        let entries = fs::read_dir(folder).map_err(|error| cannot(folder, error))?;
        for entry in entries {
            let path = entry.map_err(|error| cannot(folder, error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') || name == "target" {
                continue;
            }
            if path.is_dir() {
                if deep {
                    self.read_folder(root, &path, deep)?;
                }
                continue;
            }
            let is = |extension: &str| path.extension().is_some_and(|found| found == extension);
            if !is("rs") && !is("md") {
                continue;
            }
            let text = fs::read_to_string(&path).map_err(|error| cannot(&path, error))?;
            if is("rs") {
                self.add_source(relative(root, &path), text);
            } else {
                self.documents.insert(relative(root, &path), text);
            }
        }
        Ok(())
    }

    fn add_source(&mut self, path: String, text: String) {
        let file = SourceFile::new(path.clone(), text);
        self.sources.insert(path, file);
    }

    /// One package `a` with these files; `a/src/lib.rs` is its library.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut workspace = Self::default();
        workspace.packages.push(Package {
            name: "a".to_owned(),
            folder: "a".to_owned(),
            roots: vec!["a/src/lib.rs".to_owned()],
        });
        for (path, text) in files {
            if path.strip_suffix(".md").is_some() {
                let document = (*text).to_owned();
                workspace.documents.insert((*path).to_owned(), document);
            } else {
                workspace.add_source((*path).to_owned(), (*text).to_owned());
            }
        }
        workspace
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}
