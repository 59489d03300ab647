//! Where recordings are, for the tests that read them.

use std::path::{Path, PathBuf};

/// A file of the recordings, or `None` with a visible skip; a failure where it is required.
pub(crate) fn recording(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let root = std::env::var_os("FLEET_DATA_DIR").map_or(beside, PathBuf::from);
    let path = root.join(name);
    if path.is_file() {
        return Some(path);
    }
    assert!(
        std::env::var_os("FLEET_DATA_REQUIRED").is_none_or(|value| value != "1"),
        "the recordings are required: set FLEET_DATA_DIR to the folder that holds {name}"
    );
    xtask::skip::skip_test("no recorded drives; set FLEET_DATA_DIR to read them");
    None
}
