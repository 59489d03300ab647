//! A damped resonance: bodies on springs, wheels on tyres.

/// `y'' + 2 ζ ω y' + ω² y = ω² u`: at rest `y` equals `u`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resonator {
    omega: f64,
    damping: f64,
    pub(crate) value: f64,
    pub(crate) rate: f64,
}

impl Resonator {
    pub(crate) fn new(hz: f64, damping: f64) -> Self {
        Self {
            omega: std::f64::consts::TAU * hz,
            damping,
            value: 0.0,
            rate: 0.0,
        }
    }

    /// One step (semi-implicit Euler, stable while `ω * step_s < 2`).
    pub(crate) fn step(&mut self, input: f64, step_s: f64) -> f64 {
        let pull = self.omega * self.omega * (input - self.value);
        let brake = 2.0 * self.damping * self.omega * self.rate;
        self.rate += (pull - brake) * step_s;
        self.value += self.rate * step_s;
        self.value
    }

    /// The factor that gives the value the deviation 1 when the input is independent noise of
    /// deviation 1 in each step: the variance of a resonance under white noise is
    /// `ω step / (4 ζ)`.
    pub(crate) fn unit_noise(&self, step_s: f64) -> f64 {
        (4.0 * self.damping / (self.omega * step_s)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drives::draws::Draws;

    #[test]
    fn it_rings_at_its_frequency_and_comes_to_rest_at_its_input() {
        let mut body = Resonator::new(1.25, 0.25);
        let values: Vec<f64> = (0..2000).map(|_| body.step(1.0, 0.005)).collect();
        assert!((values[1999] - 1.0).abs() < 1e-3);
        // The overshoot of a damping of 0.25 is exp(-π ζ / sqrt(1 - ζ²)) = 0.444.
        let peak = values.iter().copied().fold(0.0, f64::max);
        assert!((peak - 1.444).abs() < 0.02, "{peak}");
        let at = values.iter().position(|value| *value == peak).unwrap();
        // Half a period of 1 / (1.25 sqrt(1 - 0.0625)) s is 0.413 s, or 83 steps.
        assert!(at.abs_diff(83) <= 2, "{at}");
    }

    #[test]
    fn scaled_noise_gives_a_deviation_of_one() {
        for (hz, damping) in [(1.2, 0.3), (12.0, 0.15)] {
            let mut draws = Draws::new(1);
            let mut body = Resonator::new(hz, damping);
            let scale = body.unit_noise(0.005);
            let values: Vec<f64> = (0..400_000)
                .map(|_| body.step(scale * draws.normal(), 0.005))
                .collect();
            let square = values.iter().map(|value| value * value).sum::<f64>() / 4e5;
            assert!((square.sqrt() - 1.0).abs() < 0.15, "{hz}: {square}");
        }
    }
}
