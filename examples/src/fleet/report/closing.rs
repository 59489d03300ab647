//! The report at the end of a run: text for people, or one JSON object.

use std::{fmt::Write as _, time::Duration};

use fleet_core::{
    Result,
    checkpoint::Counts,
    pipeline::{Ending, Report},
};
use serde_json::{Map, Value, json};

use crate::{
    args::ReportFormat,
    console::stdout,
    report::format::{fates, grouped, listed},
    sink::SinkChoice,
};

/// The report at the end of a run.
pub(crate) struct ClosingReport {
    job: &'static str,
    sink: SinkChoice,
    report: Report,
    elapsed: Duration,
}

impl ClosingReport {
    pub(crate) fn new(
        job: &'static str,
        sink: &SinkChoice,
        report: Report,
        elapsed: Duration,
    ) -> Self {
        Self {
            job,
            sink: sink.clone(),
            report,
            elapsed,
        }
    }

    /// Prints the report.
    ///
    /// # Errors
    /// Returns an error if standard output refuses it.
    pub(crate) fn print(&self, format: ReportFormat) -> Result<()> {
        match format {
            ReportFormat::Json => stdout::print(&format!("{}\n", self.json())),
            ReportFormat::Text => stdout::print(&self.text()),
        }
    }

    /// The rows of each table with this fate, but for tables without any.
    fn ending_with(&self, fate: &'static str) -> impl Iterator<Item = (&str, u64)> {
        self.report.tallies.iter().filter_map(move |(name, count)| {
            let table = name.strip_prefix("sink.")?.strip_suffix(fate)?;
            Some((table.strip_suffix('.')?, *count)).filter(|(_, count)| *count > 0)
        })
    }

    fn events_per_second(&self) -> f64 {
        self.report.read_now as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Returns the JSON object. Scripts depend on its names.
    fn json(&self) -> Value {
        let Counts {
            read,
            accepted,
            filtered,
            dead_lettered,
            late,
            duplicate,
        } = self.report.counts;
        let alerts: Map<String, Value> = self
            .report
            .group("alerts")
            .map(|(kind, count)| (kind.into(), count.into()))
            .collect();
        json!({
            "read": read,
            "accepted": accepted,
            "filtered": filtered,
            "dead_lettered": dead_lettered,
            "late": late,
            "duplicate": duplicate,
            "vehicles": self.report.keys,
            "alerts": alerts,
            "windows": self.report.tally("windows", "final"),
            "elapsed_s": self.elapsed.as_secs_f64(),
            "events_per_s": self.events_per_second(),
        })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let ending = match self.report.ending {
            Ending::Complete => "complete",
            Ending::AlreadyComplete => "was complete already, nothing new was read",
            Ending::Stopped if self.sink == SinkChoice::Null => "stopped",
            Ending::Stopped | Ending::Closed => "stopped; run it again to go on",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "fleet {}: {ending}", self.job);
        let _ = writeln!(text, "  {}", fates(&self.report.counts));
        let _ = writeln!(text, "  {:<12}{}", "vehicles", grouped(self.report.keys));
        let _ = writeln!(
            text,
            "  {:<12}{}",
            "alerts",
            listed(self.report.group("alerts"))
        );
        let count = |tally| self.report.tally("windows", tally);
        let (windows, revised) = (count("final"), count("revised"));
        let revisions = match revised {
            0 => String::new(),
            revised => format!(", revised {} times", grouped(revised)),
        };
        let _ = writeln!(text, "  {:<12}{}{revisions}", "windows", grouped(windows));
        let stored = self.ending_with("written");
        let _ = writeln!(
            text,
            "  {:<12}{}: {}",
            "stored in",
            self.sink,
            listed(stored)
        );
        let seconds = self.elapsed.as_secs_f64();
        let rate = indicatif::HumanFloatCount(self.events_per_second().round());
        let balance = if self.report.balances() {
            "balances"
        } else {
            "DOES NOT BALANCE"
        };
        let _ = writeln!(text, "  {:<12}{balance}", "the report");
        if self.report.ending != Ending::AlreadyComplete {
            let _ = writeln!(text, "  {:<12}{seconds:.2} s, {rate} events/s", "took");
        }
        let Counts {
            read,
            dead_lettered,
            late,
            ..
        } = self.report.counts;
        let refused: Vec<_> = self.ending_with("dead_lettered").collect();
        if !refused.is_empty() {
            let refused = listed(refused.into_iter());
            let _ = writeln!(text, "  {:<12}{refused}", "refused rows");
        }
        let unused = dead_lettered > 0 || self.ending_with("dead_lettered").next().is_some();
        if let Some(db) = self.sink.dead_letter_db().filter(|_| unused) {
            let _ = writeln!(
                text,
                "  see what could not be used: fleet dead-letters --reasons --db {db}"
            );
        }
        // Our choice: more than one in a hundred hints at a wrong bound.
        if late > read / 100 {
            let _ = writeln!(
                text,
                "  many events were late: a wider --out-of-orderness takes them in, and so does \
                 --allowed-lateness for windows"
            );
        }
        text
    }
}
