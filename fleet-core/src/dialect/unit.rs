//! Units that systems write, converted at the border.

use crate::units::{Acceleration, AngularRate, Distance, Speed, Temperature, round_decimals};

/// The unit in which a system writes one signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(any(test, feature = "csv")),
    expect(
        dead_code,
        reason = "column maps know more units than the JSON dialects"
    )
)]
pub(crate) enum Unit {
    /// That of the model.
    Canonical,
    MetresPerSecond,
    MilesPerHour,
    MetresPerSecondSquared,
    RadiansPerSecond,
    Fahrenheit,
    /// Metres, of a signal that the model keeps in kilometres.
    Metres,
    /// Miles, of a signal that the model keeps in kilometres.
    Miles,
}

impl Unit {
    /// From this unit to the model's.
    #[inline]
    pub(crate) fn to_model(self, value: f64) -> f64 {
        match self {
            Self::Canonical => value,
            Self::MetresPerSecond => Speed::from_mps(value).as_kmh(),
            Self::MilesPerHour => Speed::from_mph(value).as_kmh(),
            Self::MetresPerSecondSquared => Acceleration::from_mps2(value).as_g(),
            Self::RadiansPerSecond => {
                AngularRate::from_radians_per_second(value).as_degrees_per_second()
            }
            Self::Fahrenheit => Temperature::from_fahrenheit(value).as_celsius(),
            Self::Metres => Distance::from_m(value).as_km(),
            Self::Miles => Distance::from_miles(value).as_km(),
        }
    }

    /// From the model's unit to this one.
    pub(crate) fn of_model(self, value: f64) -> f64 {
        match self {
            Self::Canonical => value,
            Self::MetresPerSecond => Speed::from_kmh(value).as_mps(),
            Self::MilesPerHour => Speed::from_kmh(value).as_mph(),
            Self::MetresPerSecondSquared => Acceleration::from_g(value).as_mps2(),
            Self::RadiansPerSecond => value.to_radians(),
            Self::Fahrenheit => Temperature::from_celsius(value).as_fahrenheit(),
            Self::Metres => Distance::from_km(value).as_m(),
            Self::Miles => Distance::from_km(value).as_miles(),
        }
    }

    /// The number that is written for a value of the model, with this many places where the dialect fixes them.
    ///
    /// Where fewer than [`MAX_PLACES`] places give a number that reads as exactly this value, it is that number:
    /// so what came with more places than the dialect writes goes back as it came.
    pub(crate) fn write(self, value: f64, places: Option<u8>) -> f64 {
        let own = self.of_model(value);
        let Some(places) = places else { return own };
        let short = round_decimals(own, places);
        let mut more = (places..=MAX_PLACES).map(|places| round_decimals(own, places));
        more.find(|number| self.to_model(*number).total_cmp(&value).is_eq())
            .unwrap_or(short)
    }
}

/// The places that are tried. Our choice: beyond any sensor, and with 15 digits in all still exact.
const MAX_PLACES: u8 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_comes_back_from_the_model() {
        for unit in [
            Unit::Canonical,
            Unit::MetresPerSecond,
            Unit::MilesPerHour,
            Unit::MetresPerSecondSquared,
            Unit::RadiansPerSecond,
            Unit::Fahrenheit,
            Unit::Metres,
            Unit::Miles,
        ] {
            for value in [-40.0, 0.0, 0.1, 88.5, 123_456.0] {
                let again = unit.of_model(unit.to_model(value));
                assert!((again - value).abs() < 1e-9, "{unit:?} {value} {again}");
            }
        }
    }
}
