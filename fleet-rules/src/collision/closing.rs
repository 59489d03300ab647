//! The closing speed of a detected object, from the best source available.

use fleet_core::{
    event::{Direction, Perception},
    units::Speed,
};

/// The closing speed of an object, metres per second; negative when the distance grows.
///
/// `slope` is the rate of the distance along the object's track, `ego` the vehicle's own speed.
pub(super) fn speed_mps(seen: &Perception, slope: Option<f64>, ego: Option<f64>) -> Option<f64> {
    if let Some(rate) = seen.relative_speed.get() {
        return Some(-rate.as_mps());
    }
    if let Some(slope) = slope {
        return Some(-slope);
    }
    let object = seen.speed.get().map(Speed::as_mps)?;
    match seen.direction? {
        Direction::Ahead => ego.map(|ego| ego - object),
        Direction::Rear => ego.map(|ego| object - ego),
        Direction::Left | Direction::Right => Some(object),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use fleet_core::{EventTime, VehicleId, event::Reading};

    use super::*;

    fn seen(direction: Option<Direction>, kmh: f64) -> Perception {
        let mut seen = Perception::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
        seen.direction = direction;
        seen.speed = Speed::from_kmh(kmh).into();
        seen
    }

    #[test]
    fn the_sensors_rate_comes_before_the_track_and_the_track_before_the_direction() {
        let mut object = seen(Some(Direction::Ahead), 36.0);
        assert_eq!(speed_mps(&object, Some(-4.0), Some(15.0)), Some(4.0));
        assert_eq!(speed_mps(&object, None, Some(15.0)), Some(5.0));
        object.relative_speed = Speed::from_mps(-3.0).into();
        assert_eq!(speed_mps(&object, Some(-4.0), Some(15.0)), Some(3.0));
    }

    #[test]
    fn direction_says_which_speed_closes_the_gap() {
        let closing = |direction, ego| speed_mps(&seen(direction, 36.0), None, ego);
        assert_eq!(closing(Some(Direction::Rear), Some(15.0)), Some(-5.0));
        assert_eq!(closing(Some(Direction::Rear), Some(5.0)), Some(5.0));
        assert_eq!(closing(Some(Direction::Left), None), Some(10.0));
        assert_eq!(closing(Some(Direction::Ahead), None), None);
        assert_eq!(closing(None, Some(15.0)), None);
        let mut silent = seen(Some(Direction::Left), 0.0);
        silent.speed = Reading::missing();
        assert_eq!(speed_mps(&silent, None, Some(15.0)), None);
    }
}
