//! The summary of a fleet, and pages of lists, as queries return them.

use compact_str::CompactString;
use serde_json::Number;

use crate::dialect::Maybe;

/// The response to `GET /fleet/summary`: current numbers, and their history.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Overview {
    /// The current numbers.
    pub summary: FleetTotals,
    /// One item for each period.
    pub timeseries: Vec<Period>,
}

/// The current numbers of a fleet. An average over no vehicle is null.
///
/// # Units
/// mph, percent, degrees Fahrenheit.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct FleetTotals {
    /// The number of vehicles.
    pub total_vehicles: u64,
    /// The number of vehicles with events.
    pub active_vehicles: u64,
    /// mph.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_speed: Maybe<Number>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_fuel_pct: Maybe<Number>,
    /// Degrees Fahrenheit.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_engine_temp: Maybe<Number>,
    /// The number of events.
    pub telemetry_count: u64,
    /// The number of anomalies.
    pub total_anomalies: u64,
    /// The number of unacknowledged anomalies.
    pub unacknowledged_anomalies: u64,
    /// The number of critical anomalies.
    pub critical_anomalies: u64,
}

/// The former name of [`FleetTotals`], until the queries use the new one.
pub type Summary = FleetTotals;

/// The numbers of one period.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Period {
    /// The period, as the system writes it.
    pub period: CompactString,
    /// mph.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_speed: Maybe<Number>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_fuel: Maybe<Number>,
    /// Degrees Fahrenheit.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub avg_temp: Maybe<Number>,
    /// The number of events.
    pub event_count: u64,
    /// The number of vehicles with events.
    pub vehicle_count: u64,
}

/// A page of a list: `{"items":[..],"total":n,"limit":n,"offset":n}`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// The number of items on all pages.
    pub total: u64,
    /// The most items of a page.
    pub limit: u64,
    /// The number of items before this page.
    pub offset: u64,
}
