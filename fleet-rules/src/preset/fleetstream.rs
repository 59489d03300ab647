//! The rules of FleetStream.

use fleet_core::dialect::Derivation;
use fleet_core::event::{self, AlertKind, Severity, Signal};

use crate::{Condition, Mode, ProducerFlag, Rules, Threshold};

/// The tolerance above the speed limit, km/h.
const TOLERANCE: f64 = 5.0;

/// The red line, rpm.
const REDLINE: f64 = 6200.0;

/// Whether the vehicle is speeding: by the producer's flag, else by the event's speed limit, else
/// by the limit of its road.
const SPEEDING: ProducerFlag = ProducerFlag::new("speeding", |event| {
    let over = || Some(event.speed()?.as_kmh() > event.speed_limit()?.as_kmh() + TOLERANCE);
    match event.flag(event::Flag::Speeding) {
        Some(said) => unless_measured(said, over()),
        None if event.speed_limit().is_none() => Derivation::default().speeding(event),
        None => None,
    }
});

/// Whether the engine is above its red line: by the producer's flag, else by the engine speed.
const OVER_REDLINE: ProducerFlag = ProducerFlag::new("rpm_over_redline", |event| {
    let said = event.flag(event::Flag::OverRedline)?;
    let over = event.value(Signal::EngineSpeed).map(|rpm| rpm > REDLINE);
    unless_measured(said, over)
});

/// The producer's flag, or `None` where the readings agree with it: then the alert reports them.
fn unless_measured(said: bool, measured: Option<bool>) -> Option<bool> {
    Some(said).filter(|said| measured != Some(*said))
}

/// The rules of FleetStream: speed against the limit that each event carries, the red line, trouble
/// codes.
///
/// The producer's flags decide. Where the readings agree with the flag, the alert reports value and
/// limit. Without a flag the readings decide; without a limit in the event, that of the
/// [road](Derivation) applies.
///
/// # References
/// The described system has the flags `speeding` and `rpm_over_redline` and lets consumers derive
/// them where they are absent; the tolerance of 5 km/h and the red line of 6200 rpm are the public
/// project's. Severities are our choice: those of `VehicleOps` and Ford, and LOW for the red line.
///
/// # Examples
/// ```
/// use fleet_core::event::{AlertKind, LimitSource, Telemetry};
/// use fleet_core::{EventTime, VehicleId, units::Speed};
/// use fleet_rules::{Mode, preset};
/// let rules = preset::fleetstream(Mode::Edge);
/// let speeding = &rules.thresholds()[0];
/// let event = Telemetry::new(VehicleId::new("TESTCAR01").unwrap(), EventTime::MIN)
///     .with_speed(Speed::from_kmh(73.4))
///     .with_speed_limit(Speed::from_kmh(50.0));
/// let evaluation = speeding.evaluate(&event).unwrap();
/// let limit = (evaluation.limit, evaluation.source);
/// assert_eq!((evaluation.violates, limit), (true, (Some(50.0), LimitSource::Event)));
/// ```
pub fn fleetstream(mode: Mode) -> Rules {
    Rules::of_preset(
        [
            Threshold {
                rule: "overspeed".into(),
                kind: AlertKind::Overspeed,
                severity: Severity::High,
                condition: Condition::AboveEventLimit {
                    signal: Signal::Speed,
                    limit: Signal::SpeedLimit,
                    tolerance: TOLERANCE,
                },
                flag: Some(SPEEDING),
            },
            Threshold {
                rule: "rpm-redline".into(),
                kind: AlertKind::RpmRedline,
                severity: Severity::Low,
                condition: Condition::Above(Signal::EngineSpeed, REDLINE),
                flag: Some(OVER_REDLINE),
            },
            Threshold {
                rule: "dtc-present".into(),
                kind: AlertKind::DtcPresent,
                severity: Severity::Medium,
                condition: Condition::AnyCode,
                flag: None,
            },
        ],
        mode,
    )
}

#[cfg(test)]
mod tests {
    use fleet_core::event::{LimitSource, Telemetry};
    use fleet_core::{EventTime, VehicleId, units::EngineSpeed, units::Speed};

