//! The rules of the self-driving pipeline.

use compact_str::CompactString;
use fleet_core::event::{self, AlertKind, Severity, Signal};

use crate::{Condition, Mode, ProducerFlag, Rules, Threshold};

/// The producer's own flag. Where it is missing or null, the limit applies.
const SPEED_LIMIT_VIOLATION: ProducerFlag = ProducerFlag::new("speed_limit_violation", |event| {
    event.flag(event::Flag::Speeding)
});

/// A speed violation in the self-driving pipeline: the producer's flag, else more than 65 km/h.
///
/// # References
/// The described system names the rule; its number is the public project's, whose producer sets the
/// flag above 65 km/h. The severity is that of `VehicleOps`, our choice.
pub const SPEED_VIOLATION: Threshold = Threshold {
    rule: CompactString::const_new("overspeed"),
    kind: AlertKind::Overspeed,
    severity: Severity::High,
    condition: Condition::Above(Signal::Speed, 65.0),
    flag: Some(SPEED_LIMIT_VIOLATION),
};

/// The telemetry rules of the self-driving pipeline: speed, and a traction battery below 20 %. Its
/// third rule reads detections: [`CollisionRisk`](crate::CollisionRisk).
///
/// # References
/// Those of [`SPEED_VIOLATION`]. The severity of a low battery is that of `VehicleOps`, our choice.
///
/// # Examples
/// ```
/// use fleet_core::event::{AlertKind, Signal};
/// use fleet_rules::{Condition, Mode, preset};
/// let rules = preset::fleet_pipeline(Mode::Edge);
/// let battery = &rules.thresholds()[1];
/// assert_eq!(battery.kind, AlertKind::TractionSocLow);
/// assert_eq!(battery.condition, Condition::Below(Signal::BatteryCharge, 20.0));
/// ```
pub fn fleet_pipeline(mode: Mode) -> Rules {
    Rules::of_preset(
        [
            SPEED_VIOLATION,
            Threshold {
                rule: "traction-soc-low".into(),
                kind: AlertKind::TractionSocLow,
                severity: Severity::Medium,
                condition: Condition::Below(Signal::BatteryCharge, 20.0),
                flag: None,
            },
        ],
        mode,
    )
}
