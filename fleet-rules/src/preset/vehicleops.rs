//! The rules of VehicleOps.

use fleet_core::event::{AlertKind, Severity, Signal};

use crate::{Condition, Mode, Rules, Threshold};

/// The three rules of VehicleOps.
///
/// # References
/// Thresholds from the system's own description and tests: 92.5 km/h over 80, 12 % charge under 15,
/// 108 degrees over 100 raise an alert; 42 km/h, 85 %, 72 degrees do not. Its alert of 92.5 km/h is
/// HIGH; the other two severities are our choice.
///
/// # Examples
/// ```
/// use fleet_core::event::Signal;
/// use fleet_rules::{Condition, Mode, preset};
/// let rules = preset::vehicleops(Mode::Edge);
/// assert_eq!(rules.thresholds()[0].condition, Condition::Above(Signal::Speed, 80.0));
/// ```
pub fn vehicleops(mode: Mode) -> Rules {
    Rules::of_preset(
        [
            Threshold {
                rule: "overspeed".into(),
                kind: AlertKind::Overspeed,
                severity: Severity::High,
                condition: Condition::Above(Signal::Speed, 80.0),
                flag: None,
            },
            Threshold {
                rule: "traction-soc-low".into(),
                kind: AlertKind::TractionSocLow,
                severity: Severity::Medium,
                condition: Condition::Below(Signal::BatteryCharge, 15.0),
                flag: None,
            },
            Threshold {
                rule: "engine-overheat".into(),
                kind: AlertKind::EngineOverheat,
                severity: Severity::High,
                condition: Condition::Above(Signal::EngineTemperature, 100.0),
                flag: None,
            },
        ],
        mode,
    )
}