    use super::*;

    /// Whether the event violates the rule, the limit, and the source of the limit.
    type Found = Option<(bool, Option<f64>, LimitSource)>;

    fn found(rule: usize, said: Option<bool>, set: impl Fn(&mut Telemetry)) -> Found {
        let mut event = Telemetry::new(VehicleId::new("v").unwrap(), EventTime::MIN)
            .with_speed(Speed::from_kmh(94.0))
            .with_engine_speed(EngineSpeed::from_rpm(6300.0));
        event.set_flag(event::Flag::Speeding, said);
        event.set_flag(event::Flag::OverRedline, said);
        set(&mut event);
        let rules = fleetstream(Mode::Edge);
        let evaluation = rules.thresholds()[rule].evaluate(&event)?;
        Some((evaluation.violates, evaluation.limit, evaluation.source))
    }

    #[test]
    fn the_producer_decides_and_the_alert_names_the_limit_that_says_the_same() {
        use LimitSource::{Event, Flag};
        let limit = |kmh| {
            move |event: &mut Telemetry| {
                *event = event.clone().with_speed_limit(Speed::from_kmh(kmh));
            }
        };
        assert_eq!(found(0, None, limit(50.0)), Some((true, Some(50.0), Event)));
        assert_eq!(
            found(0, Some(true), limit(50.0)),
            Some((true, Some(50.0), Event))
        );
        assert_eq!(
            found(0, Some(false), limit(50.0)),
            Some((false, None, Flag))
        );
        assert_eq!(found(0, Some(true), limit(90.0)), Some((true, None, Flag)));
        assert_eq!(found(0, Some(false), |_| ()), Some((false, None, Flag)));
    }

    #[test]
    fn without_flag_and_limit_the_road_decides_and_without_a_road_nothing() {
        use LimitSource::Flag;
        assert_eq!(
            found(0, None, |event| event.set_road(Some("urban"))),
            Some((true, None, Flag))
        );
        assert_eq!(
            found(0, None, |event| event.set_road(Some("rural"))),
            Some((false, None, Flag))
        );
        assert_eq!(found(0, None, |event| event.set_road(Some("gravel"))), None);
        assert_eq!(found(0, None, |_| ()), None);
    }

    #[test]
    fn the_red_line_is_the_producers_first() {
        use LimitSource::{Flag, Rule};
        assert_eq!(found(1, None, |_| ()), Some((true, Some(6200.0), Rule)));
        assert_eq!(
            found(1, Some(true), |_| ()),
            Some((true, Some(6200.0), Rule))
        );
        assert_eq!(found(1, Some(false), |_| ()), Some((false, None, Flag)));
    }

    #[test]
    fn a_flag_that_agrees_with_readings_at_their_limit_names_the_limit() {
        use LimitSource::{Event, Flag, Rule};
        let at = |kmh| {
            move |event: &mut Telemetry| {
                let event_at = event.clone().with_speed(Speed::from_kmh(kmh));
                *event = event_at.with_speed_limit(Speed::from_kmh(50.0));
            }
        };
        let (no, yes) = (
            Some((false, Some(50.0), Event)),
            Some((true, Some(50.0), Event)),
        );
        assert_eq!(found(0, Some(false), at(55.0)), no);
        assert_eq!(found(0, Some(true), at(55.0)), Some((true, None, Flag)));
        assert_eq!(found(0, Some(true), at(55.1)), yes);
        let rpm = |rpm| {
            move |event: &mut Telemetry| {
                *event = event.clone().with_engine_speed(EngineSpeed::from_rpm(rpm));
            }
        };
        assert_eq!(
            found(1, Some(false), rpm(6200.0)),
            Some((false, Some(6200.0), Rule))
        );
        assert_eq!(found(1, Some(true), rpm(6200.0)), Some((true, None, Flag)));
        assert_eq!(
            found(1, Some(true), rpm(6200.5)),
            Some((true, Some(6200.0), Rule))
        );
    }
}
