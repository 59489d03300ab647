//! Column maps: reading them, and resolving them against a header.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    clock::{Clock, FORMATS},
    encoding::{ENCODINGS, Encoding},
    record::Records,
    repeats::{REPEATS, Repeats},
    target::{ColumnTarget, DRIVING, Named, PERCEPTION, TELEMETRY},
    yaml::{Raw, RawKey, RawTime, Word},
};
use crate::{
    data::{Error, ErrorKind, EventTime, Result, VehicleId},
    event::{DrivingKind, Initiator, Signal},
};

/// The meaning of the columns of a CSV file, read from YAML.
///
/// # Units
/// The `unit` of a column is the one in the file. Its default is that of the model (km/h, km, g,
/// deg/s, ..).
///
/// # Shape
/// ```yaml
/// kind: telemetry                              # telemetry (default) | perception | driving
/// key:  { column: drive, prefix: "nds-" }      # or { constant: "comma-1" }
/// # epoch_s | epoch_ms | epoch_us | rfc3339 | date | seconds (from `origin`)
/// time: { column: time_utc, format: epoch_s }
/// columns:
///   speed_mph: { signal: speed, unit: mph }
///   gps_lat:   { signal: latitude }
/// ```
/// A map of driving events sets `detail` and `initiator`. `event_type` is the kind of all its
/// events, and `initiators` translates the words of the file. With `repeats: events` equal records
/// are different events, distinguished by their offsets: in a form with a date but no time, two
/// disengagements of a day can be identical. By default they are one event, recorded twice.
/// `encoding` is `utf-8` (default) or `windows-1252`. A `date` has no zone and is taken as UTC.
///
/// ```yaml
/// kind: driving
/// event_type: disengagement
/// initiators: { Test Driver: driver, AV System: system }
/// repeats: events                              # duplicates (default) | events
/// ```
///
/// # Examples
/// ```
/// use fleet_core::dialect::ColumnMap;
/// let yaml = "
/// key: { column: bus }
/// time: { column: at, format: rfc3339 }
/// columns:
///   v: { signal: speed, unit: m/s }
/// ";
/// let map = ColumnMap::from_yaml(yaml, "bus.yaml")?;
/// map.check(b"bus,at,v,route", "monday.csv")?;
/// let error = map.check(b"bus,at,speed", "tuesday.csv").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "bus.yaml:5:3: tuesday.csv has no column `v`: it has bus, at, speed"
/// );
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ColumnMap {
    file: String,
    pub(super) kind: Kind,
    key: Key,
    time: (Word, Clock),
    columns: Vec<(Word, ColumnTarget)>,
    encoding: Encoding,
    initiators: Arc<BTreeMap<String, Initiator>>,
    repeats: Repeats,
}

/// The kind of events in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Telemetry,
    Perception,
    Driving(DrivingKind),
}

#[derive(Clone, Debug)]
enum Key {
    Column { column: Word, prefix: String },
    Constant(VehicleId),
}

/// A map resolved against a header: indexes instead of names.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) width: usize,
    pub(super) key: PlannedKey,
    pub(super) time: (usize, Clock),
    pub(super) cells: Vec<(usize, ColumnTarget)>,
    pub(super) encoding: Encoding,
    pub(super) initiators: Arc<BTreeMap<String, Initiator>>,
    pub(super) repeats: Repeats,
    names: Vec<String>,
}

#[derive(Debug)]
pub(super) enum PlannedKey {
    Cell { index: usize, prefix: String },
    Constant(VehicleId),
}

impl Plan {
    /// Returns the name of a column, for error messages.
    pub(super) fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }
}

