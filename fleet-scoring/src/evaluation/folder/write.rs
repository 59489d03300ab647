//! Writes a folder of labelled recordings.

use std::{fs::File, io::BufWriter, path::Path};

use csv::Writer;
use fleet_core::{Error, ErrorKind, Result, event::AlertKind};

use crate::evaluation::{Frame, Gravity, Labelled, Recording};

/// Writes recordings in the [format](super) that [`read`](super::read) reads. The folder must
/// exist; files in it with the same names are replaced.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path, recordings: &[Labelled]) -> Result<()> {
    let labels = recordings.iter().flat_map(|labelled| {
        labelled.labels.iter().map(|label| {
            [
                labelled.recording.name.clone(),
                label.kind.as_word().to_owned(),
                label.start_s.to_string(),
                label.end_s.to_string(),
            ]
        })
    });
    let header = ["recording", "kind", "start_s", "end_s"];
    table(&folder.join("labels.csv"), &header, labels)?;
    let header = [
        "recording",
        "style",
        "class",
        "gravity",
        "kinds",
        "distance_km",
    ];
    table(
        &folder.join("recordings.csv"),
        &header,
        recordings.iter().map(about),
    )?;
    for labelled in recordings {
        let recording = &labelled.recording;
        samples(&folder.join(format!("{}.csv", recording.name)), recording)?;
    }
    Ok(())
}

fn about(labelled: &Labelled) -> [String; 6] {
    let recording = &labelled.recording;
    let gravity = match recording.gravity {
        Gravity::Included => "included",
        Gravity::Removed => "removed",
    };
    let kinds: Vec<_> = labelled.kinds.iter().map(AlertKind::as_word).collect();
    [
        recording.name.clone(),
        labelled
            .style
            .map_or("", |style| style.as_word())
            .to_owned(),
        recording
            .class
            .map_or("", |class| class.as_word())
            .to_owned(),
        gravity.to_owned(),
        kinds.join(" "),
        labelled
            .distance_km
            .map_or_else(String::new, |km| km.to_string()),
    ]
}

fn samples(path: &Path, recording: &Recording) -> Result<()> {
    let axes = match recording.frame {
        Frame::Vehicle => ["forward", "left", "up"],
        Frame::Device => ["x", "y", "z"],
        Frame::Earth => ["east", "north", "up"],
    };
    let mut header = vec!["time_s".to_owned()];
    let mut columns: Vec<&[f32]> = Vec::new();
    for (stem, unit, three) in [
        ("accel", "g", &recording.acceleration),
        ("gyro", "dps", &recording.turn_rate),
    ] {
        for (axis, column) in axes.iter().zip(three.iter().flatten()) {
            header.push(format!("{stem}_{axis}_{unit}"));
            columns.push(column);
        }
    }
    for (name, column) in [
        ("yaw_rate_dps", &recording.yaw_rate),
        ("speed_kmh", &recording.speed),
    ] {
        if let Some(column) = column {
            header.push(name.to_owned());
            columns.push(column);
        }
    }
    let rows = (0..recording.len()).map(|sample| {
        let time = recording.time_s(sample).unwrap_or(f64::NAN).to_string();
        let cells = columns.iter().map(|column| match column.get(sample) {
            Some(value) if !value.is_nan() => value.to_string(),
            _ => String::new(),
        });
        std::iter::once(time).chain(cells).collect::<Vec<_>>()
    });
    table(path, &header, rows)
}

fn table<R, C>(path: &Path, header: &[C], rows: impl Iterator<Item = R>) -> Result<()>
where
    R: IntoIterator<Item = String>,
    C: AsRef<[u8]>,
{
    let unwritten = |why: &dyn std::fmt::Display| {
        let shown = path.display();
        let message = format!("cannot write {shown}: {why}; check the folder and the disk");
        Error::new(ErrorKind::Sink, message)
    };
    let file = File::create(path).map_err(|why| unwritten(&why))?;
    let mut writer = Writer::from_writer(BufWriter::new(file));
    writer.write_record(header).map_err(|why| unwritten(&why))?;
    for row in rows {
        writer.write_record(row).map_err(|why| unwritten(&why))?;
    }
    writer.flush().map_err(|why| unwritten(&why))
}
