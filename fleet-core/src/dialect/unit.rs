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
    /// Where up to [`MAX_PLACES`] places give a number that reads as exactly this value, it is that number: what came
    /// with more places than the dialect writes goes back as it came. Else a value that came in this unit (`own`) is
    /// written with all its digits, and one that was measured in another with the dialect's places.
    pub(crate) fn write(self, value: f64, places: Option<u8>, own: bool) -> f64 {
        let number = self.of_model(value);
        let Some(places) = places else { return number };
        let reads_same = |number: &f64| self.to_model(*number).total_cmp(&value).is_eq();
        let rounded = (places..=MAX_PLACES).map(|places| round_decimals(number, places));
        if let Some(short) = rounded.into_iter().find(reads_same) {
            return short;
        }
        if own {
            nearest(number, reads_same)
        } else {
            round_decimals(number, places)
        }
    }
}

/// The number for which this holds, close to one for which it should but for rounding.
pub(crate) fn nearest(number: f64, holds: impl Fn(&f64) -> bool) -> f64 {
    let up = std::iter::successors(Some(number), |number| Some(number.next_up()));
    let down = std::iter::successors(Some(number), |number| Some(number.next_down()));
    let around = up
        .zip(down)
        .take(MAX_STEPS)
        .flat_map(|(up, down)| [up, down]);
    around.into_iter().find(holds).unwrap_or(number)
}

/// How far a conversion there and back can miss, in steps between floats. Our choice: three roundings make three,
/// and a subtraction of 32 can make a few more.
const MAX_STEPS: usize = 64;

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
