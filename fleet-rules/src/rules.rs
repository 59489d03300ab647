use compact_str::CompactString;
use fleet_core::{
    Error, ErrorKind, EventTime, Operator, Result, Row, State,
    event::{Alert, Telemetry},
    operator::Cx,
};

use crate::{Mode, Threshold};

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
    /// When the last alert opened, and how many had opened at that time: the ordinal of the next.
    opened_at: EventTime,
    opened: u32,
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
            let (rule, limit) = (threshold.rule, threshold.condition.limit());
            if !limit.is_finite() {
                return wrong(format!(
                    "rule `{rule}` has the limit {limit}: it must be finite"
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
        self.opened_at.encode(to);
        self.opened.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != Self::VERSION {
            return None;
        }
        let (active, opened_at) = (u64::decode(0, from)?, EventTime::decode(0, from)?);
        Some(Self {
            active,
            opened_at,
            opened: u32::decode(0, from)?,
        })
    }
}

impl RulesState {
    /// The number of this alert among those that open at its time.
    fn ordinal(&mut self, now: EventTime) -> u64 {
        if self.opened_at != now {
            (self.opened_at, self.opened) = (now, 0);
        }
        let ordinal = self.opened;
        self.opened = self.opened.saturating_add(1);
        u64::from(ordinal)
    }
}

impl Operator for Rules {
    type In = Telemetry;
    type Out = Alert;
    type State = RulesState;

    fn structure(&self) -> String {
        let watched = |rule: &Threshold| format!("{} of {}", rule.rule, rule.signal.name());
        let watched: Vec<_> = self.thresholds.iter().map(watched).collect();
        format!("{} {}", self.mode, watched.join(", "))
    }

    fn init(&self) -> RulesState {
        RulesState {
            active: 0,
            opened_at: EventTime::BEFORE_ALL,
            opened: 0,
        }
    }

    fn on_row(&self, state: &mut RulesState, row: &Row<Telemetry>, cx: &mut Cx<'_, Alert>) {
        for (bit, threshold) in self.thresholds.iter().enumerate() {
            let Some(value) = row.value.value(threshold.signal) else {
                continue;
            };
            let (bit, offends) = (1u64 << bit, threshold.condition.offends(value));
            let was = state.active & bit != 0;
            state.active = if offends {
                state.active | bit
            } else {
                state.active & !bit
            };
            if offends && (self.mode == Mode::Every || !was) {
                let ordinal = state.ordinal(cx.now());
                cx.emit(alert(threshold, value, &row.value, cx, ordinal));
            }
        }
    }
}

fn alert(
    threshold: &Threshold,
    value: f64,
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
        value: Some(value),
        threshold: Some(threshold.condition.limit()),
        limit_source: threshold.limit_source,
    }
}
