use fleet_core::event::{AlertKind, LimitSource, Severity, Signal};

/// When a reading offends. Strictly: a reading that equals the limit does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// Greater than this, in the signal's canonical unit.
    Above(f64),
    /// Less than this, in the signal's canonical unit.
    Below(f64),
}

impl Condition {
    /// Whether a reading offends.
    #[inline]
    pub fn offends(self, value: f64) -> bool {
        match self {
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
        }
    }

    /// The limit.
    pub fn limit(self) -> f64 {
        match self {
            Self::Above(limit) | Self::Below(limit) => limit,
        }
    }
}

/// One signal against one limit.
///
/// # Examples
/// ```
/// use fleet_core::event::{AlertKind, LimitSource, Severity, Signal};
/// use fleet_rules::{Condition, Threshold};
/// let hot = Threshold {
///     rule: "engine-overheat",
///     kind: AlertKind::EngineOverheat,
///     severity: Severity::High,
///     signal: Signal::EngineTemperature,
///     condition: Condition::Above(100.0),
///     limit_source: LimitSource::Rule,
/// };
/// assert!(hot.condition.offends(108.0) && !hot.condition.offends(100.0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Its name: part of the ids of its alerts, and the identity of its state.
    pub rule: &'static str,
    /// What it finds.
    pub kind: AlertKind,
    /// How bad that is.
    pub severity: Severity,
    /// What it watches.
    pub signal: Signal,
    /// When it offends.
    pub condition: Condition,
    /// Where the limit comes from.
    pub limit_source: LimitSource,
}
