//! From rows of a telemetry table to events.

use std::time::SystemTime;

use fleet_core::{
    EventTime, FleetId, Offset, VehicleId,
    decode::{Decode, Entry},
    event::{Reading, Signal, Status, Telemetry},
};
use tokio_postgres::{Error, Row};

/// A row of a history, as [`HistorySource`](super::HistorySource) emits it.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryRow {
    /// A row that holds telemetry.
    Telemetry(Telemetry),
    /// A row with a value that no decoder accepts.
    Unreadable {
        /// What is wrong with it.
        reason: String,
        /// The vehicle as it is stored, and the row's id.
        raw: String,
    },
}

/// Decodes the rows of a [`HistorySource`](super::HistorySource). An unreadable row becomes a dead
/// letter.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistoryDecoder;

impl Decode<Vec<(Offset, HistoryRow)>> for HistoryDecoder {
    type Event = Telemetry;

    fn decode(&self, rows: Vec<(Offset, HistoryRow)>, entry: &mut Entry<'_, Telemetry>) {
        for (at, row) in rows {
            match row {
                HistoryRow::Telemetry(event) => entry.row(at, event),
                HistoryRow::Unreadable { reason, raw } => {
                    entry.malformed(at, raw.as_bytes(), reason);
                }
            }
        }
    }

    fn divide(
        &self,
        mut rows: Vec<(Offset, HistoryRow)>,
        parts: usize,
    ) -> Vec<Vec<(Offset, HistoryRow)>> {
        let each = rows.len().div_ceil(parts.max(1)).max(1);
        let mut divided = Vec::new();
        while rows.len() > each {
            let rest = rows.split_off(each);
            divided.push(std::mem::replace(&mut rows, rest));
        }
        divided.push(rows);
        divided
    }
}

/// The key of a row, after which the next page begins.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) at: SystemTime,
    pub(super) vehicle: String,
    pub(super) id: i64,
}

/// Reads a row whose columns are in the order of `page::columns`: key, fleet, status, signals.
pub(super) fn read(row: &Row) -> Result<(Key, HistoryRow), Error> {
    let key = Key {
        at: row.try_get(0)?,
        vehicle: row.try_get(1)?,
        id: row.try_get(2)?,
    };
    let (fleet, status): (Option<&str>, Option<&str>) = (row.try_get(3)?, row.try_get(4)?);
    let mut values = Vec::with_capacity(Signal::ALL.len());
    for (index, signal) in Signal::ALL.iter().enumerate() {
        values.push((*signal, row.try_get::<_, Option<f64>>(index + 5)?));
    }
    let stored =
        telemetry(&key, fleet, status, &values).unwrap_or_else(|reason| HistoryRow::Unreadable {
            reason,
            raw: format!("vehicle {:?}, id {}", key.vehicle, key.id),
        });
    Ok((key, stored))
}

/// Refuses what the dialects' decoders refuse: other programs may write to the table too.
fn telemetry(
    key: &Key,
    fleet: Option<&str>,
    status: Option<&str>,
    values: &[(Signal, Option<f64>)],
) -> Result<HistoryRow, String> {
    let vehicle = VehicleId::new(&key.vehicle).map_err(|why| format!("vehicle_id: {why}"))?;
    let mut event = Telemetry::new(vehicle, EventTime::from(key.at));
    let fleet = fleet.map(FleetId::new).transpose();
    event.set_fleet(fleet.map_err(|why| format!("fleet_id: {why}"))?);
    event.set_status(status.map(Status::from_word));
    for (signal, value) in values {
        let Some(value) = *value else { continue };
        if !value.is_finite() || !signal.accepted().contains(&value) {
            return Err(format!(
                "{} is {value}, which is out of range",
                signal.name()
            ));
        }
        event.set(*signal, Reading::of_raw(value));
    }
    Ok(HistoryRow::Telemetry(event))
}