impl ColumnMap {
    /// Reads a map; error messages name it `file`.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Config`] with file, line and column for malformed YAML, an unknown key,
    /// kind, format, signal or unit, a signal that two columns set, and a key that is neither a
    /// column nor a constant.
    pub fn from_yaml(text: &str, file: &str) -> Result<Self> {
        let raw: Raw = serde_saphyr::from_str(text).map_err(|error| {
            let place = error
                .location()
                .map_or_else(String::new, |at| format!(":{}:{}", at.line(), at.column()));
            let why = error.without_snippet().to_string();
            let why = why.lines().next().unwrap_or_default().to_owned();
            Error::new(ErrorKind::Config, format!("{file}{place}: {why}"))
        })?;
        let wrong = |at: &Word, why: String| at_word(file, at, &why);
        let (kind, known) = kind(file, raw.kind.as_ref(), raw.event_type.as_ref())?;
        let encoding = match raw.encoding {
            None => Encoding::default(),
            Some(word) => one_of(file, &word, "encoding", ENCODINGS)?,
        };
        let initiators = raw.initiators.unwrap_or_default().into_iter();
        let initiators = initiators.map(|(own, word)| {
            let initiator = Initiator::from_word(&word.text);
            let why = || wrong(&word, format!("unknown initiator `{}`", word.text));
            Ok((own, initiator.ok_or_else(why)?))
        });
        let initiators = initiators.collect::<Result<_>>()?;
        let repeats = repeats(file, kind, raw.repeats.as_ref())?;
        let place = raw.key.referenced;
        let key = key(file, raw.key.value, (place.line(), place.column()))?;
        let clock = clock(file, &raw.time)?;
        let mut columns: Vec<(Word, ColumnTarget)> = Vec::new();
        for (column, raw) in raw.columns.0 {
            let named = known.iter().find(|named| named.name == raw.signal.text);
            let named =
                named.ok_or_else(|| wrong(&raw.signal, unknown_signal(&raw.signal, known)))?;
            let target = match &raw.unit {
                None => named.units.first(),
                Some(unit) => named.units.iter().find(|(word, _)| *word == unit.text),
            };
            let Some((_, target)) = target else {
                let unit = raw.unit.as_ref().unwrap_or(&raw.signal);
                return Err(wrong(unit, unknown_unit(unit, named)));
            };
            let same = |(_, other): &(Word, ColumnTarget)| names(*other, named);
            if let Some((first, _)) = columns.iter().find(|column| same(column)) {
                let why = format!("column `{}` sets {} already", first.text, named.name);
                return Err(wrong(&raw.signal, why));
            }
            columns.push((column, *target));
        }
        Ok(Self {
            file: file.to_owned(),
            kind,
            key,
            time: (raw.time.column, clock),
            columns,
            encoding,
            initiators: Arc::new(initiators),
            repeats,
        })
    }

    /// Returns whether the records are telemetry.
    pub fn is_telemetry(&self) -> bool {
        self.kind == Kind::Telemetry
    }

    /// Returns whether a column sets this signal.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::ColumnMap, event::Signal};
    /// let yaml = "
    /// key: { column: bus }
    /// time: { column: at, format: rfc3339 }
    /// columns:
    ///   v: { signal: speed, unit: m/s }
    /// ";
    /// let map = ColumnMap::from_yaml(yaml, "bus.yaml")?;
    /// assert!(map.is_telemetry() && map.sets(Signal::Speed) && !map.sets(Signal::Odometer));
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    pub fn sets(&self, signal: Signal) -> bool {
        let is_it =
            |target: &ColumnTarget| matches!(target, ColumnTarget::Signal(of, _) if *of == signal);
        self.columns.iter().any(|(_, target)| is_it(target))
    }

    /// Checks that a file with this header has every column of the map; error messages name it
    /// `csv_file`.
    ///
    /// # Errors
    /// Returns [`ErrorKind::Config`] with the position in the map and the columns of the file.
    pub fn check(&self, header: &[u8], csv_file: &str) -> Result<()> {
        self.plan(header, csv_file).map(|_| ())
    }

    /// Resolves the map against a header.
    pub(super) fn plan(&self, header: &[u8], csv_file: &str) -> Result<Plan> {
        let mut records = Records::new(header);
        records.next();
        let names: Vec<String> = (0..records.count())
            .filter_map(|index| records.cell(index))
            .map(|cell| match self.encoding.read(cell) {
                Some(name) => name.trim().to_owned(),
                None => String::from_utf8_lossy(cell).trim().to_owned(),
            })
            .collect();
        let index = |column: &Word| {
            let mut found = names
                .iter()
                .enumerate()
                .filter(|(_, name)| **name == column.text);
            let Some((index, _)) = found.next() else {
                let (name, all) = (&column.text, names.join(", "));
                let why = format!("{csv_file} has no column `{name}`: it has {all}");
                return Err(at_word(&self.file, column, &why));
            };
            if found.next().is_some() {
                let why = format!("{csv_file} has more than one column `{}`", column.text);
                return Err(at_word(&self.file, column, &why));
            }
            Ok(index)
        };
        let key = match &self.key {
            Key::Constant(id) => PlannedKey::Constant(id.clone()),
            Key::Column { column, prefix } => PlannedKey::Cell {
                index: index(column)?,
                prefix: prefix.clone(),
            },
        };
        let time = (index(&self.time.0)?, self.time.1);
        let cells = self
            .columns
            .iter()
            .map(|(column, target)| Ok((index(column)?, *target)));
        let cells = cells.collect::<Result<_>>()?;
        Ok(Plan {
            width: names.len(),
            key,
            time,
            cells,
            encoding: self.encoding,
            initiators: Arc::clone(&self.initiators),
            repeats: self.repeats,
            names,
        })
    }
}

