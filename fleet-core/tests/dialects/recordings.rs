//! Access to the recorded data, which lies beside the repository.

use std::path::{Path, PathBuf};

use xtask::skip::skip_test;

/// Returns the root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads a recorded file. Without it the test is skipped visibly, or fails if recordings are
/// required.
pub(crate) fn read(file: &str) -> Option<Vec<u8>> {
    let data = std::env::var_os("FLEET_DATA_DIR").map_or("../shared/data".into(), PathBuf::from);
    let path = repository().join(data).join(file);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let required =
                std::env::var_os("FLEET_DATA_REQUIRED").is_some_and(|value| value == "1");
            assert!(!required, "{}: {error}", path.display());
            skip_test(&format!(
                "{} is missing; set FLEET_DATA_DIR",
                path.display()
            ));
            None
        }
    }
}
