//! The levels of `production`, by class of vehicle and by filter.

use crate::class::VehicleClass;

/// The filter that a signal went through before it is compared with a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// An accelerometer through [`Resample`](crate::signal::Resample): a bell of 0.6 s.
    Bell,
    /// A speed through [`Slope`](crate::signal::Slope): a straight line over 2 s.
    Line,
}

/// When a manoeuvre begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Level {
    /// Its peak reaches this, g.
    pub enter_g: f64,
    /// It lasts while the signal is at least this, g.
    pub exit_g: f64,
    /// It lasts at least this long at or above the exit level, seconds.
    pub min_duration_s: f64,
    /// Speed, or the speed of turning sideways, changes by at least this much, km/h. A road shock
    /// of 0.6 g and 100 ms changes it by 2.
    pub min_change_kmh: f64,
}

/// The levels for one class and one filter.
///
/// # Units
/// g, seconds, km/h. Levels are magnitudes.
///
/// # References
/// Published thresholds (vendors' tables; 0.35 to 0.45 g for cars, 0.2 to 0.3 g for buses) are for
/// raw samples. These levels are our choice, for the signal behind [`Filter`]: braking above 3
/// m/s² is what standards of comfort call an emergency; a car from 0 to 100 km/h in 10 s averages
/// 0.28 g, so a level of acceleration above that finds nothing. Between classes they keep the
/// ratios of the published tables. The harsh ones lie in the middle of their plateaus on the
/// synthetic development drives (`tests/plateau.rs` prints F1 for each of them times 0.7 to 1.4),
/// and are not calibrated on recordings that people have labelled.
///
/// # Examples
/// ```
/// use fleet_scoring::detect::{Filter, Thresholds, VehicleClass};
/// let car = Thresholds::production(VehicleClass::Passenger, Filter::Bell);
/// let bus = Thresholds::production(VehicleClass::Bus, Filter::Bell);
/// assert!(bus.harsh_brake.enter_g < car.harsh_brake.enter_g);
/// assert_eq!(car.version, "production-2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Thresholds {
    /// The version of the table. A changed number is a new version.
    pub version: &'static str,
    /// The class of vehicle.
    pub class: VehicleClass,
    /// The filter that the levels belong to.
    pub filter: Filter,
    /// Harsh braking.
    pub harsh_brake: Level,
    /// Rapid acceleration.
    pub rapid_accel: Level,
    /// Harsh cornering.
    pub harsh_corner: Level,
    /// Firm braking.
    pub firm_brake: Level,
    /// Firm acceleration.
    pub firm_accel: Level,
    /// Lateral acceleration beyond this adds to the impulse, g.
    pub firm_corner_g: f64,
    /// Manoeuvres of a kind that are at most this far apart are one, seconds. A shift of gears
    /// notches an acceleration for 0.3 to 0.8 s.
    pub merge_gap_s: f64,
}

/// The version of the table below.
pub const TABLE_VERSION: &str = "production-2";

/// One row: class, filter, enter levels of brake, acceleration, corner, firm brake, firm
/// acceleration and firm corner, g.
type Line = (VehicleClass, Filter, [f64; 6]);

const TABLE: [Line; 8] = [
    (
        VehicleClass::Passenger,
        Filter::Bell,
        [0.29, 0.195, 0.36, 0.16, 0.13, 0.22],
    ),
    (
        VehicleClass::Van,
        Filter::Bell,
        [0.275, 0.18, 0.33, 0.15, 0.12, 0.20],
    ),
    (
        VehicleClass::Heavy,
        Filter::Bell,
        [0.235, 0.12, 0.24, 0.13, 0.08, 0.16],
    ),
    (
        VehicleClass::Bus,
        Filter::Bell,
        [0.21, 0.135, 0.25, 0.12, 0.09, 0.15],
    ),
    (
        VehicleClass::Passenger,
        Filter::Line,
        [0.25, 0.175, 0.36, 0.15, 0.12, 0.20],
    ),
    (
        VehicleClass::Van,
        Filter::Line,
        [0.235, 0.16, 0.33, 0.14, 0.11, 0.18],
    ),
    (
        VehicleClass::Heavy,
        Filter::Line,
        [0.19, 0.10, 0.25, 0.12, 0.08, 0.15],
    ),
    (
        VehicleClass::Bus,
        Filter::Line,
        [0.175, 0.115, 0.23, 0.11, 0.08, 0.13],
    ),
];

/// A harsh manoeuvre lasts while the signal is at this share of its enter level: low enough that
/// the notch of a changed gear or a pumped brake does not split it. Our choice.
const HARSH_EXIT: f64 = 0.6;
/// The same for firm ones.
const FIRM_EXIT: f64 = 0.7;

impl Thresholds {
    /// The levels of `production`.
    pub fn production(class: VehicleClass, filter: Filter) -> Self {
        let row = TABLE.iter().find(|row| (row.0, row.1) == (class, filter));
        // Every pair is in the table; a test looks each of them up.
        let levels = row.map_or([f64::INFINITY; 6], |row| row.2);
        let [brake, accel, corner, firm_brake, firm_accel, firm_corner_g] = levels;
        let level = |enter_g, share, min_duration_s, min_change_kmh| Level {
            enter_g,
            exit_g: enter_g * share,
            min_duration_s,
            min_change_kmh,
        };
        Self {
            version: TABLE_VERSION,
            class,
            filter,
            harsh_brake: level(brake, HARSH_EXIT, 0.5, 8.0),
            rapid_accel: level(accel, HARSH_EXIT, 0.8, 8.0),
            harsh_corner: level(corner, HARSH_EXIT, 0.8, 10.0),
            firm_brake: level(firm_brake, FIRM_EXIT, 0.8, 5.0),
            firm_accel: level(firm_accel, FIRM_EXIT, 0.8, 5.0),
            firm_corner_g,
            merge_gap_s: 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_fall_from_car_to_bus_and_a_truck_accelerates_least() {
        use VehicleClass::{Bus, Heavy, Passenger, Van};
        for filter in [Filter::Bell, Filter::Line] {
            let levels = [Passenger, Van, Heavy, Bus].map(|class| {
                let found = Thresholds::production(class, filter);
                assert_eq!((found.class, found.filter), (class, filter));
                assert!(found.firm_brake.enter_g < found.harsh_brake.exit_g + 0.03);
                let [brake, accel, corner] =
                    [found.harsh_brake, found.rapid_accel, found.harsh_corner];
                (brake.enter_g, corner.enter_g, accel.enter_g)
            });
            assert!(levels.is_sorted_by(|a, b| a.0 > b.0), "{levels:?}");
            // Trucks roll over first, so their corners are harsh about as early as those of buses.
            let corner = levels.map(|(_, corner, _)| corner);
            assert!(corner[0] > corner[1] && corner[1] > corner[2].max(corner[3]));
            let accel = levels.map(|(_, _, accel)| accel);
            assert!(accel[0] > accel[1] && accel[1] > accel[3] && accel[3] > accel[2]);
        }
    }
}
