//! Tests of folders of recordings: what is written is read again, and what is wrong is named.

use fleet_core::event::AlertKind::{HarshBrake, HarshCorner};
use tempfile::TempDir;

use super::read;
use crate::evaluation::{Clock, Frame, Gravity, Style, VehicleClass};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const LABELS: (&str, &str) = (
    "labels.csv",
    "recording,kind,start_s,end_s\na,HARSH_BRAKE,101.5,102.5\n",
);
const SAMPLES: (&str, &str) = (
    "a.csv",
    "time_s,accel_forward_mps2,speed_mps\n100,0,10\n101,-4.903325,\n102,,5\n103,0,nan\n",
);

fn refusal(files: &[(&str, &str)]) -> String {
    read(folder(files).path()).unwrap_err().to_string()
}

#[test]
fn units_are_converted_empty_cells_are_missing_and_times_count_from_the_first_sample() {
    let read = read(folder(&[LABELS, SAMPLES]).path()).unwrap();
    let [labelled] = read.as_slice() else {
        panic!("{read:?}");
    };
    let recording = &labelled.recording;
    assert_eq!(recording.clock, Clock::Times(vec![0.0, 1.0, 2.0, 3.0]));
    let [forward, left, _] = recording.acceleration.as_ref().unwrap();
    assert_eq!(forward[..2], [0.0, -0.5]);
    assert!(forward[2].is_nan() && left.iter().all(|value| value.is_nan()));
    let speed = recording.speed.as_ref().unwrap();
    assert_eq!((speed[0], speed[2]), (36.0, 18.0));
    assert!(speed[1].is_nan() && speed[3].is_nan());
    assert_eq!(
        (labelled.labels[0].start_s, labelled.labels[0].end_s),
        (1.5, 2.5)
    );
    assert_eq!(labelled.kinds, [HarshBrake]);
    assert_eq!(
        (recording.frame, recording.gravity),
        (Frame::Vehicle, Gravity::Removed)
    );
    assert_eq!(labelled.cell, ["1Hz", "vehicle", "any"]);
}

#[test]
fn what_is_known_of_a_recording_is_taken_over() {
    let about = (
        "recordings.csv",
        "recording,class,style,kinds,distance_km\na,bus,aggressive,HARSH_CORNER HARSH_BRAKE,1.5\n",
    );
    let read = read(folder(&[LABELS, SAMPLES, about]).path()).unwrap();
    assert_eq!(read[0].recording.class, Some(VehicleClass::Bus));
    assert_eq!(read[0].style, Some(Style::Aggressive));
    assert_eq!(read[0].kinds, [HarshCorner, HarshBrake]);
    assert_eq!(read[0].distance_km, Some(1.5));
}

#[test]
fn a_message_names_file_line_column_what_is_wrong_and_what_to_do() {
    for (files, parts) in [
        (
            vec![LABELS, ("a.csv", "time_s,speed_kmh\n0,x1\n")],
            "a.csv, line 2, column speed_kmh: 'x1' is not a finite number: leave a missing one empty",
        ),
        (
            vec![LABELS, ("a.csv", "time_s,speed_kmh\n0,1\n2,1\n1,1\n")],
            "a.csv, line 4, column time_s: 1 is before 2 in the row above: sort",
        ),
        (
            vec![LABELS, ("a.csv", "t,speed_kmh\n0,1\n")],
            "a.csv, line 1: the column 'time_s' is missing: add it to the header, which has t, speed",
        ),
        (
            vec![LABELS, ("a.csv", "time_s,speed\n0,1\n")],
            "a.csv, line 1: the column 'speed' is unknown: name it time_s, accel_forward_g,",
        ),
        (
            vec![LABELS, ("a.csv", "time_s,speed_kmh,speed_mph\n0,1,1\n")],
            "'speed_mph' is there in two units: remove one",
        ),
        (
            vec![LABELS, ("a.csv", "time_s,accel_x_g,accel_y_g\n0,1,1\n")],
            "the column 'accel_z_g' is missing beside the other axes: add it",
        ),
        (
            vec![LABELS, ("a.csv", "time_s,accel_x_g,accel_east_g\n0,1,1\n")],
            "the columns are of more than one frame: keep",
        ),
        (
            vec![LABELS, ("a.csv", "time_s,speed_kmh\n")],
            "there are no samples: add rows",
        ),
        (
            vec![LABELS],
            "labels.csv: 'a' has no file of samples: add a.csv beside it",
        ),
        (vec![SAMPLES], "labels.csv: "),
        (
            vec![
                SAMPLES,
                (
                    "labels.csv",
                    "recording,kind,start_s,end_s\na,HARSH_BRAKE,9,8\n",
                ),
            ],
            "labels.csv, line 2, column end_s: the event ends at 8 before it starts at 9",
        ),
        (
            vec![
                SAMPLES,
                (
                    "labels.csv",
                    "recording,kind,start_s,end_s\na,hard brake,1,2\n",
                ),
            ],
            "labels.csv, line 2, column kind: 'hard brake' is not the word of a kind: write HARSH_",
        ),
        (
            vec![
                SAMPLES,
                (
                    "labels.csv",
                    "recording,kind,start_s,end_s\na,HARSH_BRAKE,1,2\n",
                ),
            ],
            "labels.csv, line 2: the event from 1 to 2 is outside a, which lasts from 100 to 103",
        ),
        (
            vec![
                LABELS,
                SAMPLES,
                ("recordings.csv", "recording,class\na,lorry\n"),
            ],
            "line 2, column class: 'lorry' is unknown: write passenger or van or heavy or bus",
        ),
        (
            vec![
                LABELS,
                SAMPLES,
                ("recordings.csv", "recording,class\na,bus\na,van\n"),
            ],
            "line 3, column recording: 'a' has two rows: remove one",
        ),
    ] {
        let message = refusal(&files);
        assert!(message.contains(parts), "{message}\nlacks\n{parts}");
    }
}

#[test]
fn columns_that_begin_with_an_underscore_are_left_out() {
    let samples = ("a.csv", "time_s,_note,speed_kmh\n100,start,1\n102,,2\n");
    let read = read(folder(&[LABELS, samples]).path()).unwrap();
    assert_eq!(
        read[0].recording.speed.as_deref(),
        Some([1.0, 2.0].as_slice())
    );
}
