//! Thresholds: what a rule compares in one event, and the result of the comparison.

use std::fmt;

use fleet_core::event::{AlertKind, LimitSource, Severity, Signal, Telemetry};

/// What a rule compares. Every comparison is strict: a reading equal to the limit is no violation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// A signal exceeds this limit, in the signal's canonical unit.
    Above(Signal, f64),
    /// A signal is below this limit, in the signal's canonical unit.
    Below(Signal, f64),
    /// A signal exceeds the limit that the event itself carries by more than a tolerance.
    AboveEventLimit {
        /// The signal to compare.
        signal: Signal,
        /// The signal that carries the limit, in the same unit.
        limit: Signal,
        /// How far above the limit is still accepted. The alert reports the limit without it.
        tolerance: f64,
    },
    /// Any diagnostic trouble code is set. The alert has neither value nor limit.
    AnyCode,
}

/// A flag by which the producer itself reports a violation. It takes precedence over the limit.
///
/// [`event::Flag`](fleet_core::event::Flag) lists the flags that events carry; this type names the
/// one that a [`Threshold`] reads.
///
/// # Examples
/// ```
/// use fleet_core::event::Telemetry;
/// use fleet_rules::ProducerFlag;
/// let is_reverse = |event: &Telemetry| event.gear().map(|gear| gear < 0);
/// let reverse = ProducerFlag::new("reverse", is_reverse);
/// assert_eq!(reverse.name(), "reverse");
/// ```
#[derive(Clone, Copy)]
pub struct ProducerFlag {
    name: &'static str,
    read: fn(&Telemetry) -> Option<bool>,
}

impl ProducerFlag {
    /// A flag read by `read`, which returns `None` for an event without it.
    pub const fn new(name: &'static str, read: fn(&Telemetry) -> Option<bool>) -> Self {
        Self { name, read }
    }
    /// The name of the field in the producer's messages.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for ProducerFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProducerFlag").field(&self.name).finish()
    }
}

/// Flags are equal when their names are.
impl PartialEq for ProducerFlag {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// One rule: a condition, and the alert that it raises.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, VehicleId, units::Temperature};
/// use fleet_core::event::{AlertKind, LimitSource, Severity, Signal, Telemetry};
/// use fleet_rules::{Condition, Threshold};
/// let hot = Threshold {
///     rule: "engine-overheat",
///     kind: AlertKind::EngineOverheat,
///     severity: Severity::High,
///     condition: Condition::Above(Signal::EngineTemperature, 100.0),
///     flag: None,
/// };
/// let event = |celsius| {
///     let vehicle = VehicleId::new("car-1").unwrap();
///     Telemetry::new(vehicle, EventTime::MIN).with_engine_temperature(Temperature::from_celsius(celsius))
/// };
/// assert!(!hot.evaluate(&event(100.0)).unwrap().violates);
/// let found = hot.evaluate(&event(108.0)).unwrap();
/// assert_eq!((found.violates, found.limit, found.source), (true, Some(100.0), LimitSource::Rule));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// The rule's name. Alert ids are derived from it, and saved state is matched by it.
    pub rule: &'static str,
    /// The kind of the alerts.
    pub kind: AlertKind,
    /// The severity of the alerts.
    pub severity: Severity,
    /// When an event violates the rule.
    pub condition: Condition,
    /// The producer's own flag for this rule, if it sends one.
    pub flag: Option<ProducerFlag>,
}

/// The result of comparing one event with a [`Threshold`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Whether the event violates the rule.
    pub violates: bool,
    /// The reading, in the signal's canonical unit.
    pub value: Option<f64>,
    /// The limit, in the same unit; `None` for a trouble code, and where the producer's flag
    /// decided.
    pub limit: Option<f64>,
    /// Where the limit came from.
    pub source: LimitSource,
}

impl Threshold {
    /// The `violates` field of [`evaluate`](Self::evaluate), without computing the rest.
    #[inline]
    pub(crate) fn violates(&self, event: &Telemetry) -> Option<bool> {
        if self.flag.is_some() {
            return self.evaluate(event).map(|evaluation| evaluation.violates);
        }
        match self.condition {
            Condition::Above(signal, limit) => event.value(signal).map(|value| value > limit),
            Condition::Below(signal, limit) => event.value(signal).map(|value| value < limit),
            _ => self.evaluate(event).map(|evaluation| evaluation.violates),
        }
    }

    /// Compares an event with this rule.
    ///
    /// Returns `None` when the event lacks the reading or the limit: the rule's state stays as it
    /// is.
    #[inline]
    pub fn evaluate(&self, event: &Telemetry) -> Option<Evaluation> {
        if let Some(violates) = self.flag.and_then(|flag| (flag.read)(event)) {
            return Some(Evaluation {
                violates,
                value: self
                    .condition
                    .signal()
                    .and_then(|signal| event.value(signal)),
                limit: None,
                source: LimitSource::Flag,
            });
        }
        let (value, limit, violates, source) = match self.condition {
            Condition::Above(signal, limit) => {
                let value = event.value(signal)?;
                (value, limit, value > limit, LimitSource::Rule)
            }
            Condition::Below(signal, limit) => {
                let value = event.value(signal)?;
                (value, limit, value < limit, LimitSource::Rule)
            }
            Condition::AboveEventLimit {
                signal,
                limit,
                tolerance,
            } => {
                let (value, limit) = (event.value(signal)?, event.value(limit)?);
                (value, limit, value > limit + tolerance, LimitSource::Event)
            }
            Condition::AnyCode => {
                return Some(Evaluation {
                    violates: !event.dtcs().is_empty(),
                    value: None,
                    limit: None,
                    source: LimitSource::Rule,
                });
            }
        };
        Some(Evaluation {
            violates,
            value: Some(value),
            limit: Some(limit),
            source,
        })
    }
}

impl Condition {
    /// The signal that is compared; `None` for trouble codes.
    pub fn signal(self) -> Option<Signal> {
        match self {
            Self::Above(signal, _)
            | Self::Below(signal, _)
            | Self::AboveEventLimit { signal, .. } => Some(signal),
            Self::AnyCode => None,
        }
    }

    /// The limit or tolerance, which must be finite.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::Above(_, number)
            | Self::Below(_, number)
            | Self::AboveEventLimit {
                tolerance: number, ..
            } => Some(number),
            Self::AnyCode => None,
        }
    }
}
