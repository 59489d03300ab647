//! Decoding CSV by column maps.

use std::{borrow::Cow, fmt::Display};

use super::{
    map::{ColumnMap, Kind, Plan, PlannedKey},
    record::Records,
};
use crate::{
    contracts::{
        Decode,
        decode::{Entry, RetryCopy},
        source::Chunk,
    },
    data::{
        EventTime, Offset, VehicleId,
        time::{TimeReader, TimeStyle},
    },
    dialect::lines::refuse_cut,
    event::{Driving, DrivingKind, FleetEvent, Perception, Style, Telemetry},
};

/// Reads CSV by column maps, one for each input of the source.
///
/// # Shape
/// RFC 4180: commas, quotes, line ends inside quotes, and `\n` or `\r\n` after each record. The
/// source adds the header record to each [`Chunk`]. Cells are trimmed.
///
/// # Guarantees
/// An empty cell is missing, not 0. A record becomes a dead letter, with column and reason, if it
/// has another number of cells than the header, an empty key or time, or a cell that is not a
/// finite number, not a known word, or out of range.
///
/// # Examples
/// ```
/// use fleet_core::{
///     Decode, Event, Offset,
///     checkpoint::Fates,
///     decode::Entry,
///     dialect::{ColumnMap, Csv},
///     source::Chunk,
/// };
/// let yaml = "
/// key: { column: bus }
/// time: { column: at, format: epoch_s }
/// columns: { v: { signal: speed, unit: m/s } }
/// ";
/// let csv = Csv::new([ColumnMap::from_yaml(yaml, "bus.yaml")?]);
/// let (mut rows, mut fates) = (Vec::new(), Fates::default());
/// let chunk = Chunk {
///     bytes: b"12,1558644851,10\n12,1558644852,fast\n".to_vec(),
///     start: Offset(9),
///     header: Some(b"bus,at,v".as_slice().into()),
///     ..Chunk::default()
/// };
/// csv.decode(chunk, &mut Entry::new(&mut rows, &mut fates));
/// let (at, event) = &rows[0];
/// assert_eq!((*at, event.key()), (Offset(9), "12"));
/// assert_eq!(event.telemetry().unwrap().speed().unwrap().as_kmh(), 36.0);
/// assert_eq!(fates.dead[0].reason, "column v: `fast` is not a number");
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    maps: Vec<ColumnMap>,
}

impl Csv {
    /// Creates the decoder with the maps in the order of the inputs ([`Chunk::input`]).
    ///
    /// [Check](ColumnMap::check) each map against its file first: if the header lacks a column,
    /// every record becomes a dead letter.
    pub fn new(maps: impl IntoIterator<Item = ColumnMap>) -> Self {
        Self {
            maps: maps.into_iter().collect(),
        }
    }

    /// Returns the map of a chunk, resolved against its header.
    fn plan(&self, chunk: &Chunk) -> Result<(Kind, Plan), String> {
        let map = self.maps.get(chunk.input);
        let map = map.ok_or_else(|| format!("input {} has no column map", chunk.input))?;
        let header = chunk.header.as_deref().unwrap_or_default();
        let plan = map.plan(header, "the input");
        Ok((map.kind, plan.map_err(|error| error.to_string())?))
    }
}

impl Decode<Chunk> for Csv {
    type Event = FleetEvent;

    fn decode(&self, chunk: Chunk, entry: &mut Entry<'_, FleetEvent>) {
        if refuse_cut(&chunk, entry) {
            return;
        }
        let plan = self.plan(&chunk);
        let mut memo = Memo::default();
        let mut records = Records::new(&chunk.bytes);
        while let Some(found) = records.next() {
            let at = Offset(chunk.start.0 + found.start as u64);
            let event = match &plan {
                Ok((Kind::Telemetry, plan)) => {
                    telemetry(plan, &records, &mut memo).map(FleetEvent::from)
                }
                Ok((Kind::Perception, plan)) => {
                    perception(plan, &records, &mut memo).map(FleetEvent::from)
                }
                Ok((Kind::Driving(kind), plan)) => {
                    let event = driving(*kind, plan, &records, &mut memo);
                    event.map(|event| plan.repeats.apply(at, event).into())
                }
                Err(why) => Err(why.clone()),
            };
            match event {
                Ok(event) => entry.row(at, event),
                Err(reason) => entry.malformed(at, found.raw, reason),
            }
        }
    }

