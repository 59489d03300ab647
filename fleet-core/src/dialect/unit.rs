//! The units in which systems write signals, and their conversion to those of the model.

use crate::data::units::{Acceleration, AngularRate, Distance, Speed, Temperature, round_decimals};

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
    /// The unit of the model.
    Canonical,
    MetresPerSecond,
    MilesPerHour,
    MetresPerSecondSquared,
    RadiansPerSecond,
    Fahrenheit,
    /// Metres, for a signal that the model has in kilometres.
    Metres,
    /// Miles, for a signal that the model has in kilometres.
    Miles,
}

impl Unit {
    /// Converts from this unit to that of the model.
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

    /// Converts from the unit of the model to this one.
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

    /// Returns the number to write for a value of another dialect: with this many decimals, or
    /// [nine](MAX_DECIMALS) if the dialect fixes none, so that 64.37 mph do not become
    /// 103.59347328000001 km/h.
    pub(crate) fn write(self, value: f64, decimals: Option<u8>) -> f64 {
        let number = self.of_model(value);
        rounded(number, decimals.unwrap_or(MAX_DECIMALS))
    }

    /// Returns the number to write back for a value that was read in this unit: the shortest number
    /// that reads as exactly this value, even if it has more decimals than the dialect writes by
    /// itself. A value that was read as a whole number is written as one.
    pub(crate) fn write_back(self, value: f64, decimals: Option<u8>, whole: bool) -> f64 {
        if self == Self::Canonical {
            return value;
        }
        let number = self.of_model(value);
        let reads_same = |number: &f64| self.to_model(*number).total_cmp(&value).is_eq();
        let is_whole = |number: &f64| number.fract() == 0.0 && reads_same(number);
        let least = decimals.unwrap_or(0);
        // Beyond 2^49, numbers with a fraction may read as the same value.
        Some(rounded(number, 0))
            .filter(|_| whole)
            .and_then(|number| nearest(number, is_whole))
            .or_else(|| {
                let mut shorter = (least..=MAX_DECIMALS).map(|decimals| rounded(number, decimals));
                shorter.find(reads_same)
            })
            .or_else(|| nearest(number, reads_same))
            .unwrap_or(number)
    }
}

/// Rounds to this many decimals, and turns -0 into 0, because -0 is not a whole number in JSON.
fn rounded(number: f64, decimals: u8) -> f64 {
    round_decimals(number, decimals) + 0.0
}

/// Finds the closest number with this property around one that misses it only by rounding.
pub(crate) fn nearest(number: f64, holds: impl Fn(&f64) -> bool) -> Option<f64> {
    let up = std::iter::successors(Some(number), |number| Some(number.next_up()));
    let down = std::iter::successors(Some(number), |number| Some(number.next_down()));
    let around = up
        .zip(down)
        .take(MAX_STEPS)
        .flat_map(|(up, down)| [up, down]);
    around.into_iter().find(holds)
}

/// How far off a conversion there and back can be, in steps between floats. Our choice: three
/// roundings make three steps, and a subtraction of 32 can add a few.
const MAX_STEPS: usize = 64;

/// The most decimals of a converted number. Our choice: finer than any sensor, and exact up to 15
/// digits in all.
const MAX_DECIMALS: u8 = 9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_another_dialect_has_the_decimals_of_this_one() {
        let written =
            |unit: Unit, value, decimals| format!("{:?}", unit.write(value, Some(decimals)));
        // With nine decimals some number would read as exactly 10 km/h.
        assert_eq!(written(Unit::MilesPerHour, 10.0, 2), "6.21");
        assert_eq!(written(Unit::Canonical, 103.593_448, 2), "103.59");
        let kmh = Unit::MilesPerHour.to_model(64.37);
        let written_freely = Unit::Canonical.write(kmh, None).to_string();
        assert_eq!(
            (kmh.to_string(), written_freely),
            ("103.59347328000001".into(), "103.59347328".into())
        );
        assert_eq!(written(Unit::Miles, 1609.344, 0), "1000.0");
        assert_eq!(written(Unit::Canonical, -0.001, 2), "0.0");
        let miles = Unit::MilesPerHour;
        let back = miles.write_back(miles.to_model(64.371), Some(2), false);
        assert_eq!(back.to_string(), "64.371");
    }

    #[test]
    fn whole_numbers_are_written_back_as_whole_numbers_up_to_the_last_exact_one() {
        for unit in [Unit::MilesPerHour, Unit::Miles, Unit::Fahrenheit] {
            for exponent in 0..53 {
                for value in [
                    (1_u64 << exponent) as f64 - 1.0,
                    (1_u64 << exponent) as f64 * 1.37,
                ] {
                    let model = unit.to_model(value.round());
                    let back = unit.write_back(model, Some(2), true);
                    assert_eq!(back.fract().to_bits(), 0, "{unit:?} {value} {back}");
                    assert_eq!(unit.to_model(back).to_bits(), model.to_bits());
                }
            }
        }
    }

    #[test]
    fn every_unit_is_converted_there_and_back() {
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
