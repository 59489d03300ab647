//! The recorded drives through the evaluation: the recorder's own marks, found by its own limit.
#![cfg(feature = "evaluation")]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panic, as tests do"
)]

mod recorded;

use fleet_core::event::AlertKind::{HarshBrake, HarshCorner, RapidAccel};
use fleet_scoring::evaluation::{
    Counts, Findings, Interval, Recording, evaluate, merge, nds, plot, seed_rule,
};
use recorded::recording;

/// The recorder's limit of 0.35 g on each axis.
fn limit(recording: &Recording) -> Findings {
    let [forward, lateral, _] = recording.acceleration.as_ref().unwrap();
    let mut events = Vec::new();
    for (sample, (forward, lateral)) in forward.iter().zip(lateral).enumerate() {
        let at = recording.time_s(sample).unwrap();
        for (kind, beyond) in [
            (HarshBrake, -forward),
            (RapidAccel, *forward),
            (HarshCorner, lateral.abs()),
        ] {
            if beyond >= 0.35 {
                events.push(Interval {
                    kind,
                    start_s: at,
                    end_s: at,
                });
            }
        }
    }
    Findings {
        events,
        ..Findings::default()
    }
}

#[test]
fn the_recorders_limit_finds_all_of_its_62_events_and_the_seed_rule_few() {
    let Some(path) = recording("nds/nds_dev.csv") else {
        return;
    };
    let drives = nds::read(&path).unwrap();
    assert_eq!(drives.len(), 17);
    let samples: usize = drives.iter().map(|drive| drive.labels.len()).sum();
    assert_eq!(samples, 70);
    let events = drives.iter().flat_map(|drive| {
        let kinds = drive.kinds.iter();
        kinds.flat_map(|kind| merge(kind, &drive.labels))
    });
    assert_eq!(events.count(), 62);

    let counts = |found, missed, wrong| Counts {
        found,
        missed,
        wrong,
    };
    let own = evaluate(&limit, drives.clone());
    let by_kind: Vec<_> = own.overall.iter().map(|kind| kind.counts).collect();
    assert_eq!(
        by_kind,
        [counts(6, 0, 0), counts(39, 0, 0), counts(17, 0, 0)]
    );

    // Rows below -0.4 g: 3; above 0.4 g: 13.
    let seed = evaluate(&seed_rule, drives.clone());
    let by_kind: Vec<_> = seed.overall.iter().map(|kind| kind.counts).collect();
    assert_eq!(
        (by_kind[0], by_kind[2]),
        (counts(3, 3, 0), counts(12, 5, 0))
    );
    assert_eq!(seed.overall[1].unavailable, 17);

    let svg = plot(&drives[0].recording, &drives[0].labels, &[]).unwrap();
    assert!(svg.contains("nds-1"));
}
