//! The six-speed gearbox of FleetStream's car.

/// The idle speed of the engine, rev/min. Our choice: typical of a petrol engine.
pub(super) const IDLE_RPM: f64 = 800.0;
/// Where the engine's limiter cuts in, rev/min. Our choice: a little over the redline of 6200, so
/// that the redline can be exceeded.
pub(super) const LIMITER_RPM: f64 = 6500.0;
/// The engine speed below which the driver changes down, rev/min. Our choice.
const DOWN_RPM: f64 = 1300.0;
/// Road speed at 1000 rev/min in gears 1 to 6, km/h. The fourth follows from the event in
/// FleetStream's description (73.4 km/h at 2140); the others are our choice, typical of a family
/// car.
const KMH_AT_1000: [f64; 6] = [8.0, 15.0, 24.0, 34.3, 43.0, 52.0];

/// The highest gear.
pub(super) const TOP_GEAR: i8 = 6;

/// The gear for this speed, given the current one: the driver changes up above `up_rpm` and down
/// below 1300 rev/min. A standing car is in neutral, 0.
pub(super) fn shift(gear: i8, kmh: f64, up_rpm: f64) -> i8 {
    if kmh <= 0.0 {
        return 0;
    }
    let mut gear = gear.clamp(1, TOP_GEAR);
    while gear < TOP_GEAR && wheel_rpm(gear, kmh) > up_rpm {
        gear += 1;
    }
    while gear > 1 && wheel_rpm(gear, kmh) < DOWN_RPM {
        gear -= 1;
    }
    gear
}

/// The engine speed, rev/min. It never falls below idle, because the clutch slips there.
pub(super) fn engine_rpm(gear: i8, kmh: f64) -> f64 {
    wheel_rpm(gear, kmh).max(IDLE_RPM)
}

/// The engine speed at which the wheels would turn the engine, rev/min.
fn wheel_rpm(gear: i8, kmh: f64) -> f64 {
    let index = usize::try_from(gear)
        .ok()
        .and_then(|gear| gear.checked_sub(1));
    let ratio = index.and_then(|index| KMH_AT_1000.get(index));
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
