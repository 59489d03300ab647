//! When samples are taken, and when the device is silent.

use crate::drives::draws::Draws;

/// Gaps of a recording, seconds from and to. Our choice: three of four recordings have none, the
/// others about one in five minutes, of 3 s on average.
pub(super) fn draw(seconds: f64, draws: &mut Draws) -> Vec<(f64, f64)> {
    let mut gaps = Vec::new();
    if draws.chance(0.75) {
        return gaps;
    }
    let mut at = draws.exponential(300.0);
    while at < seconds {
        let end = at + draws.exponential(3.0).clamp(0.2, 20.0);
        gaps.push((at, end));
        at = end + draws.exponential(300.0);
    }
    gaps
}

/// Whether a gap leaves out rows. Fast recorders write NaN instead and keep their rate.
pub(super) fn leaves_out_rows(rate_hz: f64) -> bool {
    rate_hz <= 200.0
}

/// The times of the samples, seconds, with a jitter of 2 % of a period where each row has a time of
/// its own (our choice, after phones).
pub(super) fn times(
    rate_hz: f64,
    seconds: f64,
    gaps: &[(f64, f64)],
    draws: &mut Draws,
) -> Vec<f64> {
    let jitter = if leaves_out_rows(rate_hz) { 0.02 } else { 0.0 };
    let mut times = Vec::new();
    let mut number = 0_u64;
    loop {
        let offset = if jitter > 0.0 && number > 0 {
            jitter * draws.noise()
        } else {
            0.0
        };
        let at = (number as f64 + offset) / rate_hz;
        if number as f64 / rate_hz >= seconds {
            return times;
        }
        number += 1;
        if number > 1 && leaves_out_rows(rate_hz) && within(gaps, at) {
            continue;
        }
        times.push(at);
    }
}

/// Whether a time lies in a gap.
pub(super) fn within(gaps: &[(f64, f64)], at: f64) -> bool {
    gaps.iter().any(|(from, to)| (*from..*to).contains(&at))
}
