//! The rules of the Ford fleet demo.

use fleet_core::{
    event::{AlertKind, Severity, Signal},
    units::{Speed, Temperature},
};

use crate::{Condition, Mode, Rules, Threshold};

/// The five rules of the Ford fleet demo, converted from mph and degrees Fahrenheit to canonical
/// units.
///
/// # References
/// The described system names the kinds; its numbers are those of the public project of the same
/// name: over 220 °F critical, under 11.5 V warning, over 80 mph info, under 10 % fuel warning, any
/// trouble code warning. A warning is `MEDIUM` here.
///
/// # Examples
/// ```
/// use fleet_core::{event::Signal, units::Speed};
/// use fleet_rules::{Condition, Mode, preset};
/// let limit = Speed::from_mph(80.0).as_kmh();
/// let rules = preset::ford(Mode::Edge);
/// assert_eq!(rules.thresholds()[2].condition, Condition::Above(Signal::Speed, limit));
/// ```
pub fn ford(mode: Mode) -> Rules {
    let hot = Temperature::from_fahrenheit(220.0).as_celsius();
    let fast = Speed::from_mph(80.0).as_kmh();
    Rules::of_preset(
        [
            Threshold {
                rule: "engine-overheat".into(),
                kind: AlertKind::EngineOverheat,
                severity: Severity::Critical,
                condition: Condition::Above(Signal::EngineTemperature, hot),
                flag: None,
            },
            Threshold {
                rule: "battery-12v-low".into(),
                kind: AlertKind::Battery12vLow,
                severity: Severity::Medium,
                condition: Condition::Below(Signal::BatteryVoltage, 11.5),
                flag: None,
            },
            Threshold {
                rule: "overspeed".into(),
                kind: AlertKind::Overspeed,
                severity: Severity::Info,
                condition: Condition::Above(Signal::Speed, fast),
                flag: None,
            },
            Threshold {
                rule: "low-fuel".into(),
                kind: AlertKind::LowFuel,
                severity: Severity::Medium,
                condition: Condition::Below(Signal::Fuel, 10.0),
                flag: None,
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
