//! Lists the tests that were skipped during one command.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use xtask::skip::VARIABLE;

use crate::run::{Invocation, Report, StepOutcome};

/// Collects what tests report by `xtask::skip::skip_test`.
#[derive(Debug)]
pub(super) struct SkippedTests {
    file: PathBuf,
}

impl SkippedTests {
    /// Starts with none, in a file of this process beneath the target folder.
    pub(super) fn collect(target: &Path) -> Result<Self, String> {
        let file = target.join(format!("skipped-tests-{}.txt", std::process::id()));
        // Absolute, because cargo starts each test in the directory of its package.
        fs::write(&file, "")
            .and_then(|()| file.canonicalize())
            .map(|file| Self { file })
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    /// Sets the variable that names the file for the tests of a command.
    pub(super) fn pass_to(&self, invocation: Invocation) -> Invocation {
        invocation.env(VARIABLE, self.file.display().to_string())
    }

    /// Lists every skipped test, under the reason it gave, in the closing lines of the report.
    pub(super) fn list(self, report: &mut Report) {
        match self.take() {
            Ok(text) => report.note(lines(&text)),
            Err(why) => report.check("skipped tests", || StepOutcome::failed(why)),
        }
    }

    fn take(self) -> Result<String, String> {
        let file = &self.file;
        fs::read_to_string(file)
            .and_then(|text| fs::remove_file(file).map(|()| text))
            .map_err(|error| format!("cannot read {}: {error}", file.display()))
    }
}

fn lines(text: &str) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for line in text.lines() {
        let (test, why) = line.split_once('\t').unwrap_or((line, "no reason given"));
        by_reason.entry(why).or_default().insert(test);
    }
    let count: usize = by_reason.values().map(BTreeSet::len).sum();
    if count == 0 {
        return vec!["skipped tests: none".to_owned()];
    }
    let mut lines = vec![format!("skipped tests: {count}")];
    for (why, tests) in by_reason {
        lines.push(format!("  {why}:"));
        lines.extend(tests.into_iter().map(|test| format!("    {test}")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_skipped_test_is_listed_once_under_its_reason() {
        let text = "b c\tno server\na d\tno data\nb c\tno server\na b\tno server\n";
        assert_eq!(
            lines(text),
            [
                "skipped tests: 3",
                "  no data:",
                "    a d",
                "  no server:",
                "    a b",
                "    b c"
            ]
        );
        assert_eq!(lines(""), ["skipped tests: none"]);
    }

    #[test]
    fn tests_report_to_the_file_that_the_command_is_given() {
        let skipped = SkippedTests::collect(&std::env::temp_dir()).unwrap();
        let script = format!("printf 'a b\\tno server\\n' >> \"${VARIABLE}\"");
        let test = skipped.pass_to(Invocation::new("sh", ["-c", &script]));
        test.output().unwrap();
        let file = skipped.file.clone();
        assert_eq!(skipped.take().unwrap(), "a b\tno server\n");
        assert!(!file.exists());
    }
}
