//! Synthetic drives in a folder of files: what is written is read again.
#![cfg(feature = "evaluation")]

use fleet_scoring::{
    drives::{DriveOptions, Mounting},
    evaluation::{Style, folder},
};

#[test]
fn drives_of_each_mounting_are_read_as_they_were_written() {
    let drives: Vec<_> = Mounting::ALL
        .into_iter()
        .map(|mounting| {
            let options = DriveOptions {
                mounting,
                style: Style::Aggressive,
                seconds: 90.0,
                rate_hz: 10.0,
                seed: 4,
                ..DriveOptions::default()
            };
            options.drive().labelled
        })
        .collect();
    let files = tempfile::tempdir().unwrap();
    folder::write(files.path(), &drives).unwrap();
    let again = folder::read(files.path()).unwrap();
    assert_eq!(again.len(), 4);
    for one in &drives {
        let mut same_name = again
            .iter()
            .filter(|other| other.recording.name == one.recording.name);
        let other = same_name.next().unwrap();
        // NaN differs from itself; as text it does not.
        assert_eq!(format!("{other:?}"), format!("{one:?}"));
    }
}
