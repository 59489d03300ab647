//! Which way is forward in a plane, from evidence of which nothing is certain.

use super::vector::Vec2;

/// Adds up evidence of the direction that is forward in the horizontal plane of a sensor.
///
/// Each piece is a vector that points forward as far as it is right: the acceleration of a turn,
/// turned by a right angle; acceleration times the change of speed; what precedes a stop, negated.
/// Their sum points forward, and how they scatter says how certain that is.
///
/// # Guarantees
/// A sensor that is turned about the vertical gives the same direction, turned. Evidence times a
/// positive number gives the same direction and error.
///
/// # Examples
/// A sensor whose first axis points to the left of the vehicle: in turns to the left, it shows the
/// acceleration of the turn.
/// ```
/// use fleet_scoring::signal::ForwardEvidence;
/// let mut evidence = ForwardEvidence::default();
/// for yaw_deg_s in [20.0, -15.0, 12.0] {
///     let toward_the_inside = if yaw_deg_s > 0.0 { 0.3 } else { -0.3 };
///     evidence.add(ForwardEvidence::turn([toward_the_inside, 0.0], yaw_deg_s));
/// }
/// let [x, y] = evidence.direction().unwrap();
/// assert!(x.abs() < 1e-12 && (y + 1.0).abs() < 1e-12);
/// // All three agree, and three are few.
/// assert_eq!(evidence.error_deg().round(), 15.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ForwardEvidence {
    sum: Vec2,
    /// Sums of the products of coordinates: xx, xy, yy.
    products: [f64; 3],
    pieces: u32,
}

impl ForwardEvidence {
    /// What a turn says: v·ω points to the inside, since nobody turns hard backwards.
    /// Acceleration in g; yaw rate in degrees per second, positive to the left.
    pub fn turn(acceleration: [f64; 2], yaw_deg_s: f64) -> [f64; 2] {
        let [x, y] = acceleration;
        let forward = Vec2::new(x, y).right() * yaw_deg_s.to_radians();
        [forward.x, forward.y]
    }

    /// What a change of speed says. Both in g.
    pub fn speed_change(acceleration: [f64; 2], change: f64) -> [f64; 2] {
        acceleration.map(|axis| axis * change)
    }

    /// Adds a piece of evidence. Pieces should be independent: one for each manoeuvre, not for
    /// each sample.
    pub fn add(&mut self, piece: [f64; 2]) {
        let [x, y] = piece;
        if x.is_finite() && y.is_finite() && (x != 0.0 || y != 0.0) {
            self.sum += Vec2::new(x, y);
            for (sum, product) in self.products.iter_mut().zip([x * x, x * y, y * y]) {
                *sum += product;
            }
            self.pieces += 1;
        }
    }

    /// The direction that is forward, of length 1.
    pub fn direction(&self) -> Option<[f64; 2]> {
        self.sum.unit().map(|Vec2 { x, y }| [x, y])
    }

    /// The length of the sum, by which answers to different assumptions compare.
    pub fn strength(&self) -> f64 {
        self.sum.norm()
    }

    /// The standard error of the direction, degrees, from the scatter of the pieces across it; 90
    /// without a direction. A single piece could be anything within half a right angle.
    pub fn error_deg(&self) -> f64 {
        let Some(Vec2 { x, y }) = self.sum.unit() else {
            return 90.0;
        };
        let [xx, xy, yy] = self.products;
        let across = (yy * x * x - 2.0 * xy * x * y + xx * y * y).max(0.0);
        let scatter = across.sqrt().atan2(self.sum.norm()).to_degrees();
        scatter.hypot(45.0 / f64::from(self.pieces.max(1)))
    }
}
