//! Rotations of three axes.

use crate::drives::draws::Draws;

pub(super) type Vector = [f64; 3];

/// A rotation matrix, row by row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rotation([Vector; 3]);

impl Rotation {
    pub(super) fn apply(&self, vector: Vector) -> Vector {
        self.0.map(|row| dot(row, vector))
    }

    /// Any rotation, each as likely as any other: a quaternion of four normal numbers.
    pub(super) fn any(draws: &mut Draws) -> Self {
        let mut four = [0.0; 4];
        for part in &mut four {
            *part = draws.normal();
        }
        Self::of_quaternion(four)
    }

    /// A turn of so many radians about a random axis.
    pub(super) fn small(angle: f64, draws: &mut Draws) -> Self {
        let axis = unit([draws.normal(), draws.normal(), draws.normal()]);
        let (sine, cosine) = (angle / 2.0).sin_cos();
        let [x, y, z] = axis.map(|part| part * sine);
        Self::of_quaternion([cosine, x, y, z])
    }

    fn of_quaternion(four: [f64; 4]) -> Self {
        let norm = four.iter().map(|part| part * part).sum::<f64>().sqrt();
        let [w, x, y, z] = four.map(|part| part / norm.max(1e-9));
        Self([
            [
                1.0 - 2.0 * (y * y + z * z),
                2.0 * (x * y - w * z),
                2.0 * (x * z + w * y),
            ],
            [
                2.0 * (x * y + w * z),
                1.0 - 2.0 * (x * x + z * z),
                2.0 * (y * z - w * x),
            ],
            [
                2.0 * (x * z - w * y),
                2.0 * (y * z + w * x),
                1.0 - 2.0 * (x * x + y * y),
            ],
        ])
    }
}

pub(super) fn dot([a, b, c]: Vector, [x, y, z]: Vector) -> f64 {
    a * x + b * y + c * z
}

pub(super) fn cross([a, b, c]: Vector, [x, y, z]: Vector) -> Vector {
    [b * z - c * y, c * x - a * z, a * y - b * x]
}

pub(super) fn plus(one: Vector, times: f64, other: Vector) -> Vector {
    let ([a, b, c], [x, y, z]) = (one, other);
    [a + times * x, b + times * y, c + times * z]
}

/// The vector at length 1; a vector without length becomes the upward axis.
pub(super) fn unit(vector: Vector) -> Vector {
    let length = dot(vector, vector).sqrt();
    if length < 1e-9 {
        return [0.0, 0.0, 1.0];
    }
    vector.map(|part| part / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_keeps_lengths_angles_and_handedness() {
        let mut draws = Draws::new(5);
        for _ in 0..100 {
            let turn = Rotation::any(&mut draws);
            let [x, y, z] =
                [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]].map(|axis| turn.apply(axis));
            assert!((dot(x, x) - 1.0).abs() < 1e-12 && dot(x, y).abs() < 1e-12);
            let off = plus(cross(x, y), -1.0, z);
            assert!(dot(off, off) < 1e-20);
        }
    }

    #[test]
    fn a_small_rotation_turns_by_its_angle() {
        let mut draws = Draws::new(5);
        for angle in [0.01, 0.3] {
            let turn = Rotation::small(angle, &mut draws);
            let trace: f64 = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
                .map(|axis| dot(turn.apply(axis), axis))
                .iter()
                .sum();
            assert!((trace - 1.0 - 2.0 * angle.cos()).abs() < 1e-12);
        }
    }
}