    fn copy_for_retry(&self, chunk: &Chunk) -> Option<RetryCopy<Chunk>> {
        let quoted = memchr::memchr(b'"', &chunk.bytes).is_some();
        (!quoted).then(|| RetryCopy {
            payload: chunk.clone(),
            records: Chunk::records,
        })
    }

    fn divide(&self, chunk: Chunk, parts: usize) -> Vec<Chunk> {
        // A line feed can be part of a record only inside quotes.
        let quoted = memchr::memchr(b'"', &chunk.bytes).is_some();
        chunk.divide(if quoted { 1 } else { parts })
    }
}

/// State that is carried from record to record.
#[derive(Default)]
struct Memo {
    times: TimeReader,
    key: String,
}

fn telemetry(plan: &Plan, record: &Records<'_>, memo: &mut Memo) -> Result<Telemetry, String> {
    let (vehicle, at, time) = head(plan, record, memo)?;
    let mut event = Telemetry::new(vehicle, at);
    event.set_style(Style { time, integers: 0 });
    for (index, target) in &plan.cells {
        if let Some(cell) = cell(plan, record, *index)? {
            target
                .set_telemetry(&cell, &mut event)
                .map_err(|why| misfit(plan, *index, &why))?;
        }
    }
    Ok(event)
}

fn perception(plan: &Plan, record: &Records<'_>, memo: &mut Memo) -> Result<Perception, String> {
    let (vehicle, at, _) = head(plan, record, memo)?;
    let mut event = Perception::new(vehicle, at);
    for (index, target) in &plan.cells {
        if let Some(cell) = cell(plan, record, *index)? {
            target
                .set_perception(&cell, &mut event)
                .map_err(|why| misfit(plan, *index, &why))?;
        }
    }
    Ok(event)
}

fn driving(
    kind: DrivingKind,
    plan: &Plan,
    record: &Records<'_>,
    memo: &mut Memo,
) -> Result<Driving, String> {
    let (vehicle, at, _) = head(plan, record, memo)?;
    let mut event = Driving::new(vehicle, at, kind);
    for (index, target) in &plan.cells {
        if let Some(cell) = cell(plan, record, *index)? {
            target
                .set_driving(&cell, &plan.initiators, &mut event)
                .map_err(|why| misfit(plan, *index, &why))?;
        }
    }
    Ok(event)
}

/// Reads the vehicle and the time of a record.
fn head(
    plan: &Plan,
    record: &Records<'_>,
    memo: &mut Memo,
) -> Result<(VehicleId, EventTime, TimeStyle), String> {
    if record.count() != plan.width {
        let (count, width) = (record.count(), plan.width);
        return Err(format!("the record has {count} cells, the header {width}"));
    }
    let vehicle = match &plan.key {
        PlannedKey::Constant(id) => id.clone(),
        PlannedKey::Cell { index, prefix } => {
            let key = required(plan, record, *index)?;
            memo.key.clear();
            memo.key.push_str(prefix);
            memo.key.push_str(&key);
            VehicleId::new(&memo.key).map_err(|why| misfit(plan, *index, &why))?
        }
    };
    let (index, clock) = plan.time;
    let (at, style) = clock
        .read(&required(plan, record, index)?, &mut memo.times)
        .map_err(|why| misfit(plan, index, &why))?;
    Ok((vehicle, at, style))
}

/// Reads a trimmed cell, or returns `None` if it is empty.
fn cell<'a>(
    plan: &Plan,
    record: &'a Records<'_>,
    index: usize,
) -> Result<Option<Cow<'a, str>>, String> {
    let cell = record.cell(index).unwrap_or_default();
    let text = plan.encoding.read(cell.trim_ascii());
    let text = text.ok_or_else(|| misfit(plan, index, &"not UTF-8"))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn required<'a>(
    plan: &Plan,
    record: &'a Records<'_>,
    index: usize,
) -> Result<Cow<'a, str>, String> {
    cell(plan, record, index)?.ok_or_else(|| misfit(plan, index, &"the cell is empty"))
}

#[cold]
fn misfit(plan: &Plan, index: usize, why: &dyn Display) -> String {
    format!("column {}: {why}", plan.name(index))
}
