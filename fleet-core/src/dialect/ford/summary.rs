use compact_str::CompactString;
use serde_json::Number;

use crate::dialect::Maybe;

/// The answer of `GET /fleet/summary`: the numbers of now, and how they came about.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Overview {
    /// The numbers of now.
    pub summary: Summary,
    /// One item a period.
    pub timeseries: Vec<Period>,
}

/// The numbers of a fleet. Averages over no vehicle are null.
///
/// # Units
/// mph, percent, degrees Fahrenheit.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// How many vehicles there are.
    pub total_vehicles: u64,
    /// How many of them were heard of.
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
    /// How many events there were.
    pub telemetry_count: u64,
    /// How many anomalies there are.
    pub total_anomalies: u64,
    /// How many of them nobody has seen.
    pub unacknowledged_anomalies: u64,
    /// How many of them are critical.
    pub critical_anomalies: u64,
}

/// The numbers of one period.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Period {
    /// Which, as the system writes it.
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
    /// How many events there were.
    pub event_count: u64,
    /// Of how many vehicles.
    pub vehicle_count: u64,
}

/// A list of the interface: `{"items":[..],"total":n,"limit":n,"offset":n}`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// How many were asked for.
    pub limit: u64,
    /// How many were passed over.
    pub offset: u64,
}
