//! The operator that evaluates thresholds over telemetry and raises alerts.

mod description;
mod ids;
mod state;

pub use state::RulesState;

use std::sync::Arc;

use fleet_core::{
    Error, ErrorKind, Operator, Result, Row,
    event::{Alert, Telemetry},
    operator::{Cx, Resume},
};

use self::{description::Before, ids::Ids};
use crate::{Evaluation, Mode, Threshold};

/// The most rules that one operator evaluates. Each takes one bit of the state of a vehicle.
pub const MAX_RULES: usize = 64;

/// The longest name of a rule, bytes. Our choice: a sentence.
const MAX_NAME: usize = 128;

/// Evaluates up to [`MAX_RULES`] thresholds in one pass.
///
/// # Guarantees
/// The id of an alert is a hash of pipeline, node, rule, vehicle, time of the event and an ordinal,
/// so the same events produce the same alerts in every run. Belated events raise no alerts.
///
/// A restart may change the rules. Saved state belongs to the name of a rule:
///
/// | change | state of the rule, for each vehicle |
/// |---|---|
/// | none, another place in the list | goes on |
/// | another limit, tolerance, flag, kind or severity, another mode | goes on |
/// | added, renamed, added again after it was removed | starts inactive at the position |
/// | another signal, `Below` instead of `Above`, trouble codes instead of a signal | starts inactive |
/// | removed | is dropped |
///
/// A rule that starts inactive raises an alert at the first event that violates it. The state of
/// other rules is untouched. A [replay](fleet_core::pipeline::Snapshots::Every) raises no alerts;
/// its limits are those after the restart.
///
/// # Cost
/// The saved state of a vehicle takes 2 bytes, 8 more once it had an alert, and 4 for each active
/// rule.
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
    /// The ids by which states are saved.
    ids: Arc<Ids>,
}

impl Rules {
    /// An operator that evaluates these thresholds.
    ///
    /// # Errors
    /// Refuses more than [`MAX_RULES`] thresholds and limits that are not finite. Refuses names
    /// that are used twice, empty, longer than 128 bytes, or contain quotes or control characters,
    /// and two names whose states could not be told apart.
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
            let rule = &threshold.rule;
            if rule.is_empty() || rule.len() > MAX_NAME {
                let length = rule.len();
                return wrong(format!(
                    "the name `{rule}` of a rule has {length} bytes: give it 1 to {MAX_NAME}"
                ));
            }
            if let Some(refused) = rule.chars().find(|c| *c == '"' || c.is_control()) {
                let (rule, refused) = (rule.escape_debug(), refused.escape_debug());
                return wrong(format!(
                    "the name `{rule}` of a rule contains `{refused}`: remove it"
                ));
            }
            if let Some(number) = threshold.condition.number().filter(|n| !n.is_finite()) {
                return wrong(format!(
                    "rule `{rule}` compares with {number}: it must be finite"
                ));
            }
            if thresholds
                .iter()
                .skip(place + 1)
                .any(|other| other.rule == *rule)
            {
                return wrong(format!("two rules are named `{rule}`: rename one"));
            }
        }
        ids::check(&thresholds)?;
        Ok(Self::of_checked(thresholds, mode))
    }

    /// Skips the checks of [`new`](Self::new): a test runs them over every preset.
    pub(crate) fn of_preset<const N: usize>(thresholds: [Threshold; N], mode: Mode) -> Self {
        const { assert!(N <= MAX_RULES) };
        Self::of_checked(thresholds.into(), mode)
    }

    fn of_checked(thresholds: Vec<Threshold>, mode: Mode) -> Self {
        let ids = Arc::new(Ids::of(&thresholds));
        Self {
            thresholds,
            mode,
            ids,
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

impl Operator for Rules {
    type In = Telemetry;
    type Out = Alert;
    type State = RulesState;

    fn structure(&self) -> String {
        description::write(&self.thresholds)
    }

    fn resume(&self, saved: &str) -> Option<Resume<RulesState>> {
        let before = description::read(saved)?;
        let bit = |before: &Before<'_>| {
            let place = self.thresholds.iter().position(|rule| before.is(rule))?;
            u8::try_from(place).ok()
        };
        // By place in the list of the run before, which is what its version 1 saved.
        let bits: Vec<_> = before.iter().map(bit).collect();
        // A rule that the run before did not have starts inactive, whatever an entry says.
        let known = bits.iter().flatten().fold(0, |known, bit| known | 1 << bit);
        let ids = Arc::clone(&self.ids);
        let bit_of = move |id| match ids::place(id) {
            Some(place) => bits.get(place).copied().flatten(),
            None => ids.bit(id).filter(|bit| known >> bit & 1 == 1),
        };
        let ids = Arc::clone(&self.ids);
        let resume = Resume::adapting(move |state: &mut RulesState| state.renumber(&ids, &bit_of));
        // A replay evaluates new rules too.
        Some(resume.after_replay(move |state| state.active &= known))
    }

    fn init(&self) -> RulesState {
        RulesState::new(&self.ids)
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
        id: cx.content_id(&threshold.rule, ordinal),
        at: cx.now(),
        vehicle: event.vehicle().clone(),
        fleet: event.fleet().cloned(),
        kind: threshold.kind,
        severity: threshold.severity,
        rule: threshold.rule.clone(),
        value: evaluation.value,
        threshold: evaluation.limit,
        limit_source: evaluation.source,
    }
}
