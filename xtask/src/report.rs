//! The steps of a command: every one is run, also after a failure, and one table sums them up.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::run::Invocation;

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing to say.
    Passed,
    /// It passed, and these are worth reading.
    Warned(Vec<String>),
    /// It was not run, for this reason. Never silent, never a failure.
    Skipped(String),
    /// What was found; the command will fail.
    Failed(Vec<String>),
}

impl Verdict {
    /// Failed for one reason.
    pub(crate) fn failed(why: impl Into<String>) -> Self {
        Self::Failed(vec![why.into()])
    }

    /// Passed if nothing was found.
    pub(crate) fn from_findings(findings: Vec<String>) -> Self {
        if findings.is_empty() {
            Self::Passed
        } else {
            Self::Failed(findings)
        }
    }

    /// The table's last column.
    pub(crate) fn word(&self) -> String {
        match self {
            Self::Passed => "ok".to_owned(),
            Self::Warned(all) => format!("ok, {} warned", all.len()),
            Self::Skipped(why) => format!("skipped: {why}"),
            Self::Failed(all) => match all.as_slice() {
                [one] => format!("FAILED: {one}"),
                more => format!("FAILED: {} findings", more.len()),
            },
        }
    }
}

/// What was run so far.
#[derive(Debug)]
pub(crate) struct Report {
    command: &'static str,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    step: String,
    took: Duration,
    verdict: Verdict,
}

impl Report {
    /// An empty report of `cargo xtask COMMAND`.
    pub(crate) fn new(command: &'static str) -> Self {
        Self {
            command,
            rows: Vec::new(),
        }
    }

    /// Runs a command as one step.
    pub(crate) fn command(&mut self, step: impl Into<String>, invocation: &Invocation) {
        let (verdict, took) = timed(|| invocation.run());
        self.add(step, took, verdict);
    }

    /// Runs a check of our own as one step, and prints what it found.
    pub(crate) fn check(&mut self, step: impl Into<String>, check: impl FnOnce() -> Verdict) {
        let step = step.into();
        println!("\n# {step}");
        let (verdict, took) = timed(check);
        match &verdict {
            Verdict::Passed => println!("  ok"),
            Verdict::Skipped(why) => println!("  skipped: {why}"),
            Verdict::Warned(all) | Verdict::Failed(all) => {
                for finding in all {
                    println!("  {finding}");
                }
            }
        }
        self.add(step, took, verdict);
    }

    fn add(&mut self, step: impl Into<String>, took: Duration, verdict: Verdict) {
        self.rows.push(Row {
            step: step.into(),
            took,
            verdict,
        });
    }

    /// Prints the table; 1 if a step failed.
    pub(crate) fn finish(self) -> ExitCode {
        let (table, failed) = self.table();
        println!("\n{table}");
        if failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }

    fn table(&self) -> (String, bool) {
        let names = self.rows.iter().map(|row| row.step.as_str());
        let width = names.map(str::len).max().unwrap_or_default();
        let mut lines: Vec<String> = self.rows.iter().map(|row| row.line(width)).collect();
        let failed: Vec<&str> = self
            .rows
            .iter()
            .filter(|row| matches!(row.verdict, Verdict::Failed(_)))
            .map(|row| row.step.as_str())
            .collect();
        lines.push(if failed.is_empty() {
            let steps = self.rows.len();
            let took: Duration = self.rows.iter().map(|row| row.took).sum();
            format!(
                "{}: ok ({steps} {}, {:.1} s)",
                self.command,
                if steps == 1 { "step" } else { "steps" },
                took.as_secs_f64()
            )
        } else {
            format!("{}: FAILED ({})", self.command, failed.join(", "))
        });
        (lines.join("\n"), !failed.is_empty())
    }
}

impl Row {
    fn line(&self, width: usize) -> String {
        let (step, took) = (&self.step, self.took.as_secs_f64());
        format!("{step:width$}  {took:>7.1} s  {}", self.verdict.word())
    }
}

/// Runs something and says how long it took.
#[expect(
    clippy::disallowed_methods,
    reason = "a build step takes real time; nothing here computes a result from events"
)]
pub(crate) fn timed<T>(what: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = what();
    (result, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdicts: Vec<(&str, Verdict)>) -> Report {
        let mut report = Report::new("check");
        for (step, verdict) in verdicts {
            report.add(step, Duration::from_millis(1500), verdict);
        }
        report
    }

    #[test]
    fn the_table_names_every_step_and_its_result() {
        let (table, failed) = report(vec![
            ("format", Verdict::Passed),
            ("bans", Verdict::Skipped("no cargo-deny".to_owned())),
        ])
        .table();
        assert!(!failed, "a skipped step is not a failure");
        assert_eq!(
            table,
            "format      1.5 s  ok\nbans        1.5 s  skipped: no cargo-deny\ncheck: ok (2 steps, 3.0 s)"
        );
    }

    #[test]
    fn one_failed_step_fails_the_command_and_the_others_are_still_shown() {
        let (table, failed) = report(vec![
            ("format", Verdict::failed("exit status: 1")),
            ("size", Verdict::Warned(vec!["a".to_owned()])),
            (
                "docs",
                Verdict::Failed(vec!["a".to_owned(), "b".to_owned()]),
            ),
        ])
        .table();
        assert!(failed);
        assert!(
            table.contains("format      1.5 s  FAILED: exit status: 1"),
            "{table}"
        );
        assert!(table.contains("ok, 1 warned"), "{table}");
        assert!(table.contains("FAILED: 2 findings"), "{table}");
        assert!(table.ends_with("check: FAILED (format, docs)"), "{table}");
    }
}
