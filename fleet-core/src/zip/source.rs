//! The source that zips.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
    time::Duration,
};

use async_trait::async_trait;

use super::{
    bundle::{Bundle, Phase},
    input::{Progress, Waits},
    merge::Merge,
    note,
    payload::{ZipPayload, Zipped},
    place::Place,
    status::ZipWatch,
};
use crate::{
    contracts::{
        Source,
        source::{Replayable, SourceEvent},
    },
    data::{InputOffset, Mark, Offset, Partition, Position, Result},
};

/// Merges bundles of partitions of a source, so that each bundle is one partition.
///
/// How long a bundle of a source without a group may be incomplete. Our choice: such a source names
/// its partitions at once, and a slow machine takes seconds.
const COMPLETE: Duration = Duration::from_secs(30);

/// The [module](super) says which record comes next. The offset of a record in its bundle is its
/// number. The mark says how far each input is.
///
/// # Guarantees
/// - The order of a bundle depends on its records alone, not on which input is read faster, as long
///   as no input becomes idle. One that was idle goes on where the others are: its records come in
///   the same place if their log took them after those of the others.
/// - A restart goes on behind the last record that was committed, with the same order.
/// - At most two batches of an input wait in memory, if the inner source honours
///   [`pause`](Source::pause).
///
/// With [`idle`](Self::idle) a pipeline writes a snapshot with every commit: a replay could wait
/// elsewhere.
///
/// # Errors
/// Reading fails if a partition belongs to no bundle or to the place of another, and if a bundle
/// stays incomplete for longer than [`complete_within`](Self::complete_within).
pub struct Zip<S: Source> {
    pub(super) source: S,
    pub(super) inputs: usize,
    pub(super) place: PlaceOf,
    pub(super) idle: Option<Duration>,
    pub(super) max_ahead: Option<Duration>,
    pub(super) complete: Option<(Duration, String)>,
    pub(super) bundles: BTreeMap<Partition, Bundle<S::Payload>>,
    pub(super) of: HashMap<Partition, Place>,
    pub(super) events: VecDeque<SourceEvent<Zipped<S::Payload>>>,
    /// The bundle after which the next batch is looked for, so that each has its turn.
    pub(super) turn: Option<Partition>,
    /// Whether that was reported, since the last batch.
    pub(super) told_idle: bool,
    /// When inputs were last asked for their ends; `None` if they are to be asked at once.
    pub(super) looked: Option<tokio::time::Instant>,
    /// Partitions of bundles that another process has claimed, until the inner source says of each
    /// whether it is still here.
    pub(super) fenced: HashMap<Partition, Partition>,
    /// What is not committed: the position of each input after each batch, by bundle.
    pub(super) uncommitted: HashMap<Partition, VecDeque<(Offset, Mark)>>,
    pub(super) watch: ZipWatch,
}

/// Finds the place of a partition.
type PlaceOf = Box<dyn Fn(&Partition) -> Option<Place> + Send + Sync>;

impl<S: Source> fmt::Debug for Zip<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundles: Vec<_> = self.bundles.keys().map(Partition::as_str).collect();
        let mut f = f.debug_struct("Zip");
        f.field("bundles", &bundles).finish_non_exhaustive()
    }
}

impl<S: Source<Payload: ZipPayload>> Zip<S> {
    /// Zips the partitions of a source. `place` says to which bundle each belongs, and as which of
    /// its `inputs`; it has to say the same in every run.
    ///
    /// By default an input without a record is waited for, however long, and no record is too far
    /// ahead. A bundle may be incomplete for half a minute, unless partitions come from a group.
    pub fn new(
        source: S,
        inputs: usize,
        place: impl Fn(&Partition) -> Option<Place> + Send + Sync + 'static,
    ) -> Self {
        let complete = (!source.in_group()).then(|| {
            let hint = "Give the source a partition for each input, or let `place` name fewer";
            (COMPLETE, hint.to_owned())
        });
        Self {
            source,
            inputs,
            place: Box::new(place),
            idle: None,
            max_ahead: None,
            complete,
            bundles: BTreeMap::new(),
            of: HashMap::new(),
            events: VecDeque::new(),
            turn: None,
            told_idle: false,
            looked: None,
            fenced: HashMap::new(),
            uncommitted: HashMap::new(),
            watch: ZipWatch::default(),
        }
    }

