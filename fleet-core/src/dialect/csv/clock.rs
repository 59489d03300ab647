//! The formats of times in CSV.

use super::date;
use crate::data::{
    EventTime,
    time::{TimeReader, TimeStyle},
};

/// The format of the times in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// A decimal number of units of `10^-exponent` s since `origin`.
    Decimal {
        exponent: u32,
        origin: EventTime,
    },
    Rfc3339,
    Date,
}

/// The names of the formats; only `seconds` takes an origin.
pub(super) const FORMATS: &[(&str, Clock)] = &[
    ("epoch_s", Clock::since_1970(0)),
    ("epoch_ms", Clock::since_1970(3)),
    ("epoch_us", Clock::since_1970(6)),
    ("rfc3339", Clock::Rfc3339),
    ("date", Clock::Date),
    ("seconds", Clock::since_1970(0)),
];

impl Clock {
    const fn since_1970(exponent: u32) -> Self {
        Self::Decimal {
            exponent,
            origin: EventTime::MIN,
        }
    }

    /// Reads a time.
    pub(super) fn read(
        self,
        text: &str,
        times: &mut TimeReader,
    ) -> Result<(EventTime, TimeStyle), String> {
        match self {
            Self::Rfc3339 => times.read(text).map_err(|why| format!("`{text}`: {why}")),
            Self::Date => {
                let at = date::read(text).ok_or_else(|| format!("`{text}` is not a date"))?;
                Ok((at, TimeStyle::shortest(at)))
            }
            Self::Decimal { exponent, origin } => {
                let micros = micros(text, exponent)
                    .ok_or_else(|| format!("`{text}` is not a number of time"))?;
                let at = EventTime::from_micros(origin.as_micros().saturating_add(micros));
                if at.is_in_range() {
                    Ok((at, TimeStyle::shortest(at)))
                } else {
                    Err(format!("`{text}`: the time is outside 1970 to 9999"))
                }
            }
        }
    }
}

/// Converts a decimal number of `10^-exponent` s to microseconds, rounded half away from zero. It
/// works digit by digit, because a float of seconds since 1970 is exact only to a quarter of a
/// microsecond.
fn micros(text: &str, exponent: u32) -> Option<i64> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        // The number has an exponent; Rust formats floats without one.
        let value: f64 = text.parse().ok()?;
        let plain = value.to_string();
        return (value.is_finite() && plain != text).then(|| micros(&plain, exponent))?;
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits_left = usize::try_from(6u32.checked_sub(exponent)?).ok()?;
    let mut value: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let mut fraction = fraction.bytes();
    for _ in 0..digits_left {
        let digit = fraction.next().unwrap_or(b'0') - b'0';
        value = value.checked_mul(10)?.checked_add(i64::from(digit))?;
    }
    if fraction.next().is_some_and(|digit| digit >= b'5') {
        value = value.checked_add(1)?;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_times_are_rounded_to_microseconds() {
        for (text, exponent, expected) in [
            ("1558644851", 0, Some(1_558_644_851_000_000)),
            ("46408.58765184333", 0, Some(46_408_587_652)),
            ("46408.5876514999", 0, Some(46_408_587_651)),
            ("0.9999996", 0, Some(1_000_000)),
            ("1533226488299.0", 3, Some(1_533_226_488_299_000)),
            ("12.5", 6, Some(13)),
            ("-0.5", 6, Some(-1)),
            (".5", 0, Some(500_000)),
            ("1.558644851e9", 0, Some(1_558_644_851_000_000)),
            ("+3", 0, Some(3_000_000)),
            ("", 0, None),
            (".", 0, None),
            ("-", 0, None),
            ("+-3", 0, None),
            ("1.5.2", 0, None),
            ("NaN", 0, None),
            ("inf", 0, None),
            ("1e999", 0, None),
            ("9223372036854775808", 6, None),
            ("12:30", 0, None),
        ] {
            assert_eq!(micros(text, exponent), expected, "{text}");
        }
    }
}
