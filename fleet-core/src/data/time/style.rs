//! The style in which a message wrote a time, and writing a time in that style.

use std::fmt;

use super::EventTime;

/// The style in which a message wrote its time, so that it can be written back unchanged.
///
/// # Shape
/// Four bytes: separator, form of the zone, number of fractional digits, offset in minutes, and the
/// nanoseconds below the microsecond, which [`EventTime`] does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeStyle(u32);

/// The form in which a zone was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// `Z`
    Zulu,
    /// `+00:00` or any other offset, in minutes.
    Offset(i16),
    /// No zone. The dialect defines its meaning.
    Naive,
    /// `-00:00`: UTC with an unknown local offset (RFC 3339, section 4.3).
    Unknown,
}

const SPACE: u32 = 1;
const ZONE_SHIFT: u32 = 1;
const DIGITS_SHIFT: u32 = 3;
const OFFSET_SHIFT: u32 = 7;
const NANOS_SHIFT: u32 = 18;
/// Added to offsets so that the stored bits are unsigned.
const OFFSET_BIAS: i32 = 1024;

impl Default for TimeStyle {
    fn default() -> Self {
        Self::new(false, 6, Zone::Offset(0), 0)
    }
}

impl TimeStyle {
    pub(super) fn new(space: bool, digits: u8, zone: Zone, nanos: u16) -> Self {
        let (form, minutes) = match zone {
            Zone::Zulu => (0, 0),
            Zone::Offset(minutes) => (1, i32::from(minutes)),
            Zone::Naive => (2, 0),
            Zone::Unknown => (3, 0),
        };
        let minutes = u32::try_from(minutes + OFFSET_BIAS).unwrap_or(0) & 0x7ff;
        Self(
            (u32::from(space) * SPACE)
                | (form << ZONE_SHIFT)
                | (u32::from(digits.min(9)) << DIGITS_SHIFT)
                | (minutes << OFFSET_SHIFT)
                | (u32::from(nanos.min(999)) << NANOS_SHIFT),
        )
    }

    /// `Z`, with as many fractional digits as the time needs: none, three or six.
    pub fn shortest(at: EventTime) -> Self {
        let micros = at.as_micros().rem_euclid(1_000_000);
        let digits = match micros {
            0 => 0,
            m if m % 1000 == 0 => 3,
            _ => 6,
        };
        Self::new(false, digits, Zone::Zulu, 0)
    }

    /// Python's `isoformat` of an aware time: `T`, six fractional digits, `+00:00`.
    pub fn isoformat() -> Self {
        Self::default()
    }

    /// `YYYY-MM-DD HH:MM:SS` without a zone.
    pub fn naive_seconds() -> Self {
        Self::new(true, 0, Zone::Naive, 0)
    }

    /// `YYYY-MM-DD HH:MM:SS` without a zone, with six fractional digits if the time needs them.
    pub fn naive(at: EventTime) -> Self {
        let whole = at.as_micros().rem_euclid(1_000_000) == 0;
        Self::new(true, if whole { 0 } else { 6 }, Zone::Naive, 0)
    }

    /// `T`, six fractional digits and `Z`.
    pub fn zulu_micros() -> Self {
        Self::new(false, 6, Zone::Zulu, 0)
    }

    /// The packed form used in snapshots.
    pub(crate) fn to_bits(self) -> u32 {
        self.0
    }

    /// The inverse of [`to_bits`](Self::to_bits).
    pub(crate) fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    fn zone(self) -> Zone {
        match self.0 >> ZONE_SHIFT & 3 {
            0 => Zone::Zulu,
            1 => {
                let minutes = i32::try_from(self.0 >> OFFSET_SHIFT & 0x7ff).unwrap_or(0);
                Zone::Offset(i16::try_from(minutes - OFFSET_BIAS).unwrap_or(0))
            }
            2 => Zone::Naive,
            _ => Zone::Unknown,
        }
    }

    /// Writes `at` in this style.
    ///
    /// # Errors
    /// Only those of the writer.
    pub fn write(self, at: EventTime, to: &mut impl fmt::Write) -> fmt::Result {
        let zone = self.zone();
        let minutes = if let Zone::Offset(minutes) = zone {
            i64::from(minutes)
        } else {
            0
        };
        let local = at.as_micros().saturating_add(minutes * 60_000_000);
        let (seconds, micros) = (local.div_euclid(1_000_000), local.rem_euclid(1_000_000));
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let separator = if self.0 & SPACE == 0 { b'T' } else { b' ' };
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        // By hand: every row that is written has a time, and six numbers through the formatter take
        // longer than all its other fields.
        let mut text = *b"0000-00-00T00:00:00";
        text[10] = separator;
        let numbers = [
            (0, i64::from(year / 100)),
            (2, i64::from(year % 100)),
            (5, i64::from(month)),
            (8, i64::from(day)),
            (11, hour),
            (14, minute),
            (17, second),
        ];
        for (place, number) in numbers {
            // All have two digits, and years before 0 none that decoders accept.
            let number = u8::try_from(number.unsigned_abs()).unwrap_or(0);
            let two = [b'0' + number / 10 % 10, b'0' + number % 10];
            if let Some(place) = text.get_mut(place..place + 2) {
                place.copy_from_slice(&two);
            }
        }
        if year < 0 {
            to.write_char('-')?;
        }
        to.write_str(str::from_utf8(&text).unwrap_or_default())?;
        let digits = (self.0 >> DIGITS_SHIFT & 15) as usize;
        if digits > 0 {
            let nanos = micros * 1000 + i64::from(self.0 >> NANOS_SHIFT & 0x3ff);
            let scale = 10i64.pow(9 - u32::try_from(digits).unwrap_or(9));
            write!(to, ".{:0digits$}", nanos / scale)?;
        }
        match zone {
            Zone::Zulu => to.write_char('Z'),
            Zone::Naive => Ok(()),
            Zone::Unknown => to.write_str("-00:00"),
            Zone::Offset(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(to, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// Converts days since 1970 to year, month and day in the proleptic Gregorian calendar.
fn civil(days: i64) -> (i16, i8, i8) {
    // Only times outside jiff's ±9999 years use the fallback. Decoders never accept such times.
    let epoch = jiff::civil::date(1970, 1, 1);
    let span = i32::try_from(days)
        .ok()
        .and_then(|days| jiff::Span::new().try_days(days).ok());
    let date = span
        .and_then(|span| epoch.checked_add(span).ok())
        .unwrap_or(epoch);
    (date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Building the span of days once panicked when a row with such a time became a dead letter.
    #[test]
    fn a_time_outside_the_calendar_is_written_and_does_not_panic() {
        for at in [EventTime::BEFORE_ALL, EventTime::AFTER_ALL] {
            assert!(!at.to_string().is_empty());
        }
        assert_eq!(EventTime::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
    }
}
