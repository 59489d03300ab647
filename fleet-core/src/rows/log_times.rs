//! The times at which a log appended the records of a list.

use std::ops::Range;

use crate::{
    data::EventTime,
    planted::{Bug, planted},
};

/// The log time of each event of a list, if it has one.
///
/// # Shape
/// The index from which a log time holds, and that time, for each change. So a list without log
/// times is empty and costs nothing per event, and a list in which all are equal has one entry.
#[derive(Debug, Default)]
pub(crate) struct LogTimes(Vec<(usize, Option<EventTime>)>);

impl LogTimes {
    /// Returns whether no event has a log time.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets the log time of all events from this index on, the length of the list.
    pub(super) fn set(&mut self, from: usize, time: Option<EventTime>) {
        // The last change was for no event.
        self.0.pop_if(|(start, _)| *start == from);
        if self.last() != time {
            self.0.push((from, time));
        }
    }

    /// Returns the log time of the next event.
    pub(super) fn last(&self) -> Option<EventTime> {
        self.0.last().and_then(|(_, time)| *time)
    }

    /// Returns the log time of the event with this index.
    pub(super) fn at(&self, index: usize) -> Option<EventTime> {
        let after = self.0.partition_point(|(start, _)| *start <= index);
        let (_, time) = self.0.get(after.checked_sub(1)?)?;
        *time
    }

    /// Drops what belongs to events behind the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.0.pop_if(|(start, _)| *start > len).is_some() {}
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Removes and returns the log times of the first `count` events.
    pub(super) fn take_first(&mut self, count: usize) -> Self {
        let next = self.at(count);
        let taken = self.0.partition_point(|(start, _)| *start < count);
        let taken = Self(self.0.drain(..taken).collect());
        for (start, _) in &mut self.0 {
            *start -= count;
        }
        let begins_later = self.0.first().is_none_or(|(start, _)| *start > 0);
        if begins_later && next.is_some() {
            self.0.insert(0, (0, next));
        }
        taken
    }

    /// Returns the runs of equal log times in a list of this length, in order.
    pub(crate) fn runs(
        &self,
        len: usize,
    ) -> impl Iterator<Item = (Range<usize>, Option<EventTime>)> {
        let first = self.0.first().map(|(_, time)| *time);
        let of_batch = first.filter(|_| planted(Bug::LogTimeOfBatch));
        let starts = std::iter::once((0, None)).chain(self.0.iter().copied());
        let ends = self.0.iter().map(|(start, _)| *start).chain([len]);
        let runs = starts.zip(ends);
        runs.map(move |((start, time), end)| (start..end.min(len), of_batch.unwrap_or(time)))
            .filter(|(run, _)| !run.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(of: &LogTimes, len: usize) -> Vec<Option<EventTime>> {
        let runs: Vec<_> = of.runs(len).collect();
        assert!(
            runs.windows(2).all(|pair| pair[0].1 != pair[1].1),
            "neighbours are compressed"
        );
        let times = runs
            .into_iter()
            .flat_map(|(run, time)| run.map(move |_| time));
        let times: Vec<_> = times.collect();
        assert_eq!(times.len(), len);
        for (index, time) in times.iter().enumerate() {
            assert_eq!(of.at(index), *time);
        }
        times
    }

    /// One step: events with this log time, or fewer events.
    #[derive(Clone, Copy)]
    enum Step {
        Add(Option<EventTime>, usize),
        TakeFirst(usize),
        Truncate(usize),
    }

    #[test]
    fn log_times_follow_their_events_through_any_six_steps() {
        let [one, two] = [1, 2].map(|time| Some(EventTime::from_micros(time)));
        let steps = [
            Step::Add(None, 1),
            Step::Add(one, 0),
            Step::Add(one, 2),
            Step::Add(two, 1),
            Step::TakeFirst(1),
            Step::TakeFirst(2),
            Step::Truncate(1),
        ];
        for mut run in 0..steps.len().pow(6) {
            let (mut list, mut model) = (LogTimes::default(), Vec::new());
            for _ in 0..6 {
                match steps[run % steps.len()] {
                    Step::Add(time, count) => {
                        list.set(model.len(), time);
                        assert_eq!(list.last(), time);
                        model.extend(std::iter::repeat_n(time, count));
                    }
                    Step::TakeFirst(count) => {
                        let count = count.min(model.len());
                        let taken: Vec<_> = model.drain(..count).collect();
                        assert_eq!(times(&list.take_first(count), count), taken);
                    }
                    Step::Truncate(by) => {
                        model.truncate(model.len().saturating_sub(by));
                        list.truncate(model.len());
                    }
                }
                run /= steps.len();
                assert_eq!(times(&list, model.len()), model);
            }
        }
    }

    #[test]
    fn a_list_without_log_times_has_one_run_and_an_empty_list_none() {
        let mut none = LogTimes::default();
        none.set(0, None);
        none.set(5, None);
        assert!(none.is_empty());
        assert_eq!(none.runs(7).collect::<Vec<_>>(), [(0..7, None)]);
        assert_eq!(none.runs(0).count(), 0);
    }
}
