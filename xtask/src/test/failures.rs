//! Repeats what failed tests said in the closing lines of a report.
//!
//! A run of all tests prints thousands of lines, and a log of continuous integration may keep only
//! its last ones.

use std::sync::{Mutex, PoisonError};

use crate::run::{Invocation, Origin, Report};

/// The lines that are repeated of one test binary.
const LINES: usize = 60;

/// The characters that are repeated of one line.
const WIDTH: usize = 400;

/// What the test binaries of one command said about failures.
#[derive(Debug, Default)]
pub(super) struct Failures {
    lines: Vec<String>,
    binary: Option<usize>,
}

impl Failures {
    /// Runs tests as one step, and lets the report end with what the failed ones said.
    pub(super) fn step(report: &mut Report, step: &str, tests: &Invocation) {
        let failures = Mutex::new(Self::default());
        report.check(step, || {
            tests.watch(&|origin, line| {
                let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                failures.see(origin, line);
            })
        });
        let failures = failures.into_inner();
        report.note(failures.unwrap_or_else(PoisonError::into_inner).lines);
    }

    /// A test binary lists its failures between `failures:` and its result. Cargo names those
    /// binaries that failed or crashed.
    fn see(&mut self, origin: Origin, line: &str) {
        match (origin, self.binary) {
            (Origin::Err, _) if line.starts_with("error: test failed") => self.keep(line),
            (Origin::Err, _) if line.starts_with("  process didn't exit") => self.keep(line),
            (Origin::Out, _) if line.starts_with("test result: ") => self.binary = None,
            (Origin::Out, None) if line == "failures:" => self.binary = Some(0),
            (Origin::Out, Some(LINES)) => {
                self.keep("...");
                self.binary = Some(LINES.saturating_add(1));
            }
            (Origin::Out, Some(seen)) if seen < LINES && !line.is_empty() => {
                self.keep(line);
                self.binary = Some(seen.saturating_add(1));
            }
            _ => {}
        }
    }

    fn keep(&mut self, line: &str) {
        let line: String = line.chars().take(WIDTH).collect();
        self.lines.push(format!("  {line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(origin: Origin, said: &str) -> Vec<String> {
        let mut failures = Failures::default();
        for line in said.lines() {
            failures.see(origin, line);
        }
        failures.lines
    }

    #[test]
    fn what_failed_tests_said_is_kept_and_what_passed_is_not() {
        let said = "test a ... ok\ntest b ... FAILED\n\nfailures:\n\n---- b stdout ----\n\
                    why\n\nfailures:\n    b\n\ntest result: FAILED. 1 passed; 1 failed\n\
                    test c ... ok\ntest result: ok. 1 passed; 0 failed\n";
        let kept = ["  ---- b stdout ----", "  why", "  failures:", "      b"];
        assert_eq!(seen(Origin::Out, said), kept);
    }

    #[test]
    fn a_binary_that_says_much_is_cut() {
        let said = format!("failures:\n{}test result: FAILED.\n", "line\n".repeat(200));
        let kept = seen(Origin::Out, &said);
        assert_eq!(kept.len(), LINES + 1);
        assert_eq!(kept.last().unwrap(), "  ...");
    }

    #[test]
    fn a_binary_that_crashed_is_named() {
        let said = "warning: unused\nerror: test failed, to rerun pass `-p a --lib`\n\
                    Caused by:\n  process didn't exit successfully: `a` (signal: 6)\n";
        assert_eq!(seen(Origin::Err, said).len(), 2);
    }
}
