//! The objects that a vehicle perceives.

use fleet_core::{
    EventTime, VehicleId,
    event::{Direction, ObjectClass, Perception, Reading},
    units::{Distance, Speed, round_decimals},
};

use crate::simulator::draws::Draws;

/// The range of distances, m, and the highest speed, km/h (the pipeline's code). Pedestrians and
/// cyclists are slower, which is our choice.
const OBJECT_M: (f64, f64) = (2.0, 120.0);
const OBJECT_KMH: f64 = 80.0;
const PEDESTRIAN_KMH: f64 = 12.0;
const CYCLIST_KMH: f64 = 35.0;
/// The classes of objects (the pipeline's code).
const CLASSES: [ObjectClass; 6] = [
    ObjectClass::Car,
    ObjectClass::Pedestrian,
    ObjectClass::Cyclist,
    ObjectClass::Truck,
    ObjectClass::Motorcycle,
    ObjectClass::Bus,
];
const DIRECTIONS: [Direction; 4] = [
    Direction::Left,
    Direction::Right,
    Direction::Ahead,
    Direction::Rear,
];

/// Draws an object that a vehicle perceives at this time.
pub(super) fn draw_perception(id: VehicleId, at: EventTime, draws: &mut Draws) -> Perception {
    let mut perceived = Perception::new(id, at);
    perceived.class = draws.pick(&CLASSES);
    perceived.direction = draws.pick(&DIRECTIONS);
    let metres = draws.uniform(OBJECT_M.0, OBJECT_M.1);
    let most = match perceived.class {
        Some(ObjectClass::Pedestrian) => PEDESTRIAN_KMH,
        Some(ObjectClass::Cyclist) => CYCLIST_KMH,
        _ => OBJECT_KMH,
    };
    let kmh = draws.uniform(0.0, most);
    perceived.distance = Distance::from_m(round_decimals(metres, 1)).into();
    perceived.speed = Speed::from_kmh(round_decimals(kmh, 1)).into();
    perceived.confidence = Reading::of_raw(round_decimals(draws.unit(), 2));
    perceived
}
