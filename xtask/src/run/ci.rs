//! Detects continuous integration.

/// Whether `CI` is `true`. There, warnings are errors, missing services are installed and the long
/// tests run; elsewhere the contributor decides.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}
