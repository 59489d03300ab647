//! The schema of one sample, in either form.

use crate::{
    data::{
        time::TimeReader,
        units::{Acceleration, Quantity, Speed, round_decimals},
    },
    dialect::{
        object::{
            Draft, Field, Misfit, Number, Object, Schema, Target, fields, misfit, wrong_kind,
        },
        unit::nearest,
    },
    event::{Layout, Origin, TripSample},
};

/// The unit of the time of a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SampleTime {
    /// Seconds.
    Seconds,
    /// Milliseconds. Our choice of default: the system specifies no unit, and its only example is a
    /// whole number above a thousand.
    #[default]
    Milliseconds,
    /// Microseconds.
    Microseconds,
}

impl SampleTime {
    const fn per_second(self) -> f64 {
        match self {
            Self::Seconds => 1.0,
            Self::Milliseconds => 1e3,
            Self::Microseconds => 1e6,
        }
    }

    /// Returns the number to write for a time: the shortest that reads as exactly this time.
    pub(super) fn written(self, t_s: f64, first: f64) -> f64 {
        let own = t_s.mul_add(self.per_second(), first);
        // A whole 0 must not become -0, which is not a whole number in JSON.
        let mut shorter = (0..=MAX_DECIMALS).map(|decimals| round_decimals(own, decimals) + 0.0);
        let same = |t: &f64| ((t - first) / self.per_second()).total_cmp(&t_s).is_eq();
        shorter
            .find(same)
            .or_else(|| nearest(own, same))
            .unwrap_or(own)
    }
}

/// The largest time of a sample, in its own unit: whole numbers are exact up to 2^53. In
/// microseconds since 1970 that is the year 2255.
const MAX_TIME: f64 = 9_007_199_254_740_992.0;

/// The most decimals that are tried for a time. Our choice: nanoseconds of a second.
const MAX_DECIMALS: u8 = 9;

/// A sample as it was read.
#[derive(Clone, Debug, Default)]
pub(in crate::dialect) struct Sample {
    /// The numbers, by [`SampleValue`].
    pub(super) numbers: [Option<f64>; 4],
    pub(super) marks: u16,
    pub(super) layout: Option<Box<Layout>>,
}

/// The meaning of a number in a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::dialect) enum SampleValue {
    Time,
    Speed,
    Longitudinal,
    Lateral,
}

/// What a field of a sample sets: a number, under its short or its long name.
#[derive(Clone, Copy, Debug)]
pub(in crate::dialect) struct SampleTarget {
    value: SampleValue,
    short: bool,
}

/// The marks of a sample say how each value was written. For value `i`, bit `i` stands for a whole
/// number, bit `4 + i` for null, and bit `8 + i` for the short name. This mark stands for all short
/// names; a lateral force has none.
pub(super) const SHORT: u16 = 15 << 8;

pub(super) const fn whole(value: SampleValue) -> u16 {
    1 << value as u16
}
pub(super) const fn null(value: SampleValue) -> u16 {
    1 << (4 + value as u16)
}

pub(super) const fn is_short(value: SampleValue) -> u16 {
    1 << (8 + value as u16)
}

const fn short(value: SampleValue) -> SampleTarget {
    SampleTarget { value, short: true }
}
const fn long(value: SampleValue) -> SampleTarget {
    SampleTarget {
        value,
        short: false,
    }
}

pub(in crate::dialect) static SCHEMA: Schema<SampleTarget> = Schema {
    name: "a sample",
    origin: Origin::VehicleOps,
    fields: fields! {
        "t" => short(SampleValue::Time),
        "spd" => short(SampleValue::Speed),
        "gx" => short(SampleValue::Longitudinal),
        "speed_kmh" => long(SampleValue::Speed),
        "g_force_long" => long(SampleValue::Longitudinal),
        "g_force_lat" => long(SampleValue::Lateral),
    },
};

impl Sample {
    fn number(&self, value: SampleValue) -> Option<f64> {
        self.numbers.get(value as usize).copied().flatten()
    }

