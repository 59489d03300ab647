//! Runs the steps of a command, goes on after a failure, and sums the steps up in a table.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::{Invocation, StepOutcome};

/// The steps that have run.
#[derive(Debug)]
pub(crate) struct Report {
    command: &'static str,
    rows: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Row {
    step: String,
    took: Duration,
    outcome: StepOutcome,
}

impl Report {
    /// A report of `cargo xtask COMMAND` without steps.
    pub(crate) fn new(command: &'static str) -> Self {
        Self {
            command,
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Runs a command as one step.
    pub(crate) fn command(&mut self, step: impl Into<String>, invocation: &Invocation) {
        let (outcome, took) = timed(|| invocation.run());
        self.add(step, took, outcome);
    }

    /// Runs a check as one step and prints what it found.
    pub(crate) fn check(&mut self, step: impl Into<String>, check: impl FnOnce() -> StepOutcome) {
        let step = step.into();
        println!("\n# {step}");
        let (outcome, took) = timed(check);
        match &outcome {
            StepOutcome::Passed => println!("  ok"),
            StepOutcome::Skipped(why) => println!("  skipped: {why}"),
            StepOutcome::Failed(all) => {
                for finding in all {
                    println!("  {finding}");
                }
            }
        }
        self.add(step, took, outcome);
    }

    /// Adds lines between the table and the closing line.
    pub(crate) fn note(&mut self, lines: Vec<String>) {
        self.notes.extend(lines);
    }

    fn add(&mut self, step: impl Into<String>, took: Duration, outcome: StepOutcome) {
        self.rows.push(Row {
            step: step.into(),
            took,
            outcome,
        });
    }

    /// Prints the table. The exit code is 1 if a step failed.
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
            .filter(|row| matches!(row.outcome, StepOutcome::Failed(_)))
            .map(|row| row.step.as_str())
            .collect();
        lines.extend(self.notes.iter().cloned());
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
        format!("{step:width$}  {took:>7.1} s  {}", self.outcome.word())
    }
}

/// Runs something and measures how long it takes.
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

    fn report(outcomes: Vec<(&str, StepOutcome)>) -> Report {
        let mut report = Report::new("check");
        for (step, outcome) in outcomes {
            report.add(step, Duration::from_millis(1500), outcome);
        }
        report
    }

    #[test]
    fn the_table_names_every_step_and_its_result() {
        let (table, failed) = report(vec![
            ("format", StepOutcome::Passed),
            ("bans", StepOutcome::Skipped("no cargo-deny".to_owned())),
        ])
        .table();
        assert!(!failed, "a skipped step is not a failure");
        assert_eq!(
            table,
            "format      1.5 s  ok\nbans        1.5 s  skipped: no cargo-deny\ncheck: ok (2 steps, 3.0 s)"
        );
    }

    #[test]
    fn notes_stand_right_before_the_closing_line() {
        let mut report = report(vec![("tests", StepOutcome::Passed)]);
        report.note(vec!["skipped tests: none".to_owned()]);
        let (table, _) = report.table();
        let wanted = "\nskipped tests: none\ncheck: ok (1 step, 1.5 s)";
        assert!(table.ends_with(wanted), "{table}");
    }

    #[test]
    fn one_failed_step_fails_the_command_and_the_others_are_still_shown() {
        let (table, failed) = report(vec![
            ("format", StepOutcome::failed("exit status: 1")),
            (
                "docs",
                StepOutcome::Failed(vec!["a".to_owned(), "b".to_owned()]),
            ),
        ])
        .table();
        assert!(failed);
        assert!(
            table.contains("format      1.5 s  FAILED: exit status: 1"),
            "{table}"
        );
        assert!(table.contains("FAILED: 2 findings"), "{table}");
        assert!(table.ends_with("check: FAILED (format, docs)"), "{table}");
    }
}
