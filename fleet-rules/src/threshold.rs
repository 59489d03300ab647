use std::fmt;

use fleet_core::event::{AlertKind, LimitSource, Severity, Signal, Telemetry};

/// When an event offends. Strictly: a reading that equals the limit does not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Condition {
    /// A signal is greater than this, in its canonical unit.
    Above(Signal, f64),
    /// A signal is less than this, in its canonical unit.
    Below(Signal, f64),
    /// A signal is greater than the limit that the event itself carries, by more than a tolerance.
    AboveOwn {
        /// What is watched.
        signal: Signal,
        /// Where the event has the limit, in the same unit.
        limit: Signal,
        /// How much more is let pass. The alert names the limit without it.
        tolerance: f64,
    },
    /// A trouble code is set, whichever. It has neither value nor limit.
    AnyCode,
}

/// The producer's own verdict, if its events carry one: it counts before any limit.
///
/// # Examples
/// ```
/// use fleet_core::event::Telemetry;
/// use fleet_rules::Flag;
/// let reverse = Flag::new("reverse", |event: &Telemetry| event.gear().map(|gear| gear < 0));
/// assert_eq!(reverse.name(), "reverse");
/// ```
#[derive(Clone, Copy)]
pub struct Flag {
    name: &'static str,
    read: fn(&Telemetry) -> Option<bool>,
}

impl Flag {
    /// The flag that `read` finds; `None` from it is an event without the flag.
    pub const fn new(name: &'static str, read: fn(&Telemetry) -> Option<bool>) -> Self {
        Self { name, read }
    }
    /// Its field in messages.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flag").field(&self.name).finish()
    }
}

/// Two flags of one name are one flag.
impl PartialEq for Flag {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// One line of a rule table: a condition, and what it means.
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
/// assert!(!hot.judge(&event(100.0)).unwrap().offends);
/// let found = hot.judge(&event(108.0)).unwrap();
/// assert_eq!((found.offends, found.limit, found.source), (true, Some(100.0), LimitSource::Rule));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Its name: part of the ids of its alerts, and the identity of its state.
    pub rule: &'static str,
    /// What it finds.
    pub kind: AlertKind,
    /// How bad that is.
    pub severity: Severity,
    /// When it offends.
    pub condition: Condition,
    /// Where the producer's own verdict is, if it sends one.
    pub flag: Option<Flag>,
}

/// What a [`Threshold`] says about one event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    /// Whether the event offends.
    pub offends: bool,
    /// The reading, in the signal's canonical unit.
    pub value: Option<f64>,
    /// The limit, in the same unit; none for a code, and none where the producer's flag decided.
    pub limit: Option<f64>,
    /// Where the limit came from.
    pub source: LimitSource,
}

impl Threshold {
    /// What [`judge`](Self::judge) says of an event, without its reasons.
    #[inline]
    pub(crate) fn offends(&self, event: &Telemetry) -> Option<bool> {
        if self.flag.is_some() {
            return self.judge(event).map(|verdict| verdict.offends);
        }
        match self.condition {
            Condition::Above(signal, limit) => event.value(signal).map(|value| value > limit),
            Condition::Below(signal, limit) => event.value(signal).map(|value| value < limit),
            _ => self.judge(event).map(|verdict| verdict.offends),
        }
    }

    /// Judges an event; `None` when it lacks the reading or its limit, and then nothing changes.
    #[inline]
    pub fn judge(&self, event: &Telemetry) -> Option<Verdict> {
        if let Some(offends) = self.flag.and_then(|flag| (flag.read)(event)) {
            return Some(Verdict {
                offends,
                value: self
                    .condition
                    .signal()
                    .and_then(|signal| event.value(signal)),
                limit: None,
                source: LimitSource::Flag,
            });
        }
        let (value, limit, offends, source) = match self.condition {
            Condition::Above(signal, limit) => {
                let value = event.value(signal)?;
                (value, limit, value > limit, LimitSource::Rule)
            }
            Condition::Below(signal, limit) => {
                let value = event.value(signal)?;
                (value, limit, value < limit, LimitSource::Rule)
            }
            Condition::AboveOwn {
                signal,
                limit,
                tolerance,
            } => {
                let (value, limit) = (event.value(signal)?, event.value(limit)?);
                (value, limit, value > limit + tolerance, LimitSource::Event)
            }
            Condition::AnyCode => {
                return Some(Verdict {
                    offends: !event.dtcs().is_empty(),
                    value: None,
                    limit: None,
                    source: LimitSource::Rule,
                });
            }
        };
        Some(Verdict {
            offends,
            value: Some(value),
            limit: Some(limit),
            source,
        })
    }
}

impl Condition {
    /// What it watches, if it is a signal.
    pub fn signal(self) -> Option<Signal> {
        match self {
            Self::Above(signal, _) | Self::Below(signal, _) | Self::AboveOwn { signal, .. } => {
                Some(signal)
            }
            Self::AnyCode => None,
        }
    }

    /// The number that must be finite for the condition to make sense.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::Above(_, number)
            | Self::Below(_, number)
            | Self::AboveOwn {
                tolerance: number, ..
            } => Some(number),
            Self::AnyCode => None,
        }
    }
}
