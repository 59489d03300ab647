use compact_str::CompactString;
use fleet_core::{
    Error, ErrorKind, Operator, Result, Row, State,
    event::{Alert, Signal, Telemetry},
    operator::Cx,
};

use crate::{Mode, Threshold, Verdict, ordinal::Ordinals};

/// How many rules one operator watches: one bit of its state each.
pub const MAX_RULES: usize = 64;

/// Watches any number of thresholds in one pass, with 20 bytes of state per vehicle.
///
/// # Guarantees
/// The id of an alert is made of pipeline, node, rule, vehicle, opening time and ordinal, so the same
/// events give the same alerts in every run.
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

/// What is kept for one vehicle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RulesState {
    /// Bit `i`: the condition of rule `i` was true at the last reading.
    active: u64,
    ordinals: Ordinals,
}

impl Rules {
    /// Watches these thresholds.
    ///
    /// # Errors
    /// Refuses more than [`MAX_RULES`], two of one name, and a limit that is not finite.
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

    /// For presets, which are tested.
    pub(crate) fn of_preset<const N: usize>(thresholds: [Threshold; N], mode: Mode) -> Self {
        const { assert!(N <= MAX_RULES) };
        Self {
            thresholds: thresholds.to_vec(),
            mode,
        }
    }

    /// What is watched.
    pub fn thresholds(&self) -> &[Threshold] {
        &self.thresholds
    }

    /// How often a rule that stays true raises an alert.
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
            let Some(offends) = threshold.offends(&row.value) else {
                continue;
            };
            let was = active >> bit & 1 == 1;
            active = active & !(1 << bit) | u64::from(offends) << bit;
            // Most readings offend nothing: what an alert needs is looked up for those that do.
            if offends
                && (self.mode == Mode::Every || !was)
                && let Some(verdict) = threshold.judge(&row.value)
            {
                let ordinal = state.ordinals.next(cx.now());
                cx.emit(alert(threshold, verdict, &row.value, cx, ordinal));
            }
        }
        state.active = active;
    }
}

fn alert(
    threshold: &Threshold,
    verdict: Verdict,
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
        value: verdict.value,
        threshold: verdict.limit,
        limit_source: verdict.source,
    }
}
