//! What restarts with other rules must lead to, as a plain loop over the rows.

use std::collections::BTreeMap;

use fleet_core::event::{Alert, Signal, Telemetry};
use fleet_rules::{Condition, Mode, Threshold};

/// The rules of one run.
#[derive(Clone, Debug)]
pub(super) struct RuleSet {
    pub(super) rules: Vec<Threshold>,
    pub(super) mode: Mode,
}

impl RuleSet {
    fn has(&self, name: &str, about: &About) -> bool {
        let own = |rule: &Threshold| rule.rule == name && self::about(rule) == *about;
        self.rules.iter().any(own)
    }
}

/// How far a run came before it crashed, in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) snapshot: usize,
    pub(super) position: usize,
}

/// What the state of a rule is about: the signal, and whether high values violate.
type About = (Option<Signal>, bool);

fn about(rule: &Threshold) -> About {
    match rule.condition {
        Condition::Above(signal, _) | Condition::AboveEventLimit { signal, .. } => {
            (Some(signal), true)
        }
        Condition::Below(signal, _) => (Some(signal), false),
        Condition::AnyCode => (None, true),
    }
}

/// Whether a rule is active, by car and name; and what the rule is about.
type Active = BTreeMap<(String, String), (About, bool)>;

/// An alert as text, without its id.
pub(super) fn text(alert: &Alert) -> String {
    let (at, car, rule) = (alert.at.as_micros(), &alert.vehicle, &alert.rule);
    let (kind, severity, value) = (alert.kind, alert.severity, alert.value);
    format!("{at} {car} {rule} {kind} {severity} {value:?}")
}

/// The alerts of several runs, each of which resumes where the one before it crashed.
pub(super) fn alerts(rows: &[Telemetry], runs: &[(RuleSet, Reached)]) -> Vec<String> {
    let (mut alerts, mut saved) = (Vec::new(), Active::new());
    let mut before: Option<(&RuleSet, Reached)> = None;
    for (now, reached) in runs {
        let from = before.map_or(0, |(_, reached)| reached.position);
        if reached.position == from {
            // It committed nothing, so it changed nothing.
            continue;
        }
        let mut active = saved.clone();
        if let Some((before, reached)) = before {
            active.retain(|(_, name), (about, _)| before.has(name, about) && now.has(name, about));
            for row in &rows[reached.snapshot..reached.position] {
                evaluate(now, row, &mut active);
            }
            active.retain(|(_, name), (about, _)| before.has(name, about));
        }
        // Without a snapshot of its own, a run leaves that of the run before.
        for (place, row) in rows[..reached.position].iter().enumerate().skip(from) {
            if place == reached.snapshot {
                saved = active.clone();
            }
            alerts.extend(evaluate(now, row, &mut active));
        }
        if reached.snapshot == reached.position {
            saved = active;
        }
        before = Some((now, *reached));
    }
    alerts.sort_unstable();
    alerts
}

/// Evaluates all rules for one row, and returns the alerts.
fn evaluate(set: &RuleSet, row: &Telemetry, active: &mut Active) -> Vec<String> {
    let mut alerts = Vec::new();
    for rule in &set.rules {
        let Some(evaluation) = rule.evaluate(row) else {
            continue;
        };
        let place = (row.vehicle().to_string(), rule.rule.to_string());
        let (_, was) = active.entry(place).or_insert((about(rule), false));
        if evaluation.violates && (set.mode == Mode::Every || !*was) {
            let (at, car, name) = (row.at().as_micros(), row.vehicle(), &rule.rule);
            let (kind, severity) = (rule.kind, rule.severity);
            let value = evaluation.value;
            alerts.push(format!("{at} {car} {name} {kind} {severity} {value:?}"));
        }
        *was = evaluation.violates;
    }
    alerts
}
