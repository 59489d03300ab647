//! Every command of README.md works as written: in order, in an empty folder, with what the one
//! before it left behind. What the README shows as output is what it prints.
//!
//! Only `cargo` is another one: it runs the binaries that are built already.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panic")]

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

const README: &str = include_str!("../../README.md");

/// Takes the words of `cargo run .. -- WORDS` and of `cargo xtask WORDS`.
const CARGO: &str = r#"#!/bin/sh
set -eu
case "${1-}" in
run)
    shift
    while [ $# -gt 0 ]; do
        case "$1" in
        --) shift; break ;;
        --release) shift ;;
        --features) shift 2 ;;
        *) echo "not a word of README's cargo: $1" >&2; exit 2 ;;
        esac
    done
    exec "$FLEET_BINARY" "$@" ;;
xtask)
    shift
    export CARGO="$REAL_CARGO" CARGO_MANIFEST_DIR="$WORKSPACE/xtask"
    cd "$WORKSPACE"
    exec "$XTASK_BINARY" "$@" ;;
# Asked by xtask itself.
metadata) exec "$REAL_CARGO" "$@" ;;
*) echo "not a command of README's cargo: $*" >&2; exit 2 ;;
esac
"#;

/// The blocks of one language, such as `sh`.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in README.lines() {
        match &mut open {
            Some(block) if line == "```" => {
                blocks.push(std::mem::take(block));
                open = None;
            }
            Some(block) => {
                block.push_str(line);
                block.push('\n');
            }
            None if line.strip_prefix("```") == Some(language) => open = Some(String::new()),
            None => {}
        }
    }
    blocks
}

/// The binary of `cargo xtask`, which is built beside this test by `cargo xtask test`.
fn xtask_binary() -> Option<PathBuf> {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent()?.parent()?;
    let binary = folder.join("xtask");
    binary.is_file().then_some(binary)
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_command_of_the_readme_works_as_written() {
    let Some(xtask) = xtask_binary() else {
        return xtask::skip::skip_test("there is no binary of xtask: `cargo xtask test` builds it");
    };
    for program in ["sqlite3", "psql", "gzip"] {
        let found = Command::new(program).arg("--version").output();
        if !found.is_ok_and(|output| output.status.success()) {
            return xtask::skip::skip_test(&format!("{program} is not installed"));
        }
    }
    let commands = blocks("sh");
    assert!(commands.len() > 8, "{commands:#?}");
    let folder = tempfile::tempdir().unwrap();
    let (bin, work) = (folder.path().join("bin"), folder.path().join("work"));
    fs::create_dir(&bin).unwrap();
    fs::create_dir(&work).unwrap();
    executable(&bin.join("cargo"), CARGO);
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    symlink(package, work.join("examples")).unwrap();
    // The server belongs to this run alone, and stops even if a command fails.
    let script = format!(
        "set -euo pipefail\ntrap 'cargo xtask services down >&2' EXIT\n{}",
        commands.join("\necho '--- next block'\n")
    );
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(&work)
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("FLEET_BINARY", env!("CARGO_BIN_EXE_fleet"))
        .env("XTASK_BINARY", xtask)
        .env("CARGO_TARGET_DIR", folder.path().join("target"))
        .env("REAL_CARGO", env!("CARGO"))
        .env("WORKSPACE", package.parent().unwrap())
        .env_remove("FLEET_POSTGRES_URL")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{printed}\n{errors}");
    // Those of `cargo xtask example` are compared by their own checks.
    let shown = blocks("text");
    let is_of_example = |block: &&String| {
        let ours = [
            "driver_scores",
            "ford",
            "fleetstream",
            "rolling_scores",
            "self_driving",
            "vehicleops",
        ];
        let mut examples = ours.iter().map(|name| format!("{name}: ok"));
        examples.any(|closing| block.starts_with(&closing))
    };
    let shown = shown.iter().filter(|block| !is_of_example(block));
    let mut compared = 0;
    for block in shown {
        assert!(
            printed.contains(block.as_str()),
            "not printed:\n{block}\nbut\n{printed}"
        );
        compared += 1;
    }
    assert!(compared >= 3);
}
