//! Splits a range into whole days, hours and minutes and the rest, so that roll-ups can answer.

use std::time::{Duration, SystemTime};

use fleet_core::EventTime;

use super::range::TimeRange;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

const DAY: Duration = Duration::from_secs(86_400);

/// A range split into whole days (UTC), the whole hours before and after them, the whole minutes
/// before and after those, and the rest at both ends.
///
/// # Guarantees
/// Every instant of the range is in exactly one part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spans {
    pub(super) days: TimeRange,
    pub(super) hours: [TimeRange; 2],
    pub(super) minutes: [TimeRange; 2],
    pub(super) moments: [TimeRange; 2],
}

impl Spans {
    /// Splits a range into the longest possible parts.
    pub(super) fn of(range: TimeRange) -> Self {
        let (moments, minutes) = split(range, MINUTE);
        let (minutes, hours) = split(minutes, HOUR);
        let (hours, days) = split(hours, DAY);
        Self {
            days,
            hours,
            minutes,
            moments,
        }
    }

    /// Splits a range without days and hours, for series of minutes.
    pub(super) fn of_minutes(range: TimeRange) -> Self {
        let (moments, minutes) = split(range, MINUTE);
        let none = TimeRange::between(minutes.to(), minutes.to());
        Self {
            days: none,
            hours: [none; 2],
            minutes: [minutes, none],
            moments,
        }
    }

    /// All parts: days, hours, minutes, moments.
    fn parts(&self) -> [TimeRange; 7] {
        let Self {
            days,
            hours,
            minutes,
            moments,
        } = *self;
        [
            days, hours[0], hours[1], minutes[0], minutes[1], moments[0], moments[1],
        ]
    }

    /// The bounds of all parts, two each, as parameters of a query.
    pub(super) fn bounds(&self) -> Vec<SystemTime> {
        self.parts().map(TimeRange::bounds).concat()
    }
}

/// Splits a range into its whole steps and the rest before and after them.
fn split(range: TimeRange, step: Duration) -> ([TimeRange; 2], TimeRange) {
    let (from, to) = (range.from(), range.to());
    let (first, last) = (ceil(from, step), to.floor_to(step));
    if first >= last {
        let none = TimeRange::between(to, to);
        return ([range, none], none);
    }
    let ends = [
        TimeRange::between(from, first),
        TimeRange::between(last, to),
    ];
    (ends, TimeRange::between(first, last))
}

fn ceil(at: EventTime, step: Duration) -> EventTime {
    let floor = at.floor_to(step);
    if floor == at { at } else { floor + step }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange::new(EventTime::from_micros(from), EventTime::from_micros(to)).unwrap()
    }

    #[test]
    fn prop_every_moment_is_in_exactly_one_part() {
        let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(7);
        let half = 500_000;
        for longest in [60, 3_600, 86_400, 5 * 86_400]
            .into_iter()
            .cycle()
            .take(800)
        {
            let from = random.random_range(0..2 * 86_400) * half;
            let to = from + random.random_range(0..2 * longest) * half;
            let whole = range(from, to);
            let step = usize::try_from((to - from) / 500 + half).unwrap();
            for spans in [Spans::of(whole), Spans::of_minutes(whole)] {
                let parts = spans.parts();
                let ends = parts.iter().flat_map(|part| [part.from(), part.to()]);
                let ends = ends.flat_map(|end| [end.as_micros() - 1, end.as_micros()]);
                for at in (from - half..=to + half)
                    .step_by(step)
                    .chain(ends.collect::<Vec<_>>())
                {
                    let at = EventTime::from_micros(at);
                    let found = parts.iter().filter(|part| part.contains(at)).count();
                    assert_eq!(found, usize::from(whole.contains(at)), "{at} of {whole:?}");
                }
                let [days, hours @ .., _, _] = parts;
                let [early, late, first, last] = hours;
                let steps = [
                    (days, DAY),
                    (early, HOUR),
                    (late, HOUR),
                    (first, MINUTE),
                    (last, MINUTE),
                ];
                for (part, step) in steps {
                    let whole = |at: EventTime| at.floor_to(step) == at;
                    assert!(part.from() == part.to() || whole(part.from()) && whole(part.to()));
                }
            }
        }
    }

    #[test]
    fn thirty_days_are_days_but_for_their_ends() {
        let (minute, hour, day) = (60_000_000, 3_600_000_000, 86_400_000_000);
        let spans = Spans::of(range(1, 30 * day + 1));
        assert_eq!(spans.days, range(day, 30 * day));
        assert_eq!(spans.hours, [range(hour, day), range(30 * day, 30 * day)]);
        assert_eq!(spans.minutes[0], range(minute, hour));
        assert_eq!(
            spans.moments,
            [range(1, minute), range(30 * day, 30 * day + 1)]
        );
    }
}