    /// Lets the others go on when an input is caught up, and has been silent for this long.
    ///
    /// Choose more than the records of a log are late: if one comes from an idle input that is
    /// older than what the others have handed over, it comes later than it would have.
    #[must_use]
    pub fn idle(mut self, after: Duration) -> Self {
        self.idle = Some(after);
        self
    }

    /// Bounds how far a record may be ahead of the other inputs: beyond that it counts with the
    /// bound.
    ///
    /// Without a bound, one producer whose clock is an hour ahead holds all that its log has back
    /// for an hour. Needed where producers, and not the log, set the times. Choose more than any
    /// input is silent: where a backlog is read, the first record after a silence is as far ahead
    /// as the silence was long, and one that counts with the bound comes too early.
    #[must_use]
    pub fn max_ahead(mut self, by: Duration) -> Self {
        self.max_ahead = Some(by);
        self
    }

    /// Fails if a bundle of which a partition is here stays incomplete for this long. `hint` says
    /// what to do, at the end of the message.
    #[must_use]
    pub fn complete_within(mut self, time: Duration, hint: impl Into<String>) -> Self {
        self.complete = Some((time, hint.into()));
        self
    }

    /// Returns a handle that shows what the inputs are doing.
    pub fn watch(&self) -> ZipWatch {
        self.watch.clone()
    }

    /// Takes what the inner source reports.
    fn take(&mut self, event: SourceEvent<S::Payload>) -> Result<()> {
        match event {
            SourceEvent::Batch(batch) => self.arrive(batch),
            SourceEvent::Assigned(partitions) => self.join(partitions)?,
            SourceEvent::Revoking {
                partitions,
                within,
                done,
            } => {
                // A bundle that another process has claimed has no more to commit.
                let fenced = self.lose_fenced(&partitions);
                if !fenced.is_empty() {
                    self.events.push_back(SourceEvent::Lost(fenced));
                }
                let partitions = self.leave(&partitions);
                // The guard of partitions that the pipeline does not know is dropped here.
                if !partitions.is_empty() {
                    self.events.push_back(SourceEvent::Revoking {
                        partitions,
                        within,
                        done,
                    });
                }
            }
            SourceEvent::Lost(partitions) => {
                let mut fenced = self.lose_fenced(&partitions);
                fenced.extend(self.leave(&partitions));
                let partitions = fenced;
                if !partitions.is_empty() {
                    self.events.push_back(SourceEvent::Lost(partitions));
                }
            }
            SourceEvent::Idle => self.all_quiet(),
            SourceEvent::End(partition) => self.ends(&partition, Waits::Ended),
            SourceEvent::Closed(partition) => self.ends(&partition, Waits::Closed),
        }
        Ok(())
    }

    /// What the inner source has without waiting.
    async fn ready(&mut self) -> Result<Option<SourceEvent<S::Payload>>> {
        tokio::select! {
            biased;
            event = self.source.next() => event.map(Some),
            () = std::future::ready(()) => Ok(None),
        }
    }

    fn ends(&mut self, partition: &Partition, how: Waits) {
        if let Some(place) = self.of.get(partition)
            && let Some(bundle) = self.bundles.get_mut(&place.bundle)
        {
            bundle.ends(place.input, how);
        }
    }
}

