//! Where the levels of `production` lie on their plateaus: F1 of each kind on the synthetic drives,
//! while one level is multiplied by a factor. Run in release with `cargo test --release -p
//! fleet-scoring --features evaluation --test plateau -- --ignored --nocapture`.
#![cfg(feature = "evaluation")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "this prints what it measures; helpers of tests fail by panic, as tests do"
)]

use fleet_core::event::AlertKind::{self, HarshBrake, HarshCorner, RapidAccel};
use fleet_scoring::{
    detect::{Detector, Filter, Level, Thresholds, VehicleClass},
    drives::{DriveOptions, DriveSet, Mounting, Scenario},
    evaluation::{Evaluation, Labelled, Recording, evaluate, findings, production, signals},
};

const FACTORS: [f64; 8] = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4];
const KINDS: [AlertKind; 3] = [HarshBrake, RapidAccel, HarshCorner];

/// One number of a level.
type Part = fn(&mut Level) -> &mut f64;

const PARTS: [(&str, Part); 4] = [
    ("enter", |level| &mut level.enter_g),
    ("exit", |level| &mut level.exit_g),
    ("duration", |level| &mut level.min_duration_s),
    ("change", |level| &mut level.min_change_kmh),
];

fn level<'a>(levels: &'a mut Thresholds, kind: &AlertKind) -> &'a mut Level {
    match kind {
        HarshBrake => &mut levels.harsh_brake,
        RapidAccel => &mut levels.rapid_accel,
        _ => &mut levels.harsh_corner,
    }
}

/// Evaluates recordings with one number of one kind multiplied.
fn with_factor(drives: &[Labelled], kind: &AlertKind, part: Part, factor: f64) -> Evaluation {
    let detector = |recording: &Recording| {
        let class = recording.class.unwrap();
        let mut detector = Detector::new(recording.frame, class);
        for filter in [Filter::Bell, Filter::Line] {
            let mut levels = Thresholds::production(class, filter);
            *part(level(&mut levels, kind)) *= factor;
            detector = detector.with_thresholds(levels);
        }
        findings(&detector.detect(&signals(recording)))
    };
    evaluate(&detector, drives.iter().cloned())
}

/// F1 over all cells, and in the worst cell.
fn of_kind(result: &Evaluation, kind: &AlertKind) -> (f64, f64) {
    let overall = result.overall.iter().find(|one| one.kind == *kind);
    let overall = overall
        .and_then(|one| one.f1)
        .map_or(f64::NAN, |f1| f1.value);
    let worst = result.worst(kind).and_then(|cell| cell.f1);
    (overall, worst.map_or(f64::NAN, |f1| f1.value))
}

fn row(name: &str, drives: &[Labelled], kind: &AlertKind, part: Part) {
    let cells = FACTORS.map(|factor| {
        let (overall, worst) = of_kind(&with_factor(drives, kind, part, factor), kind);
        format!("{overall:.3}/{worst:.2}")
    });
    println!("{:12} {name:20} {}", kind.as_word(), cells.join("  "));
}

#[test]
#[ignore = "measures"]
fn soak_plateau_of_each_level() {
    println!("F1 overall / worst cell, by factor {FACTORS:?}");
    for (filter, rate) in [("bell", 50.0), ("line", 1.0)] {
        let drives: Vec<Labelled> = DriveSet::development()
            .with_rates(&[rate])
            .drives()
            .filter(|options| (options.mounting == Mounting::SpeedAlone) == (rate < 5.0))
            .map(|options| options.drive().labelled)
            .collect();
        for kind in &KINDS {
            if rate < 5.0 && *kind == HarshCorner {
                continue;
            }
            for class in VehicleClass::ALL {
                let of_class = drives.iter();
                let of_class = of_class.filter(|drive| drive.recording.class == Some(class));
                let of_class: Vec<Labelled> = of_class.cloned().collect();
                let name = format!("{filter} enter {}", class.as_word());
                row(&name, &of_class, kind, |level| &mut level.enter_g);
            }
            for (name, part) in PARTS {
                row(&format!("{filter} {name}"), &drives, kind, part);
            }
        }
    }
}

#[test]
#[ignore = "measures"]
fn soak_every_cell_of_the_development_drives() {
    let drives = DriveSet::development();
    let drives = drives.drives().map(|options| options.drive().labelled);
    println!("{}", evaluate(&production, drives));
}

/// Changing a number of the table changes the drives, so nobody can tune on them; a change of a
/// rule is to be named beside it. Run it once, when the parameters are final.
#[test]
#[ignore = "measures"]
fn soak_every_cell_of_the_evaluation_drives() {
    let filters = [Filter::Bell, Filter::Line];
    let levels =
        VehicleClass::ALL.map(|class| filters.map(|filter| Thresholds::production(class, filter)));
    let drives = DriveSet::evaluation(format!("{levels:?}, no axis without turn rates").as_bytes());
    let drives = drives.drives().map(|options| options.drive().labelled);
    println!("{}", evaluate(&production, drives));
}

#[test]
#[ignore = "measures"]
fn soak_false_brakes_in_half_hours_of_hard_turns() {
    for mounting in [Mounting::Vehicle, Mounting::Unknown, Mounting::Earth] {
        for class in VehicleClass::ALL {
            let wrong = (0..8).map(|seed| {
                let options = DriveOptions {
                    class,
                    mounting,
                    scenario: Scenario::HardTurns,
                    seconds: 1800.0,
                    seed,
                    ..DriveOptions::default()
                };
                let result = evaluate(&production, [options.drive().labelled]);
                let brakes = result.overall.iter().find(|one| one.kind == HarshBrake);
                brakes.unwrap().counts.wrong
            });
            let wrong: Vec<u64> = wrong.collect();
            let (mounting, class) = (mounting.as_word(), class.as_word());
            println!("false brakes in half an hour, {mounting} {class}: {wrong:?}");
        }
    }
}
