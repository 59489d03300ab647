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

    /// A turn of so many radians about the upward axis.
    pub(super) fn about_up(angle: f64) -> Self {
        let (sine, cosine) = (angle / 2.0).sin_cos();
        Self::of_quaternion([cosine, 0.0, 0.0, sine])
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

pub(super) fn dot(one: Vector, other: Vector) -> f64 {
    let products = one.into_iter().zip(other).map(|(one, other)| one * other);
    products.sum()
}

pub(super) fn cross([x1, y1, z1]: Vector, [x2, y2, z2]: Vector) -> Vector {
    [y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2]
}

pub(super) fn plus(one: Vector, times: f64, other: Vector) -> Vector {
    let ([x1, y1, z1], [x2, y2, z2]) = (one, other);
    [x1 + times * x2, y1 + times * y2, z1 + times * z2]
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
