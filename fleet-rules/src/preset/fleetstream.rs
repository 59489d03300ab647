use fleet_core::event::{AlertKind, Severity, Signal};

use crate::{Condition, Mode, Rules, Threshold};

/// The rules of FleetStream: the limit that each event carries, the red line, trouble codes.
///
/// # References
/// The described system has the flags `speeding` and `rpm_over_redline`; the tolerance of 5 km/h and the red
/// line of 6200 rpm are the public project's. Both flags follow from limit, speed and rpm, so the rules look
/// at these. Severities are our choice: those of `VehicleOps` and Ford, and LOW for the red line.
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
                    tolerance: 5.0,
                },
                flag: None,
            },
            Threshold {
                rule: "rpm-redline",
                kind: AlertKind::RpmRedline,
                severity: Severity::Low,
                condition: Condition::Above(Signal::EngineSpeed, 6200.0),
                flag: None,
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
