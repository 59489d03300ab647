//! Dates in the forms that people write in tables.

use crate::data::EventTime;

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Reads `12/31/2021`, `12/31/21`, `31/Dec/21`, `2021-12-31` or `2021.12.31.`, each with or without
/// a time of day after a space, a `T` or ` / `. There is no zone; the time is taken as UTC.
pub(super) fn read(text: &str) -> Option<EventTime> {
    let text = text.trim();
    let (date, time) = match text.find([' ', 'T']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let mut parts = date.trim_end_matches('.').split(['/', '-', '.']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = if a.len() == 4 {
        (a, number(b)?, c)
    } else if let Some(month) = MONTHS
        .iter()
        .position(|month| b.eq_ignore_ascii_case(month))
    {
        (c, i8::try_from(month + 1).ok()?, a)
    } else {
        (c, number(a)?, b)
    };
    let year = match (year.len(), number(year)?) {
        (2, year) => 2000 + year,
        (4, year) => year,
        _ => return None,
    };
    let date = jiff::civil::Date::new(year, month, number(day)?).ok()?;
    let days = (date - jiff::civil::date(1970, 1, 1)).get_days();
    let seconds = i64::from(days) * 86_400 + second_of_day(time)?;
    let at = EventTime::from_micros(seconds * 1_000_000);
    at.is_in_range().then_some(at)
}

/// Reads `HH:MM`, `HH:MM:SS` or nothing.
fn second_of_day(text: &str) -> Option<i64> {
    let text = text.trim_start_matches('/').trim();
    if text.is_empty() {
        return Some(0);
    }
    let mut parts = text.split(':');
    let (hour, minute) = (number::<i64>(parts.next()?)?, number::<i64>(parts.next()?)?);
    let second = parts.next().map_or(Some(0), number::<i64>)?;
    let real = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    real.then_some(hour * 3600 + minute * 60 + second)
}

/// Reads a number of digits alone, without sign or space.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_date_is_read() {
        for (text, expected) in [
            ("12/2/2020", Some("2020-12-02T00:00:00Z")),
            ("01/09/2021", Some("2021-01-09T00:00:00Z")),
            ("11/4/21", Some("2021-11-04T00:00:00Z")),
            ("17/Jun/21", Some("2021-06-17T00:00:00Z")),
            ("2021.03.04.", Some("2021-03-04T00:00:00Z")),
            ("\t2021.04.14. ", Some("2021-04-14T00:00:00Z")),
            ("2021-01-20", Some("2021-01-20T00:00:00Z")),
            ("2020-11-30 17:09:05", Some("2020-11-30T17:09:05Z")),
            ("2020-12-07 / 10:11:26", Some("2020-12-07T10:11:26Z")),
            ("2020-12-07T10:11", Some("2020-12-07T10:11:00Z")),
            ("13/31/2021", None),
            ("2/30/2021", None),
            ("1/1/1969", None),
            ("1/1/021", None),
            ("-1/1/2021", None),
            ("1/1", None),
            ("1/1/1/2021", None),
            ("2021-01-20 24:00:00", None),
            ("2021-01-20 10:00:00Z", None),
            ("2021-01-20 x", None),
            ("17/Jux/21", None),
            ("", None),
            ("ä/ö/ü", None),
        ] {
            let found = read(text).map(|at| at.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
