//! A parser for RFC 3339 times that reuses the previous minute and second.

use super::{EventTime, TimeStyle, style::Zone};

/// The reason why a text is not a valid time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// The text does not have the form `YYYY-MM-DDTHH:MM:SS[.fraction]` with a zone.
    #[error("not a time of the form 2024-02-15T14:32:18Z")]
    Form,
    /// The time has no zone, and the dialect does not define this as UTC.
    #[error("the time has no zone: add Z or an offset such as +00:00")]
    NoZone,
    /// The time is before 1970 or after 9999.
    #[error("the time is outside 1970 to 9999")]
    Range,
}

/// Parses the times of one stream, most of which share their minute with the previous one.
///
/// The reader caches the previous time. If the text up to the second and the zone match, only the
/// fraction is parsed. If the text up to the minute matches, only the rest is parsed.
///
/// # Examples
/// ```
/// use fleet_core::time::TimeReader;
/// let mut reader = TimeReader::default();
/// let (at, style) = reader.read("2024-02-15T08:32:18.500-06:00")?;
/// assert_eq!(at.to_string(), "2024-02-15T14:32:18.500Z");
/// let mut text = String::new();
/// style.write(at, &mut text).unwrap();
/// assert_eq!(text, "2024-02-15T08:32:18.500-06:00");
/// # Ok::<(), fleet_core::time::TimeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimeReader {
    /// The minute read last, such as `2024-02-15T14:32:`.
    minute: [u8; 17],
    /// That minute in microseconds since 1970, local to its zone.
    micros: i64,
    naive_is_utc: bool,
    /// The last time that had six fractional digits.
    cached: CachedSecond,
}

/// What all times with the same second and zone have in common.
#[derive(Clone, Debug)]
struct CachedSecond {
    /// For example `2024-02-15T14:32:18.`.
    second: [u8; 20],
    /// `Z`, an offset such as `+00:00`, or nothing.
    zone: [u8; 6],
    zone_length: usize,
    /// That second in microseconds of UTC since 1970.
    micros: i64,
    style: TimeStyle,
}

impl Default for TimeReader {
    fn default() -> Self {
        // These bytes never occur in UTF-8 text, so the empty cache matches nothing.
        Self {
            minute: [0xff; 17],
            micros: 0,
            naive_is_utc: false,
            cached: CachedSecond {
                second: [0xff; 20],
                zone: [0; 6],
                zone_length: 0,
                micros: 0,
                style: TimeStyle::default(),
            },
        }
    }
}

impl TimeReader {
    /// Creates a reader that treats a time without a zone as UTC, as one dialect requires.
    pub fn naive_is_utc() -> Self {
        Self {
            naive_is_utc: true,
            ..Self::default()
        }
    }

    /// Parses one time. Returns it together with the style in which it was written.
    ///
    /// # Errors
    /// See [`TimeError`].
    #[inline]
    pub fn read(&mut self, text: &str) -> Result<(EventTime, TimeStyle), TimeError> {
        if let Some((second, rest)) = text.as_bytes().split_first_chunk()
            && *second == self.cached.second
            && let Some((micros, zone)) = rest.split_first_chunk().and_then(six_digits)
            && self.cached.zone.get(..self.cached.zone_length) == Some(zone)
        {
            // If one microsecond of a second is in range, all of them are.
            let at = EventTime::from_micros(self.cached.micros + i64::from(micros));
            return Ok((at, self.cached.style));
        }
        self.read_other(text)
    }

    /// Parses a time that does not match the cached second and zone, or has another form.
    #[inline(never)]
    fn read_other(&mut self, text: &str) -> Result<(EventTime, TimeStyle), TimeError> {
        let bytes = text.as_bytes();
        let (minute, rest) = bytes.split_first_chunk::<17>().ok_or(TimeError::Form)?;
        if *minute != self.minute {
            self.micros = read_minute(minute)?;
            self.minute = *minute;
        }
        let space = minute.get(10) == Some(&b' ');
        let (second, rest) = two_digits(rest, 59)?;
        let (nanos, digits, rest) = fraction(rest)?;
        let (zone_text, zone) = (rest, zone(rest)?);
        let minutes = match zone {
            Zone::Offset(minutes) => i64::from(minutes),
            Zone::Zulu | Zone::Unknown => 0,
            Zone::Naive if self.naive_is_utc => 0,
            Zone::Naive => return Err(TimeError::NoZone),
        };
        let micros =
            self.micros + second * 1_000_000 + i64::from(nanos / 1000) - minutes * 60_000_000;
        let at = EventTime::from_micros(micros);
        if !at.is_in_range() {
            return Err(TimeError::Range);
        }
        let sub_micros = u16::try_from(nanos % 1000).unwrap_or(0);
        let style = TimeStyle::new(space, digits, zone, sub_micros);
        if let (6, Some(second)) = (digits, bytes.first_chunk())
            && let Some(zone) = self.cached.zone.get_mut(..zone_text.len())
        {
            zone.copy_from_slice(zone_text);
            self.cached.second = *second;
            self.cached.zone_length = zone_text.len();
            self.cached.micros = micros - i64::from(nanos / 1000);
            self.cached.style = style;
        }
        Ok((at, style))
    }
}

