//! How fast columns become events, beside a plain sum over the same arrays. Run in release with
//! nothing else running: `cargo test --release -p fleet-scoring --test speed -- --ignored
//! --nocapture`.
#![expect(
    clippy::disallowed_methods,
    reason = "this measures; no result depends on the clock"
)]

use std::{hint::black_box, time::Instant};

use fleet_scoring::{
    SeedFleetflow, TripColumns,
    detect::{Clock, Detector, Frame, Limit, SeedTrip, SignalColumns, VehicleClass},
};
use ndarray::ArrayView1;

/// The shortest time of several runs, seconds.
fn shortest(mut run: impl FnMut()) -> f64 {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min)
}

/// Eight sums at once, as fast as memory.
fn plain_sum(column: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (eights, rest) = column.as_chunks::<8>();
    for eight in eights {
        for (sum, value) in sums.iter_mut().zip(eight) {
            *sum += value;
        }
    }
    sums.iter().sum::<f32>() + rest.iter().sum::<f32>()
}

#[test]
#[ignore = "measures"]
fn soak_speed_beside_a_plain_sum() {
    for (hz, rows) in [
        (16_000.0, 20_000_000),
        (100.0, 4_000_000),
        (50.0, 4_000_000),
    ] {
        let columns: Vec<Vec<f32>> = (0..6_u32)
            .map(|column| {
                (0..rows)
                    .map(|row| ((row + column * 7) % 1013) as f32 * 1e-4)
                    .collect()
            })
            .collect();
        let view = |column: usize| ArrayView1::from(&columns[column]);
        let sum = |count: usize| {
            shortest(|| {
                for column in columns.iter().take(count) {
                    black_box(plain_sum(black_box(column)));
                }
            })
        };
        let detect = |frame, count: usize| {
            let signals = SignalColumns::new(Clock::Rate(hz));
            let signals = signals.with_acceleration([view(0), view(1), view(2)]);
            let signals = if count == 6 {
                signals.with_gyroscope([view(3), view(4), view(5)])
            } else {
                signals
            };
            let detector = Detector::new(frame, VehicleClass::Passenger);
            let taken = shortest(|| {
                black_box(detector.detect(black_box(&signals)));
            });
            let sum = sum(count);
            let each = 1e9 / f64::from(rows);
            println!(
                "{hz} Hz, {count} columns, {frame:?}: {:.3} of a plain sum ({:.2} ns a row, the \
                 sum {:.2})",
                sum / taken,
                taken * each,
                sum * each
            );
        };
        detect(Frame::Vehicle, 3);
        detect(Frame::Device, 6);
        detect(Frame::Earth, 6);
        let trip = TripColumns::new(columns[0].clone()).with_rate(hz);
        let profile = SeedFleetflow::default();
        let taken = shortest(|| {
            black_box(profile.score(black_box(&trip)));
        });
        println!("{hz} Hz, seed rule: {:.3} of a plain sum", sum(1) / taken);
        // In chunks of a second, as they come from a stream.
        let signals = SignalColumns::new(Clock::Rate(hz))
            .with_longitudinal(view(0))
            .with_lateral(view(1));
        let length = columns[0].len();
        let chunk = if hz > 1000.0 { 16_000 } else { 6000 };
        let taken = shortest(|| {
            let mut trip = SeedTrip::default();
            for start in (0..length).step_by(chunk) {
                trip.push(&black_box(&signals).rows(start..start + chunk));
            }
            black_box(trip.finish());
        });
        println!(
            "{hz} Hz, seed rule in chunks: {:.3} of a plain sum",
            sum(1) / taken
        );
        let limit = Limit::new(0.35).unwrap();
        let taken = shortest(|| {
            black_box(limit.detect(black_box(&signals)));
        });
        println!(
            "{hz} Hz, limit, two columns: {:.3} of a plain sum",
            sum(2) / taken
        );
    }
}
