//! Lists the notes of drivers about vehicles.

use fleet_core::{DriverId, Result, VehicleId, time::Stamp};
use tokio_postgres::{Row, types::ToSql};

use super::{
    convert::{count, text, time},
    page::{Page, Slice},
};
use crate::postgres::fleet::tenancy::Scoped;

/// A driver's note about a vehicle, with the columns of the Ford system.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StoredDriverNote {
    /// The id of the note.
    pub note_id: String,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The vehicle's customer.
    pub customer_id: String,
    /// The driver.
    #[serde(rename = "driver_id")]
    pub driver: DriverId,
    /// The driver's name.
    pub driver_name: Option<String>,
    /// When it was written.
    pub ts: Stamp,
    /// The text.
    pub note_text: String,
    /// The category.
    pub category: Option<String>,
    /// The vehicle's region.
    pub region_id: Option<String>,
    /// The vehicle's territory.
    pub territory_id: Option<String>,
}

/// A filter for notes; fields that are `None` match all.
#[derive(Clone, Debug, Default)]
pub struct DriverNoteFilter {
    /// About this vehicle.
    pub vehicle: Option<VehicleId>,
    /// By this driver.
    pub driver: Option<DriverId>,
    /// Of this category.
    pub category: Option<String>,
}

const LIST: &str = "SELECT *, count(*) OVER () AS total FROM fleet.driver_notes
    WHERE ($1::text IS NULL OR vehicle_id = $1) AND ($2::text IS NULL OR driver_id = $2)
        AND ($3::text IS NULL OR category = $3)
    ORDER BY ts DESC, note_id LIMIT $4 OFFSET $5";

/// Lists notes, newest first.
///
/// # Errors
/// Returns errors of the server.
pub async fn driver_notes(
    scoped: &Scoped,
    filter: &DriverNoteFilter,
    slice: Slice,
) -> Result<Page<StoredDriverNote>> {
    let [limit, offset] = slice.bounds();
    let values: [&(dyn ToSql + Sync); 5] = [
        &filter.vehicle.as_ref().map(VehicleId::as_str),
        &filter.driver.as_ref().map(DriverId::as_str),
        &filter.category,
        &limit,
        &offset,
    ];
    let found = scoped
        .rows("list the notes of", LIST, &values, |row| {
            Ok((count(row, "total")?, note(row)?))
        })
        .await?;
    Ok(Page {
        total: found.first().map_or(0, |(total, _)| *total),
        items: found.into_iter().map(|(_, note)| note).collect(),
        limit: slice.limit.into(),
        offset: slice.offset.into(),
    })
}

fn note(row: &Row) -> Result<StoredDriverNote, tokio_postgres::Error> {
    Ok(StoredDriverNote {
        note_id: row.try_get("note_id")?,
        vehicle: text(row, "vehicle_id")?,
        customer_id: row.try_get("tenant")?,
        driver: text(row, "driver_id")?,
        driver_name: row.try_get("driver_name")?,
        ts: time(row, "ts")?.into(),
        note_text: row.try_get("note_text")?,
        category: row.try_get("category")?,
        region_id: row.try_get("region_id")?,
        territory_id: row.try_get("territory_id")?,
    })
}
