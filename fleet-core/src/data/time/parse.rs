use super::{EventTime, TimeStyle, style::Zone};

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeError {
    /// It does not read as `YYYY-MM-DDTHH:MM:SS[.fraction]` and a zone.
    #[error("not a time of the form 2024-02-15T14:32:18Z")]
    Form,
    /// It has no zone, and the dialect does not say that this means UTC.
    #[error("the time has no zone: add Z or an offset such as +00:00")]
    NoZone,
    /// It lies before 1970 or after 9999.
    #[error("the time is outside 1970 to 9999")]
    Range,
}

/// Reads times of one stream: most share their minute with the time before.
///
/// The text up to the second and the zone are compared with the last ones, or else the text up to the minute,
/// and their value is taken from there; what is left is checked digit by digit.
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
    /// `2024-02-15T14:32:` as last read.
    minute: [u8; 17],
    /// That minute, microseconds of its own zone since 1970.
    micros: i64,
    naive_is_utc: bool,
    /// The last time that was written with six digits of the second.
    last: Last,
}

/// All that the times of one second and zone have in common.
#[derive(Clone, Debug)]
struct Last {
    /// `2024-02-15T14:32:18.`
    second: [u8; 20],
    /// `Z`, `+00:00` or nothing.
    zone: [u8; 6],
    zone_length: usize,
    /// That second, microseconds of UTC since 1970.
    micros: i64,
    style: TimeStyle,
}

impl Default for TimeReader {
    fn default() -> Self {
        // No text has these bytes, so nothing is taken for the minute that was read before the first.
        Self {
            minute: [0xff; 17],
            micros: 0,
            naive_is_utc: false,
            last: Last {
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
    /// A reader that takes a time without a zone as UTC, for the one dialect that writes so.
    pub fn naive_is_utc() -> Self {
        Self {
            naive_is_utc: true,
            ..Self::default()
        }
    }

    /// Reads one time and how it was written.
    ///
    /// # Errors
    /// See [`TimeError`].
    #[inline]
    pub fn read(&mut self, text: &str) -> Result<(EventTime, TimeStyle), TimeError> {
        if let Some((second, rest)) = text.as_bytes().split_first_chunk()
            && *second == self.last.second
            && let Some((micros, zone)) = rest.split_first_chunk().and_then(six)
            && self.last.zone.get(..self.last.zone_length) == Some(zone)
        {
            // Every microsecond of a second is in range if one is.
            let at = EventTime::from_micros(self.last.micros + i64::from(micros));
            return Ok((at, self.last.style));
        }
        self.read_other(text)
    }

    /// A time of another second or zone, or of another form.
    #[inline(never)]
    fn read_other(&mut self, text: &str) -> Result<(EventTime, TimeStyle), TimeError> {
        let bytes = text.as_bytes();
        let (minute, rest) = bytes.split_first_chunk::<17>().ok_or(TimeError::Form)?;
        if *minute != self.minute {
            self.micros = read_minute(minute)?;
            self.minute = *minute;
        }
        let space = minute.get(10) == Some(&b' ');
        let (second, rest) = two(rest, 59)?;
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
        let below = u16::try_from(nanos % 1000).unwrap_or(0);
        let style = TimeStyle::new(space, digits, zone, below);
        if let (6, Some(second)) = (digits, bytes.first_chunk())
            && let Some(place) = self.last.zone.get_mut(..zone_text.len())
        {
            place.copy_from_slice(zone_text);
            self.last.second = *second;
            self.last.zone_length = zone_text.len();
            self.last.micros = micros - i64::from(nanos / 1000);
            self.last.style = style;
        }
        Ok((at, style))
    }
}

/// A [`TimeReader`] that takes a time without a zone as UTC.
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

/// `YYYY-MM-DD?HH:MM:` in microseconds since 1970 of its own zone.
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

/// Two digits up to `most`, and what follows. A leap second (60) is refused: POSIX time has no place for it.
fn two(text: &[u8], most: i64) -> Result<(i64, &[u8]), TimeError> {
    let ([a, b], rest) = text.split_first_chunk::<2>().ok_or(TimeError::Form)?;
    let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
    let value = i64::from(a) * 10 + i64::from(b);
    if a > 9 || b > 9 || value > most {
        Err(TimeError::Form)
    } else {
        Ok((value, rest))
    }
}

/// An optional `.` and one to nine digits: nanoseconds, the number of digits, what follows.
fn fraction(text: &[u8]) -> Result<(u32, u8, &[u8]), TimeError> {
    let [b'.', rest @ ..] = text else {
        return Ok((0, 0, text));
    };
    // Six, as Python writes them, without a loop; a seventh is for the loop.
    if let Some((micros, rest)) = rest.split_first_chunk().and_then(six)
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

/// The value of six digits, and what follows.
#[inline]
#[expect(clippy::many_single_char_names, reason = "digits have no names")]
fn six<'a>((digits, rest): (&[u8; 6], &'a [u8])) -> Option<(u32, &'a [u8])> {
    let digits = digits.map(|byte| byte.wrapping_sub(b'0'));
    // The greatest of all, not the first that is wrong: without branches.
    if digits.iter().fold(0, |most: u8, digit| most.max(*digit)) > 9 {
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
            let (hours, rest) = two(rest, 23)?;
            let [b':', rest @ ..] = rest else {
                return Err(TimeError::Form);
            };
            let (minutes, rest) = two(rest, 59)?;
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