/// Whether a target has this name, in any unit.
fn names(target: ColumnTarget, named: &Named) -> bool {
    named.units.iter().any(|(_, other)| *other == target)
}

fn key(file: &str, raw: RawKey, (line, column): (u64, u64)) -> Result<Key> {
    match (raw.column, raw.constant) {
        (Some(column), None) => Ok(Key::Column {
            column,
            prefix: raw.prefix.unwrap_or_default(),
        }),
        (None, Some(constant)) if raw.prefix.is_none() => VehicleId::new(&constant.text)
            .map(Key::Constant)
            .map_err(|why| at_word(file, &constant, &why.to_string())),
        _ => {
            let text = String::new();
            let at = Word { text, line, column };
            let why = "the key is either { column: .., prefix: .. } or { constant: .. }";
            Err(at_word(file, &at, why))
        }
    }
}

/// Returns the kind of events, and the targets that a map of them can set.
fn kind(
    file: &str,
    kind: Option<&Word>,
    event_type: Option<&Word>,
) -> Result<(Kind, &'static [Named])> {
    let word = kind.map_or("telemetry", |word| &word.text);
    match (word, event_type) {
        ("telemetry", None) => Ok((Kind::Telemetry, TELEMETRY)),
        ("perception", None) => Ok((Kind::Perception, PERCEPTION)),
        ("driving", Some(event)) => {
            let known: Vec<_> = DrivingKind::ALL
                .iter()
                .map(|kind| (kind.as_word(), Kind::Driving(*kind)))
                .collect();
            Ok((one_of(file, event, "event_type", &known)?, DRIVING))
        }
        ("telemetry" | "perception", Some(event)) => {
            let why = "only a map of driving events has an event_type";
            Err(at_word(file, event, why))
        }
        (word, _) => {
            let why = match word {
                "driving" => "a map of driving events needs an event_type".to_owned(),
                _ => format!("unknown kind `{word}`: use telemetry, perception or driving"),
            };
            let text = String::new();
            let (line, column) = (1, 1);
            let first = Word { text, line, column };
            Err(at_word(file, kind.unwrap_or(&first), &why))
        }
    }
}

fn repeats(file: &str, kind: Kind, word: Option<&Word>) -> Result<Repeats> {
    match (kind, word) {
        (_, None) => Ok(Repeats::default()),
        (Kind::Driving(_), Some(word)) => one_of(file, word, "repeats", REPEATS),
        (_, Some(word)) => {
            let why = "only a map of driving events says what repeats are";
            Err(at_word(file, word, why))
        }
    }
}

/// Returns the meaning of a word, which must be one of a few.
fn one_of<T: Copy>(file: &str, word: &Word, what: &str, known: &[(&str, T)]) -> Result<T> {
    if let Some((_, meaning)) = known.iter().find(|(known, _)| *known == word.text) {
        return Ok(*meaning);
    }
    let all: Vec<_> = known.iter().map(|(word, _)| *word).collect();
    let (text, all) = (&word.text, all.join(", "));
    let why = format!("unknown {what} `{text}`: use one of {all}");
    Err(at_word(file, word, &why))
}

fn clock(file: &str, raw: &RawTime) -> Result<Clock> {
    let word = raw.format.text.as_str();
    let clock = one_of(file, &raw.format, "format", FORMATS)?;
    match &raw.origin {
        None => Ok(clock),
        Some(origin) if word == "seconds" => match EventTime::parse(&origin.text) {
            Ok(origin) => Ok(Clock::Decimal {
                exponent: 0,
                origin,
            }),
            Err(why) => Err(at_word(file, origin, &format!("`{}`: {why}", origin.text))),
        },
        Some(origin) => Err(at_word(
            file,
            origin,
            "only the format seconds has an origin",
        )),
    }
}

fn unknown_signal(word: &Word, known: &[Named]) -> String {
    let all: Vec<_> = known.iter().map(|named| named.name).collect();
    format!(
        "unknown signal `{}`: use one of {}",
        word.text,
        all.join(", ")
    )
}

fn unknown_unit(word: &Word, named: &Named) -> String {
    let all: Vec<_> = named.units.iter().map(|(unit, _)| *unit).collect();
    let (unit, name, all) = (&word.text, named.name, all.join(", "));
    format!("unknown unit `{unit}` of {name}: use one of {all}")
}

fn at_word(file: &str, at: &Word, why: &str) -> Error {
    let message = format!("{file}:{}:{}: {why}", at.line, at.column);
    Error::new(ErrorKind::Config, message)
}
