//! The operator that evaluates thresholds over telemetry and raises alerts.

use compact_str::CompactString;
use fleet_core::{
    Error, ErrorKind, Operator, Result, Row, State,
    event::{Alert, Signal, Telemetry},
    operator::Cx,
};

use crate::{Evaluation, Mode, Threshold, ordinal::Ordinals};

/// The most rules that one operator evaluates. Each takes one bit of the state of a vehicle.
pub const MAX_RULES: usize = 64;

/// Evaluates up to [`MAX_RULES`] thresholds in one pass, with 20 bytes of state per vehicle.
///
/// # Guarantees
/// The id of an alert is a hash of pipeline, node, rule, vehicle, time of the event and an ordinal,
/// so the same events produce the same alerts in every run. Belated events raise no alerts.
///
/// # Examples
/// ```
/// use fleet_rules::{Mode, preset};
/// let rules = preset::vehicleops(Mode::Edge);
/// assert_eq!(rules.thresholds().len(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    thresholds: Vec<Threshold>,
    mode: Mode,
}

/// The state of one vehicle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RulesState {
    /// Bit `i` is set when the last evaluation of rule `i` was a violation.
    active: u64,
    ordinals: Ordinals,
}

impl Rules {
    /// An operator that evaluates these thresholds.
    ///
    /// # Errors
    /// Refuses more than [`MAX_RULES`] thresholds, duplicate names, and limits that are not finite.
    pub fn new(thresholds: impl IntoIterator<Item = Threshold>, mode: Mode) -> Result<Self> {
        let thresholds: Vec<_> = thresholds.into_iter().collect();
        let wrong = |message: String| Err(Error::new(ErrorKind::Config, message));
        if thresholds.len() > MAX_RULES {
            let count = thresholds.len();
            return wrong(format!(
                "{count} rules are too many for one operator: the limit is {MAX_RULES}"
            ));
        }
        for (place, threshold) in thresholds.iter().enumerate() {
            let rule = threshold.rule;
            if let Some(number) = threshold.condition.number().filter(|n| !n.is_finite()) {
                return wrong(format!(
                    "rule `{rule}` compares with {number}: it must be finite"
                ));
            }
            if thresholds
                .iter()
                .skip(place + 1)
                .any(|other| other.rule == rule)
            {
                return wrong(format!("two rules are named `{rule}`: rename one"));
            }
        }
        Ok(Self { thresholds, mode })
    }

    /// Skips the checks of [`new`](Self::new): a test runs them over every preset.
    pub(crate) fn of_preset<const N: usize>(thresholds: [Threshold; N], mode: Mode) -> Self {
        const { assert!(N <= MAX_RULES) };
        Self {
            thresholds: thresholds.to_vec(),
            mode,
        }
    }

    /// The thresholds, in the order in which they are evaluated.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// How often a rule that stays violated raises an alert.
    pub fn mode(&self) -> Mode {
        self.mode
    }
}

impl State for RulesState {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.active.encode(to);
        self.ordinals.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        Some(Self {
            active: u64::decode(0, from)?,
            ordinals: Ordinals::decode(Ordinals::VERSION, from)?,
        })
    }
}

impl Operator for Rules {
    type In = Telemetry;
    type Out = Alert;
    type State = RulesState;

    fn structure(&self) -> String {
        let watched = |rule: &Threshold| {
            let what = rule.condition.signal().map_or("any code", Signal::name);
            format!("{} of {what}", rule.rule)
        };
        let watched: Vec<_> = self.thresholds.iter().map(watched).collect();
        format!("{} {}", self.mode, watched.join(", "))
    }

    fn init(&self) -> RulesState {
        RulesState {
            active: 0,
            ordinals: Ordinals::NONE,
        }
    }

    fn on_row(&self, state: &mut RulesState, row: &Row<Telemetry>, cx: &mut Cx<'_, Alert>) {
        let mut active = state.active;
        for (bit, threshold) in self.thresholds.iter().enumerate() {
            let Some(violates) = threshold.violates(&row.value) else {
                continue;
            };
            let was = active >> bit & 1 == 1;
            active = active & !(1 << bit) | u64::from(violates) << bit;
            // Few events violate a rule: only those pay for a full evaluation.
            if violates
                && (self.mode == Mode::Every || !was)
                && let Some(evaluation) = threshold.evaluate(&row.value)
            {
                let ordinal = state.ordinals.next(cx.now());
                cx.emit(alert(threshold, evaluation, &row.value, cx, ordinal));
            }
        }
        state.active = active;
    }
}

fn alert(
    threshold: &Threshold,
    evaluation: Evaluation,
    event: &Telemetry,
    cx: &Cx<'_, Alert>,
    ordinal: u64,
) -> Alert {
    Alert {
        id: cx.content_id(threshold.rule, ordinal),
        at: cx.now(),
        vehicle: event.vehicle().clone(),
        fleet: event.fleet().cloned(),
        kind: threshold.kind,
        severity: threshold.severity,
        rule: CompactString::const_new(threshold.rule),
        value: evaluation.value,
        threshold: evaluation.limit,
        limit_source: evaluation.source,
    }
}