    fn is_set(&self, value: SampleValue) -> bool {
        self.number(value).is_some() || self.marks & null(value) != 0
    }

    /// Converts the sample to the units of the model; `first` is the time of the first sample, once
    /// it is known.
    pub(super) fn finish(&self, time: SampleTime, first: &mut Option<f64>) -> TripSample {
        let t_s = self.number(SampleValue::Time).map(|t| {
            let first = *first.get_or_insert(t);
            (t - first) / time.per_second()
        });
        TripSample {
            t_s,
            speed: self.number(SampleValue::Speed).map(Speed::from_kmh),
            longitudinal: self
                .number(SampleValue::Longitudinal)
                .map(Acceleration::from_g),
            lateral: self.number(SampleValue::Lateral).map(Acceleration::from_g),
        }
    }

    /// The inverse of [`finish`](Self::finish).
    pub(super) fn of(sample: &TripSample, time: SampleTime, first: f64) -> Self {
        let t = sample.t_s.map(|t_s| time.written(t_s, first));
        Self {
            numbers: [
                t,
                sample.speed.map(Quantity::canonical),
                sample.longitudinal.map(Quantity::canonical),
                sample.lateral.map(Quantity::canonical),
            ],
            marks: 0,
            layout: None,
        }
    }
}

impl Target for SampleTarget {
    type Event = Sample;
    const NEEDS: u8 = 0;

    fn blank(_: Origin) -> Sample {
        Sample::default()
    }

    fn takes(self) -> &'static str {
        "a number or null"
    }

    fn text(
        field: &Field<Self>,
        _: &mut Draft<'_, Self::Event>,
        _: &str,
        _: &mut TimeReader,
    ) -> Result<(), Misfit> {
        Err(wrong_kind(field, "a text"))
    }

    #[inline]
    fn number(
        field: &Field<Self>,
        draft: &mut Draft<'_, Self::Event>,
        number: Number,
    ) -> Result<(), Misfit> {
        let SampleTarget { value, short } = field.target;
        let sample = &mut *draft.event;
        if sample.is_set(value) {
            return Err(misfit(
                field,
                &"the sample has this number under both names",
            ));
        }
        if !number.value.is_finite() {
            return Err(misfit(field, &"the number is not finite"));
        }
        if value == SampleValue::Time && number.value.abs() > MAX_TIME {
            return Err(misfit(field, &"the time is beyond 2^53"));
        }
        if let Some(slot) = sample.numbers.get_mut(value as usize) {
            *slot = Some(number.value);
        }
        sample.marks |= if short { is_short(value) } else { 0 };
        sample.marks |= if number.integer { whole(value) } else { 0 };
        Ok(())
    }

    fn null(field: &Field<Self>, draft: &mut Draft<'_, Self::Event>) -> Result<(), Misfit> {
        let SampleTarget { value, short } = field.target;
        if draft.event.is_set(value) {
            return Err(misfit(
                field,
                &"the sample has this number under both names",
            ));
        }
        draft.event.marks |= null(value) | (if short { is_short(value) } else { 0 });
        Ok(())
    }

    fn set_layout(sample: &mut Sample, layout: Layout) {
        sample.layout = Some(Box::new(layout));
    }

    fn layout(sample: &Sample) -> Option<&Layout> {
        sample.layout.as_deref()
    }

    fn is_of(_: &Sample, _: Origin) -> bool {
        true
    }

    fn write(field: &Field<Self>, sample: &Sample, to: &mut Object<'_>) {
        let SampleTarget { value, short } = field.target;
        // Only a time has no long name, and only a lateral force has no short one.
        if (sample.marks & is_short(value) != 0) != short {
            return;
        }
        match sample.number(value) {
            Some(number) => to.number(field, number, sample.marks & whole(value) != 0, false),
            None if sample.marks & null(value) != 0 => to.null(field),
            None => {}
        }
    }
}
