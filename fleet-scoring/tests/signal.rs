//! Filters: chunks give what whole columns give, bit for bit, and nothing is invented.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "helpers of tests fail by panic, as tests do; columns are of single precision"
)]

use fleet_scoring::signal::{
    BlockMean, Jerk, RateEstimate, Resample, Slope, block_means, jerk, rate_of, resample, slopes,
};
use ndarray::{Array1, ArrayView1};

/// A sequence of numbers from 0 to 1 that looks random.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as f64 / 2_147_483_648.0
    }

    /// Lengths of chunks that add up to a length, with empty ones among them.
    fn chunks(&mut self, length: usize) -> Vec<std::ops::Range<usize>> {
        let (mut chunks, mut start) = (Vec::new(), 0);
        while start < length {
            let most = [0.0, 1.0, 7.0, 300.0][(self.next() * 4.0) as usize];
            let end = (start + (self.next() * (most + 1.0)) as usize).min(length);
            chunks.push(start..end);
            start = end;
        }
        chunks
    }

    /// Times of about 50 Hz with jitter, gaps, repetitions and steps back; values with missing
    /// ones.
    fn column(&mut self, length: usize) -> (Vec<f64>, Vec<f32>) {
        let mut at = 1e9;
        let rows = (0..length).map(|_| {
            at += match self.next() {
                draw if draw < 0.01 => 3.0 * self.next(),
                draw if draw < 0.02 => -0.01,
                draw if draw < 0.03 => 0.0,
                _ => 0.015 + 0.01 * self.next(),
            };
            let value = match self.next() {
                draw if draw < 0.02 => f32::NAN,
                draw if draw < 0.03 => f32::INFINITY,
                draw => (draw - 0.5) as f32,
            };
            (at, value)
        });
        rows.collect()
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn wide_bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn prop_chunks_give_what_whole_columns_give() {
    for seed in 0..40 {
        let mut draws = Draws(seed);
        let length = (draws.next() * 3000.0) as usize;
        let (times, values) = draws.column(length);
        let (t, v) = (ArrayView1::from(&times), ArrayView1::from(&values));
        let chunks = draws.chunks(length);

        for size in [1, 2, 16, 33, 80] {
            let (mut means, mut operator) = (Vec::new(), BlockMean::new(size));
            for chunk in &chunks {
                operator.push(&values[chunk.clone()], &mut means);
            }
            assert_eq!(bits(&means), bits(&block_means(v, size).to_vec()));
        }

        let (mut results, mut operator) = (Vec::new(), Resample::new(50.0));
        for chunk in &chunks {
            operator.push(&times[chunk.clone()], &values[chunk.clone()], &mut results);
        }
        operator.finish(&mut results);
        assert_eq!(bits(&results), bits(&resample(t, v, 50.0).to_vec()));

        let mut estimate = RateEstimate::default();
        for chunk in &chunks {
            estimate.push(&times[chunk.clone()]);
        }
        assert_eq!(estimate.rate_hz(), rate_of(t));

        let (mut found, mut operator) = (Vec::new(), Slope::new(0.5));
        for chunk in &chunks {
            operator.push(&times[chunk.clone()], &values[chunk.clone()], &mut found);
        }
        operator.finish(&mut found);
        assert_eq!(found.len(), length);
        assert_eq!(wide_bits(&found), wide_bits(&slopes(t, v, 0.5).to_vec()));

        let (mut found, mut operator) = (Vec::new(), Jerk::default());
        for chunk in &chunks {
            operator.push(&values[chunk.clone()], &mut found);
        }
        operator.finish(&mut found);
        assert_eq!(bits(&found), bits(&jerk(v).to_vec()));
    }
}

#[test]
fn prop_no_result_lies_outside_its_samples() {
    for seed in 0..20 {
        let (times, values) = Draws(seed).column(2000);
        let grid = resample(ArrayView1::from(&times), ArrayView1::from(&values), 50.0);
        assert!(grid.iter().any(|value| value.is_finite()));
        assert!(
            grid.iter()
                .all(|value| value.is_nan() || value.abs() <= 0.5)
        );
        let means = block_means(ArrayView1::from(&values), 20);
        assert!(
            means
                .iter()
                .all(|value| value.is_nan() || value.abs() <= 0.5)
        );
    }
}

#[test]
fn a_gap_stays_a_gap() {
    let times: Array1<f64> = (0..1000)
        .map(|n| f64::from(n) / 100.0)
        .filter(|t| !(4.0..6.0).contains(t))
        .collect();
    let values = Array1::from_elem(times.len(), 1.0_f32);
    let grid = resample(times.view(), values.view(), 100.0);
    let missing: Vec<usize> = (0..grid.len())
        .filter(|point| grid[*point].is_nan())
        .collect();
    // And the last point has samples on one side only.
    assert_eq!(missing, (40..60).chain([100]).collect::<Vec<_>>());
}

#[test]
fn a_view_with_strides_gives_what_its_copy_gives() {
    let matrix =
        ndarray::Array2::from_shape_fn((600, 3), |(row, column)| ((row * 7 + column) % 11) as f32);
    let column = matrix.column(1);
    assert!(column.as_slice().is_none());
    assert_eq!(
        block_means(column, 4),
        block_means(column.to_owned().view(), 4)
    );
}

#[test]
fn a_second_of_braking_keeps_its_level_and_a_road_shock_does_not() {
    let filtered = |from: f64, to: f64, level: f32| {
        let times: Array1<f64> = (0..1000).map(|n| f64::from(n) / 100.0).collect();
        let values = times.mapv(|at| if (from..to).contains(&at) { level } else { 0.0 });
        let grid = resample(times.view(), values.view(), 100.0);
        grid.iter()
            .fold(0.0_f32, |most, value| most.max(value.abs()))
    };
    assert!((filtered(4.0, 5.0, -0.4) - 0.4).abs() < 1e-5);
    assert!(filtered(4.0, 4.06, 0.6) < 0.13);
}

#[test]
fn whole_kilometres_per_hour_give_a_smooth_acceleration() {
    // 1 m/s² at 10 Hz: neighbours differ by 0 or 1 km/h, which is up to 2.8 m/s².
    let times: Array1<f64> = (0..100).map(|n| f64::from(n) / 10.0).collect();
    let kmh = times.mapv(|at| (at * 3.6).round() as f32);
    let found = slopes(times.view(), kmh.view(), 0.75);
    assert!(
        found
            .iter()
            .skip(8)
            .take(84)
            .all(|slope| (slope / 3.6 - 1.0).abs() < 0.15)
    );
}

#[test]
fn the_rate_is_that_of_most_intervals() {
    let times: Array1<f64> = (0..500)
        .map(|n| f64::from(n) * 0.01 + if n > 250 { 100.0 } else { 0.0 })
        .collect();
    assert!((rate_of(times.view()).unwrap() - 100.0).abs() < 0.01);
    assert_eq!(rate_of(ndarray::array![1.0, 1.0, 0.5].view()), None);
}
