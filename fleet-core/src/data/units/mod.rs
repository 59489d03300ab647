//! Physical quantities: one type each, with the unit in the name of every constructor and accessor.
//!
//! The canonical units are those of the serialised fields: km/h, m or km, g (9.80665 m/s²) for
//! accelerations of the body, degrees Celsius, percent, volts, rpm and degrees. A dialect that uses
//! mph or Fahrenheit converts while decoding, so a bare `f64` never crosses a crate boundary.

mod acceleration;
mod angle;
mod distance;
mod quantity;
mod ratio;
mod rotation;
mod speed;
mod temperature;
mod voltage;

pub use acceleration::Acceleration;
pub use angle::{AngularRate, Heading, Latitude, Longitude};
pub use distance::Distance;
pub use quantity::{Quantity, round_decimals};
pub use ratio::Percent;
pub use rotation::EngineSpeed;
pub use speed::Speed;
pub use temperature::Temperature;
pub use voltage::Voltage;
