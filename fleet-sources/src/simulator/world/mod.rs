//! What the models share: the cities that fleets drive in, and movement on the map.

pub(super) mod area;
pub(super) mod course;
pub(super) mod towards;