#[async_trait]
impl<S: Source<Payload: ZipPayload>> Source for Zip<S> {
    type Payload = Zipped<S::Payload>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            let mut event = self.take_batch();
            if event.is_none() {
                // What came while nobody asked was not silence.
                if let Some(event) = self.ready().await? {
                    self.take(event)?;
                    continue;
                }
                self.look();
                event = self.take_batch().or_else(|| self.take_idle());
            }
            self.watch.set(self.bundles.values());
            if let Some(event) = event {
                return Ok(event);
            }
            self.check_complete()?;
            let look = self.next_look();
            let pause = async {
                match look {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                event = self.source.next() => self.take(event?)?,
                () = pause => {}
            }
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        // Revoked or lost meanwhile: there is nothing to start.
        let Some(bundle) = self.bundles.get_mut(partition) else {
            return Ok(());
        };
        let members: Vec<_> = bundle.members.iter().flatten().cloned().collect();
        if members.len() < self.inputs {
            return Ok(());
        }
        let names: Vec<_> = members.iter().collect();
        // A bundle without records has no mark.
        let is_begun = |at: &&Position| at.next > Offset(0) || at.mark.is_some();
        let mut progress = match at.filter(is_begun) {
            None => vec![Progress::default(); names.len()],
            Some(at) => note::progress(partition, at, &names)?,
        };
        if self.idle.is_none() {
            // It was set in another run.
            for progress in &mut progress {
                progress.idle = false;
            }
        }
        for (member, progress) in members.iter().zip(&progress) {
            self.source.start(member, progress.at.as_ref()).await?;
            self.source.resume(member);
        }
        let inputs = members.iter().map(Partition::as_str).zip(progress);
        let count = at.map(|at| at.next).unwrap_or_default();
        bundle.phase = Phase::Reading(Merge::new(inputs, count, self.max_ahead));
        bundle.quiet.fill(None);
        bundle.full.fill(false);
        bundle.paused = false;
        self.uncommitted.remove(partition);
        self.looked = None;
        self.wake_backlogs(partition);
        Ok(())
    }

    fn follows(&self) -> bool {
        self.source.follows()
    }

    fn repeats(&self) -> bool {
        self.idle.is_none() && self.source.repeats()
    }

    fn pause(&mut self, partition: &Partition) {
        if let Some(bundle) = self.bundles.get_mut(partition) {
            bundle.paused = true;
        }
    }

    fn resume(&mut self, partition: &Partition) {
        if let Some(bundle) = self.bundles.get_mut(partition) {
            bundle.paused = false;
        }
    }

    /// The records that were handed over, and as many as the inputs have behind them, as far as
    /// their offsets are consecutive.
    fn end(&self, partition: &Partition) -> Option<Offset> {
        let bundle = self.bundles.get(partition)?;
        let Phase::Reading(merge) = &bundle.phase else {
            return None;
        };
        let mut end = merge.count.0;
        for (input, member) in merge.inputs.iter().zip(&bundle.members) {
            let member = member.as_ref()?;
            let reached = input.reached(self.source.position(member));
            let of_input = self.source.end(member)?;
            end += input.waiting().1 as u64 + of_input.0.saturating_sub(reached.0);
        }
        Some(Offset(end))
    }

    fn ends(&self, partition: &Partition) -> Vec<InputOffset> {
        let Some(bundle) = self.bundles.get(partition) else {
            return Vec::new();
        };
        let end = |member: &Partition| {
            Some(InputOffset {
                input: member.as_str().into(),
                offset: self.source.end(member)?,
            })
        };
        bundle.members.iter().flatten().filter_map(end).collect()
    }

    fn lag_time(&self, partition: &Partition, committed: Option<Offset>) -> Option<Duration> {
        let bundle = self.bundles.get(partition)?;
        let known = self.uncommitted.get(partition);
        let mark = { known.into_iter().flatten() }.find(|(next, _)| Some(*next) == committed);
        let mark = mark.map(|(_, mark)| mark);
        let lag = |member: &Partition| {
            let at = mark.and_then(|mark| mark.offset_in(member.as_str()));
            self.source.lag_time(member, at)
        };
        let lags: Option<Vec<_>> = bundle.members.iter().flatten().map(lag).collect();
        lags?.into_iter().max()
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        if let Some(known) = self.uncommitted.get_mut(partition) {
            known.retain(|(next, _)| *next > upto.next);
        }
        for (member, at) in note::positions(upto.mark.as_ref()) {
            self.source.committed(&member, &at).await?;
        }
        Ok(())
    }

    fn in_group(&self) -> bool {
        self.source.in_group()
    }

    fn fenced(&mut self, partition: &Partition) {
        let Some(bundle) = self.bundles.remove(partition) else {
            return;
        };
        self.uncommitted.remove(partition);
        // The inner source says of each whether it is still here.
        for member in bundle.members.into_iter().flatten() {
            self.of.remove(&member);
            self.source.pause(&member);
            self.source.fenced(&member);
            self.fenced.insert(member, partition.clone());
        }
    }
}

impl<S: Replayable<Payload: ZipPayload>> Replayable for Zip<S> {}