/// A [`TimeReader`] that treats a time without a zone as UTC.
///
/// # Examples
/// ```
/// use fleet_core::time::NaiveTimeReader;
/// let (at, _) = NaiveTimeReader::default().0.read("2024-02-15 14:32:18")?;
/// assert_eq!(at.to_string(), "2024-02-15T14:32:18Z");
/// # Ok::<(), fleet_core::time::TimeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct NaiveTimeReader(pub TimeReader);

impl Default for NaiveTimeReader {
    fn default() -> Self {
        Self(TimeReader::naive_is_utc())
    }
}

impl AsMut<TimeReader> for TimeReader {
    fn as_mut(&mut self) -> &mut TimeReader {
        self
    }
}

impl AsMut<TimeReader> for NaiveTimeReader {
    fn as_mut(&mut self) -> &mut TimeReader {
        &mut self.0
    }
}

/// Parses `YYYY-MM-DD?HH:MM:` into microseconds since 1970, local to the zone.
fn read_minute(text: &[u8; 17]) -> Result<i64, TimeError> {
    let [
        y0,
        y1,
        y2,
        y3,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        t,
        h0,
        h1,
        b':',
        i0,
        i1,
        b':',
    ] = *text
    else {
        return Err(TimeError::Form);
    };
    if !matches!(t, b'T' | b' ') {
        return Err(TimeError::Form);
    }
    let pair = |a: u8, b: u8| -> Result<i8, TimeError> {
        let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
        if a > 9 || b > 9 {
            Err(TimeError::Form)
        } else {
            i8::try_from(a * 10 + b).map_err(|_| TimeError::Form)
        }
    };
    let year = i16::from(pair(y0, y1)?) * 100 + i16::from(pair(y2, y3)?);
    let date =
        jiff::civil::Date::new(year, pair(m0, m1)?, pair(d0, d1)?).map_err(|_| TimeError::Form)?;
    let (hour, minute) = (pair(h0, h1)?, pair(i0, i1)?);
    if hour > 23 || minute > 59 {
        return Err(TimeError::Form);
    }
    let days = i64::from((date - jiff::civil::date(1970, 1, 1)).get_days());
    Ok((days * 1440 + i64::from(hour) * 60 + i64::from(minute)) * 60_000_000)
}

/// Parses two digits with a value of at most `max`. Also returns the rest of the text. A leap
/// second (60) is rejected: POSIX time cannot represent it.
fn two_digits(text: &[u8], max: i64) -> Result<(i64, &[u8]), TimeError> {
    let ([a, b], rest) = text.split_first_chunk::<2>().ok_or(TimeError::Form)?;
    let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
    let value = i64::from(a) * 10 + i64::from(b);
    if a > 9 || b > 9 || value > max {
        Err(TimeError::Form)
    } else {
        Ok((value, rest))
    }
}

/// Parses an optional `.` followed by one to nine digits. Returns the nanoseconds, the number of
/// digits and the rest of the text.
fn fraction(text: &[u8]) -> Result<(u32, u8, &[u8]), TimeError> {
    let [b'.', rest @ ..] = text else {
        return Ok((0, 0, text));
    };
    // Fast path without a loop for six digits, as Python writes them.
    if let Some((micros, rest)) = rest.split_first_chunk().and_then(six_digits)
        && !rest.first().is_some_and(u8::is_ascii_digit)
    {
        return Ok((micros * 1000, 6, rest));
    }
    let (mut value, mut digits) = (0u32, 0u8);
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        if digits == 9 {
            return Err(TimeError::Form);
        }
        value = value * 10 + u32::from(digit);
        digits += 1;
    }
    if digits == 0 {
        return Err(TimeError::Form);
    }
    let rest = rest.get(usize::from(digits)..).ok_or(TimeError::Form)?;
    Ok((value * 10u32.pow(9 - u32::from(digits)), digits, rest))
}

/// Parses six digits. Also returns the rest of the text.
#[inline]
#[expect(clippy::many_single_char_names, reason = "digits have no names")]
fn six_digits<'a>((digits, rest): (&[u8; 6], &'a [u8])) -> Option<(u32, &'a [u8])> {
    let digits = digits.map(|byte| byte.wrapping_sub(b'0'));
    // The maximum over all digits instead of the first wrong one: no branches.
    if digits.iter().fold(0, |max: u8, digit| max.max(*digit)) > 9 {
        return None;
    }
    let [a, b, c, d, e, f] = digits.map(u32::from);
    Some((((a * 10 + b) * 10 + c) * 1000 + (d * 10 + e) * 10 + f, rest))
}

fn zone(text: &[u8]) -> Result<Zone, TimeError> {
    match text {
        [b'Z'] => Ok(Zone::Zulu),
        [] => Ok(Zone::Naive),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, rest) = two_digits(rest, 23)?;
            let [b':', rest @ ..] = rest else {
                return Err(TimeError::Form);
            };
            let (minutes, rest) = two_digits(rest, 59)?;
            let total = i16::try_from(hours * 60 + minutes).map_err(|_| TimeError::Form)?;
            // The style has 11 bits for the offset; the widest zone in use is +14:00.
            if !rest.is_empty() || total > 1023 {
                return Err(TimeError::Form);
            }
            Ok(match (*sign, total) {
                (b'-', 0) => Zone::Unknown,
                (b'-', _) => Zone::Offset(-total),
                _ => Zone::Offset(total),
            })
        }
        _ => Err(TimeError::Form),
    }
}
