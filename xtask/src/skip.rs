//! Reports a test that cannot run for want of a server or of data.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Names the file to which skipped tests are appended, one line each: the name of the test, a tab,
/// the reason. `cargo xtask test` sets it, and lists the tests at its end.
pub const VARIABLE: &str = "FLEET_SKIPPED";

/// Reports that the running test is skipped, and why. The caller returns after this.
///
/// The reason goes to standard error, which the test harness hides for tests that pass. So it also
/// goes to the file that [`VARIABLE`] names. The test is known by the name of its thread.
///
/// # Panics
///
/// The file cannot be written: a skipped test that is not listed would pass for one that ran.
pub fn skip_test(why: &str) {
    print(why);
    if let Some(file) = std::env::var_os(VARIABLE) {
        append(Path::new(&file), &running_test(), why);
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a skipped test says so to whoever runs it by hand"
)]
fn print(why: &str) {
    eprintln!("skipped: {why}");
}

#[expect(clippy::panic, reason = "a test that cannot report fails")]
fn append(file: &Path, test: &str, why: &str) {
    // One write, so that lines of test binaries that run at once do not mix.
    let line = format!("{test}\t{}\n", why.replace(['\n', '\t'], " "));
    let opened = OpenOptions::new().create(true).append(true).open(file);
    if let Err(error) = opened.and_then(|mut file| file.write_all(line.as_bytes())) {
        panic!(
            "cannot append to {}, named by {VARIABLE}: {error}",
            file.display()
        );
    }
}

/// `PACKAGE NAME`, or `PACKAGE/TARGET NAME` for a target that is not the package's library.
fn running_test() -> String {
    // Cargo sets it for every test that it runs.
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    let program = std::env::current_exe().ok();
    let thread = std::thread::current();
    // The first thread runs tests only where there is one at a time, and its name is not theirs.
    let test = thread.name().filter(|name| *name != "main");
    let test = test.unwrap_or("a test without a name");
    name(&package, program, test)
}

fn name(package: &str, program: Option<PathBuf>, test: &str) -> String {
    let program = program.and_then(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    // Cargo names a test binary after its target, with a hash behind.
    let target = program.as_deref().map(|stem| {
        let hashed = stem.rsplit_once('-');
        hashed.map_or(stem, |(target, _)| target)
    });
    match target {
        Some(target) if target.replace('-', "_") != package.replace('-', "_") => {
            format!("{package}/{target} {test}")
        }
        _ => format!("{package} {test}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_named_after_its_package_its_target_and_its_thread() {
        let program = |name: &str| Some(PathBuf::from(format!("/target/debug/deps/{name}")));
        let of_library = name(
            "fleet-sinks",
            program("fleet_sinks-0123456789abcdef"),
            "a::b",
        );
        assert_eq!(of_library, "fleet-sinks a::b");
        let of_tests = name(
            "fleet-examples",
            program("postgres-0123456789abcdef"),
            "disk::c",
        );
        assert_eq!(of_tests, "fleet-examples/postgres disk::c");
        assert!(
            running_test().ends_with("a_test_is_named_after_its_package_its_target_and_its_thread")
        );
    }

    #[test]
    fn each_skip_is_one_line_of_the_file() {
        let file = std::env::temp_dir().join(format!("xtask-skip-{}", std::process::id()));
        append(&file, "a b", "no server;\nsee c");
        append(&file, "a d", "no data");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(text, "a b\tno server; see c\na d\tno data\n");
    }

    #[test]
    #[should_panic(expected = "cannot append to /no/such/folder/file")]
    fn a_skip_that_cannot_be_listed_fails() {
        append(Path::new("/no/such/folder/file"), "a b", "no server");
    }
}
