//! Vectors of the plane and of space.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// A vector of the horizontal plane; the second axis lies to the left of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Vec2 {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Vec2 {
    pub(crate) const ZERO: Self = Self { x: 0.0, y: 0.0 };

    pub(crate) const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    pub(crate) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y
    }

    /// Positive if the other vector lies to the left.
    pub(crate) fn cross(self, other: Self) -> f64 {
        self.x * other.y - self.y * other.x
    }

    pub(crate) fn norm(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The vector turned to the left by an angle in radians.
    pub(crate) fn turned(self, angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self::new(self.x * cos - self.y * sin, self.x * sin + self.y * cos)
    }

    /// The direction at an angle in radians to the left of the first axis.
    pub(crate) fn at_angle(angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self::new(cos, sin)
    }

    /// The vector turned to the left by the angle of a direction.
    pub(crate) fn turned_by(self, direction: Self) -> Self {
        let Self { x, y } = direction;
        Self::new(self.x * x - self.y * y, self.x * y + self.y * x)
    }

    /// The vector turned to the right by the angle of a direction.
    pub(crate) fn turned_back(self, direction: Self) -> Self {
        self.turned_by(Self::new(direction.x, -direction.y))
    }

    /// The vector turned to the right by a right angle.
    pub(crate) const fn right(self) -> Self {
        Self::new(self.y, -self.x)
    }

    /// The direction, or `None` for no direction.
    pub(crate) fn unit(self) -> Option<Self> {
        let norm = self.norm();
        (norm > 0.0 && norm.is_finite()).then(|| self * norm.recip())
    }
}

/// Directions that turn by angles in radians, one after the other, from the first axis on.
///
/// Each follows from the one before, which costs a tenth of a sine.
pub(crate) fn headings(turns: impl Iterator<Item = f64>) -> impl Iterator<Item = Vec2> {
    let mut heading = Vec2::new(1.0, 0.0);
    turns.map(move |turn| {
        let square = turn * turn;
        let step = if square < 0.1 {
            // Taylor's series; what it leaves out is below 1e-10.
            let cos = 1.0
                - square / 2.0
                    * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)));
            let sin = 1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0));
            Vec2::new(cos, turn * sin)
        } else {
            Vec2::at_angle(turn)
        };
        let next = heading.turned_by(step);
        // One step of Newton's method keeps the length at 1.
        heading = next * (1.5 - 0.5 * next.dot(next));
        heading
    })
}

impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Vec2 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl AddAssign for Vec2 {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Neg for Vec2 {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.x, -self.y)
    }
}

impl Mul<f64> for Vec2 {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// A vector of space.
pub(crate) type Vec3 = [f64; 3];

pub(crate) fn dot3(a: Vec3, b: Vec3) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(crate) fn unit3(a: Vec3) -> Option<Vec3> {
    let norm = dot3(a, a).sqrt();
    (norm > 0.0 && norm.is_finite()).then(|| a.map(|a| a / norm))
}

pub(crate) const fn cross3(one: Vec3, other: Vec3) -> Vec3 {
    let ([x, y, z], [to_x, to_y, to_z]) = (one, other);
    [
        y * to_z - z * to_y,
        z * to_x - x * to_z,
        x * to_y - y * to_x,
    ]
}

/// Two horizontal axes that make a right-handed system with the direction that is up.
pub(crate) fn horizontal_axes(up: Vec3) -> Option<(Vec3, Vec3)> {
    let [x, y, z] = up.map(f64::abs);
    // The axis of the sensor that is farthest from vertical.
    let start = if x <= y && x <= z {
        [1.0, 0.0, 0.0]
    } else if y <= z {
        [0.0, 1.0, 0.0]
    } else {
        [0.0, 0.0, 1.0]
    };
    let left = unit3(cross3(up, start))?;
    Some((cross3(left, up), left))
}

/// The direction of the greatest scatter, from sums of products: rows of a symmetric matrix.
pub(crate) fn main_direction(matrix: [Vec3; 3]) -> Option<Vec3> {
    // Squared often enough, a matrix maps everything onto its main direction.
    let mut power = matrix;
    for _ in 0..12 {
        let scale: f64 = power.iter().map(|row| dot3(*row, *row)).sum::<f64>().sqrt();
        if scale <= 0.0 || !scale.is_finite() {
            return None;
        }
        let rows = power.map(|row| row.map(|value| value / scale));
        power = rows.map(|row| rows.map(|column| dot3(row, column)));
    }
    let longest = power
        .into_iter()
        .max_by(|a, b| dot3(*a, *a).total_cmp(&dot3(*b, *b)))?;
    unit3(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_right_handed_and_horizontal() {
        for up in [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.6, -0.48, 0.64]] {
            let (ahead, left) = horizontal_axes(up).unwrap();
            assert!(dot3(ahead, up).abs() < 1e-12 && dot3(left, up).abs() < 1e-12);
            let again = cross3(ahead, left);
            assert!((dot3(again, up) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_main_direction_is_that_of_the_greatest_scatter() {
        let axis = [0.6, -0.48, 0.64];
        let matrix = [0, 1, 2].map(|i| [0, 1, 2].map(|j| 5.0 * axis[i] * axis[j]));
        let mut matrix = matrix;
        matrix[0][0] += 1.0;
        matrix[1][1] += 1.0;
        matrix[2][2] += 1.0;
        let found = main_direction(matrix).unwrap();
        assert!((dot3(found, axis).abs() - 1.0).abs() < 1e-9);
        assert_eq!(main_direction([[0.0; 3]; 3]), None);
    }

    #[test]
    fn headings_are_the_sums_of_their_turns() {
        let turns = || (0..10_000).map(|n| f64::from(n % 13 - 5) * 0.06);
        let mut angle = 0.0;
        for (turn, heading) in turns().zip(headings(turns())) {
            angle += turn;
            assert!((heading - Vec2::at_angle(angle)).norm() < 1e-6, "{angle}");
            let back = Vec2::new(2.0, 1.0).turned_by(heading).turned_back(heading);
            assert!((back - Vec2::new(2.0, 1.0)).norm() < 1e-9);
        }
    }

    #[test]
    fn a_quarter_turn_to_the_right_undoes_one_to_the_left() {
        let v = Vec2::new(0.3, -0.2);
        let back = v.turned(std::f64::consts::FRAC_PI_2).right();
        assert!((back - v).norm() < 1e-12);
        assert!(v.cross(-v.right()) > 0.0);
    }
}
