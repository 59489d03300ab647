//! The position and heading of a simulated vehicle, identical on every machine.
//!
//! Only additions, multiplications and divisions are used, which IEEE 754 defines to the bit. The
//! sine of a system library is avoided, because no standard defines its last bits.

use fleet_core::{
    GeoPoint,
    units::{Latitude, Longitude, round_decimals},
};

use crate::simulator::draws::Draws;

/// Metres per degree of latitude: 1/360 of the circumference of a sphere of 6,371,008.8 m, the mean
/// radius of the WGS 84 ellipsoid.
pub(crate) const METRES_PER_DEGREE: f64 = 111_195.08;

/// A position and a direction of travel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Course {
    latitude: f64,
    longitude: f64,
    /// Degrees clockwise from north, from 0 to 360, exclusive.
    heading: f64,
}

impl Course {
    /// A random position in a square of this half-width around a centre, with a random heading.
    pub(crate) fn around(centre: GeoPoint, metres: f64, draws: &mut Draws) -> Self {
        let latitude = centre.latitude.as_degrees();
        let spread = metres / METRES_PER_DEGREE;
        let mut off = |spread: f64| draws.uniform(-spread, spread);
        Self {
            latitude: latitude + off(spread),
            longitude: centre.longitude.as_degrees() + off(spread / cosine(latitude)),
            heading: draws.uniform(0.0, 360.0),
        }
    }

    pub(crate) fn heading_deg(self) -> f64 {
        self.heading
    }

    /// The position, rounded to this many decimals.
    pub(crate) fn position(self, decimals: u8) -> GeoPoint {
        GeoPoint {
            latitude: Latitude::from_degrees(round_decimals(self.latitude, decimals)),
            longitude: Longitude::from_degrees(round_decimals(self.longitude, decimals)),
        }
    }

    /// Turns to the right; negative degrees turn to the left.
    pub(crate) fn turn(&mut self, degrees: f64) {
        self.heading = (self.heading + degrees).rem_euclid(360.0);
    }

    /// Moves along the heading.
    pub(crate) fn drive(&mut self, metres: f64) {
        let degrees = metres / METRES_PER_DEGREE;
        self.latitude += degrees * cosine(self.heading);
        self.longitude += degrees * sine(self.heading) / cosine(self.latitude);
    }

    /// Reflects the heading where it leads out of the square of this half-width.
    pub(crate) fn stay_around(&mut self, centre: GeoPoint, metres: f64) {
        let spread = metres / METRES_PER_DEGREE;
        let north = self.latitude - centre.latitude.as_degrees();
        let east = (self.longitude - centre.longitude.as_degrees()) * cosine(self.latitude);
        if north.abs() > spread && north * cosine(self.heading) > 0.0 {
            self.heading = (180.0 - self.heading).rem_euclid(360.0);
        }
        if east.abs() > spread && east * sine(self.heading) > 0.0 {
            self.heading = (360.0 - self.heading).rem_euclid(360.0);
        }
    }
}

/// The speed after moving towards a target for some seconds, with limits on gaining and losing
/// speed per second.
pub(crate) fn approach(speed: f64, target: f64, seconds: f64, (up, down): (f64, f64)) -> f64 {
    target.clamp(
        (speed - down * seconds).max(0.0),
        (speed + up * seconds).max(0.0),
    )
}

pub(super) fn cosine(degrees: f64) -> f64 {
    sine(degrees + 90.0)
}

/// The sine, accurate to 1e-12: a Taylor series up to x^13 between -45 and 45 degrees, and symmetry
/// elsewhere.
fn sine(degrees: f64) -> f64 {
    let turned = degrees.rem_euclid(360.0);
    let (quarter, rest) = match turned {
        ..45.0 => (0, turned),
        ..135.0 => (1, turned - 90.0),
        ..225.0 => (2, turned - 180.0),
        ..315.0 => (3, turned - 270.0),
        _ => (0, turned - 360.0),
    };
    let x = rest.to_radians();
    let square = x * x;
    // Horner's scheme: each step divides by the next factors of the factorial.
    let series = |first: f64, steps: [f64; 6]| {
        let fold = |sum: f64, step: &f64| 1.0 - square / step * sum;
        first * steps.iter().rev().fold(1.0, fold)
    };
    let sine = || series(x, [6.0, 20.0, 42.0, 72.0, 110.0, 156.0]);
    let cosine = || series(1.0, [2.0, 12.0, 30.0, 56.0, 90.0, 132.0]);
    match quarter {
        0 => sine(),
        1 => cosine(),
        2 => -sine(),
        _ => -cosine(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::world::area::Area;

    #[test]
    fn prop_the_sine_is_the_sine() {
        for step in -80_000..80_000 {
            let degrees = f64::from(step) / 100.0;
            let (own, known) = (sine(degrees), degrees.to_radians().sin());
            assert!((own - known).abs() < 1e-11, "{degrees}: {own} and {known}");
            let (own, known) = (cosine(degrees), degrees.to_radians().cos());
            assert!((own - known).abs() < 1e-11, "{degrees}: {own} and {known}");
        }
    }

    #[test]
    fn a_kilometre_is_one_in_every_direction() {
        let centre = Area::Warsaw.centre();
        for heading in 0..360 {
            let mut course = Course::around(centre, 0.0, &mut Draws::new(1, 1));
            course.turn(f64::from(heading) - course.heading_deg());
            course.drive(1000.0);
            let north = course.latitude - centre.latitude.as_degrees();
            let east = (course.longitude - centre.longitude.as_degrees()) * cosine(course.latitude);
            let metres = north.hypot(east) * METRES_PER_DEGREE;
            assert!((metres - 1000.0).abs() < 0.1, "{heading}: {metres}");
        }
    }

    #[test]
    fn nobody_leaves_the_square() {
        let (centre, mut draws) = (Area::Bogota.centre(), Draws::new(1, 1));
        let mut course = Course::around(centre, 5000.0, &mut draws);
        for _ in 0..100_000 {
            course.turn(draws.uniform(-10.0, 10.0));
            course.drive(50.0);
            course.stay_around(centre, 5000.0);
            let north = course.latitude - centre.latitude.as_degrees();
            let east = (course.longitude - centre.longitude.as_degrees()) * cosine(course.latitude);
            let most = 5100.0 / METRES_PER_DEGREE;
            assert!(north.abs() < most && east.abs() < most);
            assert!((0.0..360.0).contains(&course.heading_deg()));
        }
    }
}
