//! The numbers of all visible vehicles, in total and per period.

use fleet_core::{
    Error, ErrorKind, Result,
    dialect::{AlertNames, Maybe},
    event::AlertKind,
    units::{Speed, Temperature},
};
use serde_json::Number;
use tokio_postgres::Row;

use super::{
    convert::{count, number, time},
    range::TimeRange,
};
use crate::postgres::fleet::tenancy::Scoped;

/// The current numbers of a fleet and their history, in the form of the Ford system
/// (`GET /fleet/summary`).
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::queries::Overview;
/// let json = r#"{"summary":{"total_vehicles":20,"active_vehicles":18,"avg_speed":41.25,"telemetry_count":7200,"total_anomalies":12,"unacknowledged_anomalies":3,"critical_anomalies":1},"timeseries":[]}"#;
/// let overview: Overview = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&overview)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Overview {
    /// The current numbers.
    pub summary: FleetTotals,
    /// One item for each period.
    pub timeseries: Vec<OverviewPeriod>,
}

/// The current numbers of an [`Overview`]. An average over no vehicle is null.
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

/// The numbers of one period of an [`Overview`].
///
/// # Units
/// mph, percent, degrees Fahrenheit.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct OverviewPeriod {
    /// The period, as the system writes it.
    pub period: String,
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

/// Averages are over the last reading of each vehicle. A vehicle is active if it sent a reading in
/// the range.
const TOTALS: &str = "
SELECT count(*) AS vehicles,
    count(*) FILTER (WHERE EXISTS (SELECT FROM fleet.v_telemetry t
        WHERE t.tenant = v.tenant AND t.vehicle_id = v.vehicle_id AND t.time >= $1 AND t.time < $2)) AS active,
    avg(s.speed_kmh) AS speed_kmh, avg(s.fuel_pct) AS fuel_pct, avg(s.engine_temp_c) AS engine_temp_c,
    (SELECT count(*) FROM fleet.v_telemetry t WHERE t.time >= $1 AND t.time < $2) AS readings,
    (SELECT ARRAY[count(*), count(*) FILTER (WHERE NOT a.acknowledged), count(*) FILTER (WHERE a.severity = 'CRITICAL')]
        FROM fleet.alerts a WHERE a.time >= $1 AND a.time < $2 AND a.kind = ANY ($3)) AS anomalies
FROM fleet.vehicles v LEFT JOIN fleet.vehicle_state s USING (tenant, vehicle_id)";

const PERIODS: &str = "
SELECT date_bin(make_interval(mins => $3), t.time, 'epoch') AS period,
    avg(t.speed_kmh) AS speed_kmh, avg(t.fuel_pct) AS fuel_pct, avg(t.engine_temp_c) AS engine_temp_c,
    count(*) AS readings, count(DISTINCT (t.tenant, t.vehicle_id)) AS vehicles
FROM fleet.v_telemetry t WHERE t.time >= $1 AND t.time < $2
GROUP BY period ORDER BY period";

/// Returns the totals over all visible vehicles, and a series of them in periods of whole minutes.
///
/// Averages of the totals are over the last reading of each vehicle, whenever that was. Anomalies
/// are alerts of the kinds that the system has.
///
/// # Errors
/// Refuses periods of 0 minutes. Otherwise returns errors of the server.
pub async fn overview(scoped: &Scoped, range: TimeRange, period_minutes: u32) -> Result<Overview> {
    let minutes = i32::try_from(period_minutes)
        .ok()
        .filter(|minutes| *minutes > 0);
    let Some(minutes) = minutes else {
        let message = format!("cannot sum up periods of {period_minutes} minutes: 1 or more");
        return Err(Error::new(ErrorKind::Config, message));
    };
    let doing = "ask for the overview of";
    let [from, to] = range.bounds();
    let kinds: Vec<_> = AlertKind::ALL
        .iter()
        .filter(|kind| AlertNames::Ford.name(**kind).is_some())
        .map(AlertKind::as_word)
        .collect();
    let mut found = scoped
        .rows(doing, TOTALS, &[&from, &to, &kinds], totals)
        .await?;
    // An aggregate without groups always returns one row.
    let summary = found.pop().unwrap_or_else(nothing);
    let timeseries = scoped
        .rows(doing, PERIODS, &[&from, &to, &minutes], period)
        .await?;
    Ok(Overview {
        summary,
        timeseries,
    })
}

fn totals(row: &Row) -> Result<FleetTotals, tokio_postgres::Error> {
    let anomalies: Vec<i64> = row.try_get("anomalies")?;
    let anomalies = |at: usize| anomalies.get(at).map_or(0, |n| n.unsigned_abs());
    Ok(FleetTotals {
        total_vehicles: count(row, "vehicles")?,
        active_vehicles: count(row, "active")?,
        avg_speed: number(mph(row)?),
        avg_fuel_pct: number(row.try_get("fuel_pct")?),
        avg_engine_temp: number(fahrenheit(row)?),
        telemetry_count: count(row, "readings")?,
        total_anomalies: anomalies(0),
        unacknowledged_anomalies: anomalies(1),
        critical_anomalies: anomalies(2),
    })
}

fn nothing() -> FleetTotals {
    FleetTotals {
        total_vehicles: 0,
        active_vehicles: 0,
        avg_speed: number(None),
        avg_fuel_pct: number(None),
        avg_engine_temp: number(None),
        telemetry_count: 0,
        total_anomalies: 0,
        unacknowledged_anomalies: 0,
        critical_anomalies: 0,
    }
}

fn period(row: &Row) -> Result<OverviewPeriod, tokio_postgres::Error> {
    Ok(OverviewPeriod {
        period: time(row, "period")?.to_string(),
        avg_speed: number(mph(row)?),
        avg_fuel: number(row.try_get("fuel_pct")?),
        avg_temp: number(fahrenheit(row)?),
        event_count: count(row, "readings")?,
        vehicle_count: count(row, "vehicles")?,
    })
}

fn mph(row: &Row) -> Result<Option<f64>, tokio_postgres::Error> {
    let kmh: Option<f64> = row.try_get("speed_kmh")?;
    Ok(kmh.map(|kmh| Speed::from_kmh(kmh).as_mph()))
}

fn fahrenheit(row: &Row) -> Result<Option<f64>, tokio_postgres::Error> {
    let celsius: Option<f64> = row.try_get("engine_temp_c")?;
    Ok(celsius.map(|celsius| Temperature::from_celsius(celsius).as_fahrenheit()))
}
