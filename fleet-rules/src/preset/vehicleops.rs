use fleet_core::event::{AlertKind, LimitSource, Severity, Signal};

use crate::{Condition, Mode, Rules, Threshold};

/// The three rules of VehicleOps.
///
/// # References
/// Thresholds from the system's own description and tests: 92.5 km/h over 80, 12 % charge under 15, 108
/// degrees over 100 raise an alert; 42 km/h, 85 %, 72 degrees do not. Its alert of 92.5 km/h is HIGH; the
/// other two severities are our choice.
///
/// # Examples
/// ```
/// use fleet_rules::{Condition, Mode, preset};
/// let rules = preset::vehicleops(Mode::Edge);
/// assert_eq!(rules.thresholds()[0].condition, Condition::Above(80.0));
/// ```
pub fn vehicleops(mode: Mode) -> Rules {
    let limit_source = LimitSource::Rule;
    Rules::of_preset(
        [
            Threshold {
                rule: "overspeed",
                kind: AlertKind::Overspeed,
                severity: Severity::High,
                signal: Signal::Speed,
                condition: Condition::Above(80.0),
                limit_source,
            },
            Threshold {
                rule: "traction-soc-low",
                kind: AlertKind::TractionSocLow,
                severity: Severity::Medium,
                signal: Signal::BatteryCharge,
                condition: Condition::Below(15.0),
                limit_source,
            },
            Threshold {
                rule: "engine-overheat",
                kind: AlertKind::EngineOverheat,
                severity: Severity::High,
                signal: Signal::EngineTemperature,
                condition: Condition::Above(100.0),
                limit_source,
            },
        ],
        mode,
    )
}
