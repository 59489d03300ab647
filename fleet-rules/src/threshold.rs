//! Thresholds: what a rule compares in one event, and the result of the comparison.

use std::{borrow::Cow, fmt, sync::Arc};

use compact_str::CompactString;
use fleet_core::event::{self, AlertKind, LimitSource, Severity, Signal, Telemetry};

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
/// A flag that is known when the program is written, and two that come from data:
/// ```
/// use fleet_core::event::{Flag, Telemetry};
/// use fleet_rules::ProducerFlag;
/// let reverse = ProducerFlag::new("reverse", |event| event.gear().map(|gear| gear < 0));
/// assert_eq!(reverse.name(), "reverse");
///
/// let speeding = ProducerFlag::of(Flag::from_word("speeding").unwrap());
/// assert_eq!(speeding.name(), "speeding");
///
/// let (name, top) = (String::from("in top gear"), 6);
/// let top = ProducerFlag::reading(name, move |event: &Telemetry| Some(event.gear()? == top));
/// assert_eq!(top.name(), "in top gear");
/// ```
#[derive(Clone)]
pub struct ProducerFlag {
    name: CompactString,
    read: Read,
}

/// A function that reads a flag.
type ReadFlag = dyn Fn(&Telemetry) -> Option<bool> + Send + Sync;

/// How a flag is read.
#[derive(Clone)]
enum Read {
    Function(fn(&Telemetry) -> Option<bool>),
    Field(event::Flag),
    Closure(Arc<ReadFlag>),
}

impl ProducerFlag {
    /// A flag read by `read`, which returns `None` for an event without it.
    pub const fn new(name: &'static str, read: fn(&Telemetry) -> Option<bool>) -> Self {
        let name = CompactString::const_new(name);
        Self {
            name,
            read: Read::Function(read),
        }
    }
    /// A flag that events carry, under the name that they have for it.
    pub fn of(flag: event::Flag) -> Self {
        Self {
            name: flag.as_word().into(),
            read: Read::Field(flag),
        }
    }
    /// As [`new`](Self::new), for a name or a function that come from data.
    pub fn reading(
        name: impl Into<CompactString>,
        read: impl Fn(&Telemetry) -> Option<bool> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            read: Read::Closure(Arc::new(read)),
        }
    }
    /// The name of the field in the producer's messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn read(&self, event: &Telemetry) -> Option<bool> {
        match &self.read {
            Read::Function(read) => read(event),
            Read::Field(flag) => event.flag(*flag),
            Read::Closure(read) => read(event),
        }
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
///     rule: "engine-overheat".into(),
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
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The rule's name. Alert ids are derived from it, and saved state is matched by it. Names of
    /// up to 24 bytes cost an alert no allocation.
    pub rule: CompactString,
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
        if let Some(violates) = self.flag.as_ref().and_then(|flag| flag.read(event)) {
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

    /// What the state of a rule is about: signal and direction, but no limit.
    pub(crate) fn watched(self) -> Cow<'static, str> {
        match self {
            Self::Above(signal, _) | Self::AboveEventLimit { signal, .. } => {
                format!("above {}", signal.name()).into()
            }
            Self::Below(signal, _) => format!("below {}", signal.name()).into(),
            Self::AnyCode => "any code".into(),
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
