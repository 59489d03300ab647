//! Reads a folder of labelled recordings.

use std::{collections::BTreeMap, path::Path};

use fleet_core::{Error, ErrorKind, Result, event::AlertKind};

use super::{
    index::{self, Known, Label},
    samples::{self, Samples},
};
use crate::evaluation::{Frame, Interval, Labelled};

/// The kinds of a folder whose labels name none.
const HARSH: [AlertKind; 3] = [
    AlertKind::HarshBrake,
    AlertKind::RapidAccel,
    AlertKind::HarshCorner,
];

/// Reads all recordings of a folder, sorted by name. The module describes the [format](super).
///
/// # Errors
/// If a file is missing or breaks the format: the message names the file, the line, the column,
/// what is wrong, and what to write instead.
pub fn read(folder: &Path) -> Result<Vec<Labelled>> {
    let mut labels = index::labels(&folder.join("labels.csv"))?;
    let about = folder.join("recordings.csv");
    let mut known = if about.exists() {
        index::recordings(&about)?
    } else {
        BTreeMap::new()
    };
    let mut kinds: Vec<AlertKind> = Vec::new();
    for label in labels.values().flatten() {
        if !kinds.contains(&label.event.kind) {
            kinds.push(label.event.kind);
        }
    }
    if kinds.is_empty() {
        kinds = HARSH.to_vec();
    }
    let mut recordings = Vec::new();
    for name in names(folder)? {
        let samples = samples::read(&folder.join(format!("{name}.csv")), &name)?;
        let own = labels.remove(&name).unwrap_or_default();
        let known = known.remove(&name).unwrap_or_default();
        recordings.push(labelled(samples, &own, known, &kinds)?);
    }
    let unknown = |name: &str, file: &str| {
        let message = format!(
            "{}: '{name}' has no file of samples: add {name}.csv beside it, or remove its rows",
            folder.join(file).display()
        );
        Error::new(ErrorKind::Source, message)
    };
    if let Some((name, _)) = labels.first_key_value() {
        return Err(unknown(name, "labels.csv"));
    }
    if let Some((name, _)) = known.first_key_value() {
        return Err(unknown(name, "recordings.csv"));
    }
    Ok(recordings)
}

/// The names of the files of samples, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let unreadable = |why: std::io::Error| {
        let message = format!("cannot list {}: {why}; check the path", folder.display());
        Error::new(ErrorKind::Source, message)
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_csv = path.extension().is_some_and(|extension| extension == "csv");
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        match stem {
            Some("labels" | "recordings") | None => {}
            Some(stem) if is_csv => names.push(stem.to_owned()),
            Some(_) => {}
        }
    }
    names.sort();
    Ok(names)
}

fn labelled(
    samples: Samples,
    own: &[Label],
    known: Known,
    kinds: &[AlertKind],
) -> Result<Labelled> {
    let Samples {
        mut recording,
        first_s,
    } = samples;
    recording.class = known.class;
    recording.gravity = known.gravity.unwrap_or(recording.gravity);
    let last_s = recording.duration_s();
    let mut labels = Vec::new();
    for label in own {
        let event = Interval {
            kind: label.event.kind,
            start_s: label.event.start_s - first_s,
            end_s: label.event.end_s - first_s,
        };
        if event.end_s < 0.0 || event.start_s > last_s {
            let message = format!(
                "{}the event from {} to {} is outside {}, which lasts from {first_s} to {}: write \
                 the label in the seconds of time_s",
                label.line_of,
                label.event.start_s,
                label.event.end_s,
                recording.name,
                first_s + last_s,
            );
            return Err(Error::new(ErrorKind::Source, message));
        }
        labels.push(event);
    }
    labels.sort_by(|one, other| one.start_s.total_cmp(&other.start_s));
    let frame = match recording.frame {
        _ if recording.acceleration.is_none() => "speed",
        Frame::Vehicle => "vehicle",
        Frame::Device => "unknown",
        Frame::Earth => "earth",
    };
    let class = known.class.map_or("any", |class| class.as_word());
    let cell = vec![
        format!("{}Hz", samples::usual_rate(&recording)),
        frame.to_owned(),
        class.to_owned(),
    ];
    Ok(Labelled {
        recording,
        labels,
        kinds: known.kinds.unwrap_or_else(|| kinds.to_vec()),
        style: known.style,
        distance_km: known.distance_km,
        cell,
    })
}
