//! Steps towards a place, identical on every machine.

use fleet_core::{
    GeoPoint,
    units::{Latitude, Longitude},
};

use super::course::{METRES_PER_DEGREE, cosine};

/// Moves straight towards a place, at most this many metres. Returns where that leads to, and
/// whether it is the place.
///
/// The ground is taken as flat between the two, which is off by less than 0.1 % over 50 km at the
/// latitude of Warsaw: east shrinks by the cosine of the mean latitude.
pub(crate) fn step_towards(from: GeoPoint, to: GeoPoint, metres: f64) -> (GeoPoint, bool) {
    let (start, end) = (from.latitude.as_degrees(), to.latitude.as_degrees());
    let north = end - start;
    let east = within_half_turn(to.longitude.as_degrees() - from.longitude.as_degrees());
    let shrunk = east * cosine(f64::midpoint(start, end));
    // Square roots are defined to the bit, the hypotenuse of a system library is not.
    let distance = (north * north + shrunk * shrunk).sqrt() * METRES_PER_DEGREE;
    if distance <= metres {
        return (to, true);
    }
    let share = metres / distance;
    let longitude = from.longitude.as_degrees() + east * share;
    let reached = GeoPoint {
        latitude: Latitude::from_degrees(start + north * share),
        longitude: Longitude::from_degrees(within_half_turn(longitude)),
    };
    (reached, false)
}

/// The same angle from -180 degrees to 180, exclusive, so that the date line is no detour.
fn within_half_turn(degrees: f64) -> f64 {
    if (-180.0..180.0).contains(&degrees) {
        return degrees;
    }
    (degrees + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(latitude: f64, longitude: f64) -> GeoPoint {
        GeoPoint {
            latitude: Latitude::from_degrees(latitude),
            longitude: Longitude::from_degrees(longitude),
        }
    }

    /// Pythagoras, for places that are near each other.
    fn metres_between(from: GeoPoint, to: GeoPoint) -> f64 {
        let (start, end) = (from.latitude.as_degrees(), to.latitude.as_degrees());
        let east = to.longitude.as_degrees() - from.longitude.as_degrees();
        let shrunk = east * f64::midpoint(start, end).to_radians().cos();
        (end - start).hypot(shrunk) * METRES_PER_DEGREE
    }

    #[test]
    fn steps_have_the_length_that_was_asked_for_and_end_at_the_place() {
        for (from, to) in [
            (point(4.7, -74.0), point(4.72, -74.03)),
            (point(52.2, 21.0), point(52.1, 21.0)),
            (point(-33.0, 18.0), point(-33.0, 18.02)),
        ] {
            let whole = metres_between(from, to);
            let (mut at, mut steps) = (from, 0.0);
            loop {
                let (next, arrived) = step_towards(at, to, 10.0);
                if arrived {
                    assert_eq!(next, to);
                    break;
                }
                assert!((metres_between(at, next) - 10.0).abs() < 0.05);
                (at, steps) = (next, steps + 1.0);
            }
            assert!(
                (whole / 10.0 - steps).abs() < 2.0,
                "{whole} m in {steps} steps"
            );
        }
    }

    #[test]
    fn the_date_line_is_no_detour() {
        let (at, arrived) = step_towards(point(0.0, 179.999), point(0.0, -179.999), 150.0);
        assert!(!arrived);
        assert!(
            (-180.0..-179.999).contains(&at.longitude.as_degrees()),
            "{at:?}"
        );
    }

    #[test]
    fn nothing_moves_by_no_metres_and_who_is_there_has_arrived() {
        let (here, there) = (point(1.0, 2.0), point(1.5, 2.0));
        assert_eq!(step_towards(here, there, 0.0), (here, false));
        assert_eq!(step_towards(here, here, 0.0), (here, true));
    }
}
