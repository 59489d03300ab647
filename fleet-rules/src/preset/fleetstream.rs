use fleet_core::dialect::Derivation;
use fleet_core::event::{self, AlertKind, Severity, Signal};

use crate::{Condition, Flag, Mode, Rules, Threshold};

/// km/h over the limit that are let pass.
const TOLERANCE: f64 = 5.0;

/// rpm.
const REDLINE: f64 = 6200.0;

/// Whether the car is speeding: as the producer says, else as its limit says, else as its road says.
const SPEEDING: Flag = Flag::new("speeding", |event| {
    let over = || Some(event.speed()?.as_kmh() > event.speed_limit()?.as_kmh() + TOLERANCE);
    match event.flag(event::Flag::Speeding) {
        Some(said) => unless_told(said, over()),
        None if event.speed_limit().is_none() => Derivation::default().speeding(event),
        None => None,
    }
});

/// Whether the engine is over its red line: as the producer says, else as its speed says.
const OVER_REDLINE: Flag = Flag::new("rpm_over_redline", |event| {
    let said = event.flag(event::Flag::OverRedline)?;
    let over = event.value(Signal::EngineSpeed).map(|rpm| rpm > REDLINE);
    unless_told(said, over)
});

/// A verdict of the producer that the event's numbers do not give as well: where they do, the alert names them.
fn unless_told(said: bool, by_numbers: Option<bool>) -> Option<bool> {
    Some(said).filter(|said| by_numbers != Some(*said))
}

/// The rules of FleetStream: speed against the limit that each event carries, the red line, trouble codes.
///
/// The producer's flags decide; where the event's numbers say the same, the alert names value and limit. Without
/// a flag the numbers decide, and without a limit that of the [road](Derivation).
///
/// # References
/// The described system has the flags `speeding` and `rpm_over_redline` and lets the consumer derive what is
/// absent; the tolerance of 5 km/h and the red line of 6200 rpm are the public project's. Severities are our
/// choice: those of `VehicleOps` and Ford, and LOW for the red line.
///
/// # Examples
/// ```
/// use fleet_core::event::{AlertKind, LimitSource, Telemetry};
/// use fleet_core::{EventTime, VehicleId, units::Speed};
/// use fleet_rules::{Mode, preset};
/// let speeding = preset::fleetstream(Mode::Edge).thresholds()[0];
/// let event = Telemetry::new(VehicleId::new("TESTCAR01").unwrap(), EventTime::MIN)
///     .with_speed(Speed::from_kmh(73.4))
///     .with_speed_limit(Speed::from_kmh(50.0));
/// let verdict = speeding.judge(&event).unwrap();
/// assert_eq!((verdict.offends, verdict.limit, verdict.source), (true, Some(50.0), LimitSource::Event));
/// ```
pub fn fleetstream(mode: Mode) -> Rules {
    Rules::of_preset(
        [
            Threshold {
                rule: "overspeed",
                kind: AlertKind::Overspeed,
                severity: Severity::High,
                condition: Condition::AboveOwn {
                    signal: Signal::Speed,
                    limit: Signal::SpeedLimit,
                    tolerance: TOLERANCE,
                },
                flag: Some(SPEEDING),
            },
            Threshold {
                rule: "rpm-redline",
                kind: AlertKind::RpmRedline,
                severity: Severity::Low,
                condition: Condition::Above(Signal::EngineSpeed, REDLINE),
                flag: Some(OVER_REDLINE),
            },
            Threshold {
                rule: "dtc-present",
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

    /// Whether it offends, by which limit, and who says so.
    type Found = Option<(bool, Option<f64>, LimitSource)>;

    fn found(rule: usize, said: Option<bool>, set: impl Fn(&mut Telemetry)) -> Found {
        let mut event = Telemetry::new(VehicleId::new("v").unwrap(), EventTime::MIN)
            .with_speed(Speed::from_kmh(94.0))
            .with_engine_speed(EngineSpeed::from_rpm(6300.0));
        event.set_flag(event::Flag::Speeding, said);
        event.set_flag(event::Flag::OverRedline, said);
        set(&mut event);
        let rules = fleetstream(Mode::Edge);
        let verdict = rules.thresholds()[rule].judge(&event)?;
        Some((verdict.offends, verdict.limit, verdict.source))
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
}
