//! The gears of FleetStream's car.

/// The engine's speed when nothing turns it, rev/min. Our choice: a petrol engine's.
pub(super) const IDLE_RPM: f64 = 800.0;
/// Where the engine's limiter cuts in, rev/min. Our choice: a little over the
/// redline of 6200, so that it can be passed.
pub(super) const LIMITER_RPM: f64 = 6500.0;
/// Under this it changes down, rev/min. Our choice.
const DOWN_RPM: f64 = 1300.0;
/// Road speed at 1000 rev/min in gears 1 to 6, km/h. The fourth is that of the event in FleetStream's
/// description (73.4 km/h at 2140); the others are our choice, a six-speed family car's.
const KMH_AT_1000: [f64; 6] = [8.0, 15.0, 24.0, 34.3, 43.0, 52.0];

/// The highest gear.
pub(super) const TOP_GEAR: i8 = 6;

/// The gear for this speed, from the one that is in: up above `up_rpm`, down below 1300 rev/min. Standing is
/// 0, neutral.
pub(super) fn shift(gear: i8, kmh: f64, up_rpm: f64) -> i8 {
    if kmh <= 0.0 {
        return 0;
    }
    let mut gear = gear.clamp(1, TOP_GEAR);
    while gear < TOP_GEAR && turning(gear, kmh) > up_rpm {
        gear += 1;
    }
    while gear > 1 && turning(gear, kmh) < DOWN_RPM {
        gear -= 1;
    }
    gear
}

/// The engine's speed, rev/min: never under the idle speed, as the clutch slips then.
pub(super) fn engine_rpm(gear: i8, kmh: f64) -> f64 {
    turning(gear, kmh).max(IDLE_RPM)
}

/// What the wheels would turn the engine with.
fn turning(gear: i8, kmh: f64) -> f64 {
    let place = usize::try_from(gear)
        .ok()
        .and_then(|gear| gear.checked_sub(1));
    let ratio = place.and_then(|place| KMH_AT_1000.get(place));
    ratio.map_or(0.0, |ratio| kmh / ratio * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_of_the_description_is_possible() {
        assert_eq!(shift(3, 73.4, 3000.0), 4);
        assert!((engine_rpm(4, 73.4) - 2140.0).abs() < 0.5);
    }

    #[test]
    fn gears_follow_the_speed_both_ways() {
        assert_eq!(shift(0, 5.0, 2500.0), 1);
        assert_eq!(shift(0, 120.0, 2500.0), 6);
        assert_eq!(shift(6, 30.0, 2500.0), 2);
        assert_eq!(shift(3, 0.0, 2500.0), 0);
        assert!((engine_rpm(0, 0.0) - IDLE_RPM).abs() < 1e-9);
    }

    #[test]
    fn only_a_late_change_passes_the_redline() {
        for kmh in 0..=180 {
            let kmh = f64::from(kmh);
            for gear in 0..=TOP_GEAR {
                let normal = engine_rpm(shift(gear, kmh, 3000.0), kmh);
                assert!(
                    (IDLE_RPM..=3500.0).contains(&normal),
                    "{gear} {kmh}: {normal}"
                );
                let late = engine_rpm(shift(gear, kmh, LIMITER_RPM), kmh);
                assert!((IDLE_RPM..=LIMITER_RPM).contains(&late));
            }
        }
    }
}
