//! The merge of one bundle: which record comes next. No clock, no I/O.

use std::time::Duration;

use super::{
    input::{Input, Progress, Waits},
    note,
    payload::{Run, ZipPayload, Zipped},
};
use crate::{
    contracts::source::Batch,
    data::{EventTime, Mark, Offset},
    planted::{Bug, planted},
};

#[derive(Debug)]
pub(super) struct Merge<P> {
    pub(super) inputs: Vec<Input<P>>,
    /// How many records were handed over.
    pub(super) count: Offset,
    /// How far a record may be ahead of the other inputs.
    max_ahead: Option<Duration>,
}

impl<P: ZipPayload> Merge<P> {
    /// Goes on from this progress of each input, by its name.
    pub(super) fn new<'a>(
        inputs: impl IntoIterator<Item = (&'a str, Progress)>,
        count: Offset,
        max_ahead: Option<Duration>,
    ) -> Self {
        let input = |(name, progress): (&str, _)| Input::new(name.into(), progress);
        Self {
            inputs: inputs.into_iter().map(input).collect(),
            count,
            max_ahead,
        }
    }

    pub(super) fn arrive(&mut self, input: usize, batch: Batch<P>) {
        if let Some(input) = self.inputs.get_mut(input) {
            input.arrive(batch);
        }
    }

    /// Hands over up to this many records, as far as they are decided; `None` if none is.
    pub(super) fn take(&mut self, most: usize) -> Option<(Zipped<P>, Mark)> {
        let (mut runs, mut room) = (Vec::new(), most);
        while room > 0
            && let Some(number) = self.next()
            && let Some(run) = self.run(number, room)
        {
            room -= run.offsets.len();
            self.count.0 += run.offsets.len() as u64;
            runs.push(run);
        }
        (!runs.is_empty()).then(|| (Zipped { runs }, note::mark(&self.inputs)))
    }

    /// The input whose record comes next; `None` while another has to be waited for.
    fn next(&mut self) -> Option<usize> {
        let mut inputs = self.inputs.iter();
        if inputs.any(Input::is_waited_for) && !planted(Bug::ZipByArrival) {
            return None;
        }
        for number in 0..self.inputs.len() {
            let bound = self.bound(number);
            if let Some(input) = self.inputs.get_mut(number) {
                judge(input, bound);
            }
        }
        let each = self.inputs.iter().enumerate();
        let judged = each.filter_map(|(number, input)| Some((input.progress.judged?, number)));
        judged.min().map(|(_, number)| number)
    }

    /// The newest time with which a record of an input may count: the least time of the others that
    /// have one, and how far it may be ahead of that.
    fn bound(&self, number: usize) -> Option<EventTime> {
        let ahead = self.max_ahead?;
        let others = self.inputs.iter().enumerate();
        let others = others.filter(|(other, _)| *other != number);
        let heads = others.filter_map(|(_, input)| input.head());
        // Of one whose records have had no time yet, nothing is known.
        let least = heads.filter(|time| *time > EventTime::MIN).min()?;
        Some(least + ahead)
    }

    /// Takes records of an input for as long as they come before those of all others.
    fn run(&mut self, number: usize, most: usize) -> Option<Run<P>> {
        let others = self.inputs.iter().enumerate();
        let others = others.filter(|(other, _)| *other != number);
        let first_of_others = others
            .filter_map(|(other, input)| Some((input.progress.judged?, other)))
            .min();
        let bound = self.bound(number);
        let input = self.inputs.get_mut(number)?;
        let mut taken = 1;
        while input.step() && taken < most {
            judge(input, bound);
            let next = input.progress.judged.map(|time| (time, number));
            if first_of_others.is_some_and(|other| next > Some(other)) {
                break;
            }
            taken += 1;
        }
        input.hand_over(taken, number, self.count)
    }

    pub(super) fn has_ended(&self) -> bool {
        let mut inputs = self.inputs.iter();
        inputs.all(|input| input.is_empty() && input.waits == Waits::Ended)
    }

    /// Whether no more can be handed over in this run.
    pub(super) fn is_closed(&self) -> bool {
        let mut inputs = self.inputs.iter();
        inputs.any(|input| input.is_empty() && input.waits == Waits::Closed)
    }
}

/// Decides with which log time the next record of an input counts. It is decided once, so that it
/// does not depend on how far the others are when its turn comes.
fn judge<P: ZipPayload>(input: &mut Input<P>, bound: Option<EventTime>) {
    if input.progress.judged.is_some() {
        return;
    }
    let Some(time) = input.head() else { return };
    let counts = bound.map_or(time, |bound| time.min(bound));
    if counts < time {
        // What came before may be what is ahead. From here on it counts no further.
        input.progress.newest = input.progress.newest.min(Some(counts));
        let is_ahead = input.own_time().is_some_and(|own| own > counts);
        input.progress.ahead += u64::from(is_ahead);
    }
    input.progress.judged = Some(counts);
}
