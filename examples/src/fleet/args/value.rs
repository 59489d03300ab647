//! The values that several arguments share, and how they are parsed.

use std::time::Duration;

use clap::ValueEnum;
use fleet_sources::Pace;

/// The format of recorded events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DialectName {
    /// VehicleOps telemetry, JSON.
    Vehicleops,
    /// FleetStream telemetry, JSON.
    Fleetstream,
    /// Telemetry, perception and driving events of the self-driving pipeline, JSON.
    FleetPipeline,
    /// Telemetry of the Ford fleet demo, JSON.
    Ford,
    /// `OpenXC` messages, one signal each, JSON.
    Openxc,
    /// COVESA VSS names, JSON.
    Native,
    /// CSV with a column map.
    Csv,
}

/// How fast simulated time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PaceName {
    /// As fast as possible.
    Max,
    /// As fast as real vehicles would send.
    Realtime,
}

impl PaceName {
    pub(crate) fn is_realtime(self) -> bool {
        self == Self::Realtime
    }
}

impl From<PaceName> for Pace {
    fn from(name: PaceName) -> Self {
        match name {
            PaceName::Max => Self::Max,
            PaceName::Realtime => Self::Realtime,
        }
    }
}

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Text for people.
    Text,
    /// One JSON object.
    Json,
}

/// Parses `90s`, `10m`, `24h`, `1m 30s` or `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is not a duration: write it like 90s, 10m or 24h"))?;
    Duration::try_from(span).map_err(|_| format!("`{text}` is negative"))
}

/// Parses a number of points, 0 or more.
pub(super) fn penalty(text: &str) -> Result<f64, String> {
    let points = text.parse().ok();
    let points = points.filter(|points: &f64| points.is_finite() && *points >= 0.0);
    points.ok_or_else(|| format!("`{text}` is no number of points: give 0 or more, such as 5"))
}

/// Parses a number of samples per second, above 0.
pub(super) fn sample_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok();
    let rate = rate.filter(|rate: &f64| rate.is_finite() && *rate > 0.0);
    rate.ok_or_else(|| format!("`{text}` is no rate: give samples a second above 0, such as 10"))
}
