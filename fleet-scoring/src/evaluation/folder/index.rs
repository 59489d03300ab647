//! `labels.csv` and `recordings.csv`.

use std::{collections::BTreeMap, path::Path};

use fleet_core::{Result, event::AlertKind};

use crate::evaluation::{Gravity, Interval, Style, VehicleClass, sheet::Sheet};

/// A label, with the line that it stands in.
pub(super) struct Label {
    pub(super) line_of: String,
    pub(super) event: Interval,
}

/// What `recordings.csv` says of one recording.
#[derive(Default)]
pub(super) struct Known {
    pub(super) style: Option<Style>,
    pub(super) class: Option<VehicleClass>,
    pub(super) gravity: Option<Gravity>,
    pub(super) kinds: Option<Vec<AlertKind>>,
    pub(super) distance_km: Option<f64>,
}

/// The labels of each recording.
pub(super) fn labels(path: &Path) -> Result<BTreeMap<String, Vec<Label>>> {
    let mut sheet = Sheet::open(path)?;
    let [recording, kind, start, end] =
        ["recording", "kind", "start_s", "end_s"].map(|name| sheet.required(name));
    let (recording, kind, start, end) = (recording?, kind?, start?, end?);
    let mut labels = BTreeMap::<String, Vec<Label>>::new();
    while sheet.next()? {
        let event = Interval {
            kind: kind_of(&sheet, kind, sheet.text(kind))?,
            start_s: sheet.required_number(start)?,
            end_s: sheet.required_number(end)?,
        };
        if event.end_s < event.start_s {
            let what = format!(
                "the event ends at {} before it starts at {}: exchange them",
                event.end_s, event.start_s
            );
            return Err(sheet.fault_in(end, &what));
        }
        let line_of = sheet.fault("").to_string();
        let of = labels.entry(sheet.text(recording).to_owned()).or_default();
        of.push(Label { line_of, event });
    }
    Ok(labels)
}

/// What is known about each recording.
pub(super) fn recordings(path: &Path) -> Result<BTreeMap<String, Known>> {
    let mut sheet = Sheet::open(path)?;
    let recording = sheet.required("recording")?;
    let [style, class, gravity, kinds, distance] =
        ["style", "class", "gravity", "kinds", "distance_km"].map(|name| sheet.optional(name));
    let mut known = BTreeMap::new();
    while sheet.next()? {
        let styles = [Style::Calm, Style::Aggressive].map(|style| (style.as_word(), style));
        let classes = VehicleClass::ALL.map(|class| (class.as_word(), class));
        let gravities = [
            ("included", Gravity::Included),
            ("removed", Gravity::Removed),
        ];
        let row = Known {
            style: one_of(&sheet, style, &styles)?,
            class: one_of(&sheet, class, &classes)?,
            gravity: one_of(&sheet, gravity, &gravities)?,
            kinds: match kinds {
                Some(column) if !sheet.text(column).is_empty() => {
                    let words = sheet.text(column).split_whitespace();
                    let kinds = words.map(|word| kind_of(&sheet, column, word));
                    Some(kinds.collect::<Result<_>>()?)
                }
                _ => None,
            },
            distance_km: distance.map_or(Ok(None), |column| sheet.number(column))?,
        };
        let name = sheet.text(recording).to_owned();
        if known.contains_key(&name) {
            let what = format!("'{name}' has two rows: remove one");
            return Err(sheet.fault_in(recording, &what));
        }
        known.insert(name, row);
    }
    Ok(known)
}

fn kind_of(sheet: &Sheet, column: usize, word: &str) -> Result<AlertKind> {
    word.parse().map_err(|_| {
        let what = format!(
            "'{word}' is not the word of a kind: write HARSH_BRAKE, RAPID_ACCEL, HARSH_CORNER, or \
             another word of capitals and _"
        );
        sheet.fault_in(column, &what)
    })
}

fn one_of<T: Copy>(sheet: &Sheet, column: Option<usize>, words: &[(&str, T)]) -> Result<Option<T>> {
    let Some(column) = column else {
        return Ok(None);
    };
    let text = sheet.text(column);
    if text.is_empty() {
        return Ok(None);
    }
    let known = words.iter().find(|(word, _)| *word == text);
    known.map(|(_, value)| Some(*value)).ok_or_else(|| {
        let all: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let what = format!(
            "'{text}' is unknown: write {}, or leave the cell empty",
            all.join(" or ")
        );
        sheet.fault_in(column, &what)
    })
}
