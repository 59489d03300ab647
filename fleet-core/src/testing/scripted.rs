use std::{collections::VecDeque, sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    Error, ErrorKind, Offset, Partition, Result, Source,
    event::Event,
    source::{Batch, Replayable, RevokeGuard, SourceEvent},
};

/// What a [`Scripted`] source does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    /// Gives this many rows as one batch.
    Rows(usize),
    /// Has nothing at the moment.
    Idle,
    /// Fails for good.
    Crash,
    /// Gives the partition away in good time, and gets it back.
    Revoke,
    /// Has lost the partition, and gets it back.
    Lost,
}

/// A replayable source of events in memory, in batches as a script says.
///
/// # Examples
/// See [`Pipeline`](crate::Pipeline).
#[derive(Debug)]
pub struct Scripted<E> {
    partition: Partition,
    rows: Arc<Vec<E>>,
    script: VecDeque<Script>,
    told: bool,
    at: Option<usize>,
    ended: bool,
}

impl<E: Event> Scripted<E> {
    /// All rows in one batch.
    pub fn of_rows(partition: &str, rows: impl IntoIterator<Item = E>) -> Self {
        Self::new(partition, Arc::new(rows.into_iter().collect()), [])
    }

    /// Follows the script, then gives what is left, then ends.
    pub fn new(
        partition: &str,
        rows: Arc<Vec<E>>,
        script: impl IntoIterator<Item = Script>,
    ) -> Self {
        let script = script.into_iter().collect();
        let partition = Partition::new(partition);
        Self {
            partition,
            rows,
            script,
            told: false,
            at: None,
            ended: false,
        }
    }
}

impl<E> Scripted<E> {
    /// The partition is someone else's until it is assigned again.
    fn leave(&mut self) {
        self.told = false;
        self.at = None;
    }
}

impl<E: Event> Replayable for Scripted<E> {}

#[async_trait]
impl<E: Event> Source for Scripted<E> {
    type Payload = Vec<(Offset, E)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        if !std::mem::replace(&mut self.told, true) {
            return Ok(SourceEvent::Assigned(vec![self.partition.clone()]));
        }
        let Some(from) = self.at else {
            return Ok(SourceEvent::Idle);
        };
        let left = self.rows.len().saturating_sub(from);
        let count = match self.script.pop_front() {
            Some(Script::Crash) => return Err(Error::new(ErrorKind::Source, "crash by script")),
            Some(Script::Idle) => return Ok(SourceEvent::Idle),
            Some(Script::Revoke) => {
                self.leave();
                return Ok(SourceEvent::Revoking {
                    partitions: vec![self.partition.clone()],
                    within: Duration::from_secs(1),
                    done: RevokeGuard::new(|| {}),
                });
            }
            Some(Script::Lost) => {
                self.leave();
                return Ok(SourceEvent::Lost(vec![self.partition.clone()]));
            }
            Some(Script::Rows(count)) => count.min(left),
            None => left,
        };
        if left == 0 {
            if std::mem::replace(&mut self.ended, true) {
                return std::future::pending().await;
            }
            return Ok(SourceEvent::End(self.partition.clone()));
        }
        self.at = Some(from + count);
        let offsets = (from as u64..).map(Offset);
        let rows = self.rows.iter().skip(from).take(count).cloned();
        Ok(SourceEvent::Batch(Batch {
            partition: self.partition.clone(),
            next: Offset((from + count) as u64),
            time: None,
            payload: offsets.zip(rows).collect(),
        }))
    }

    async fn start(&mut self, _: &Partition, at: Option<Offset>) -> Result<()> {
        self.at = Some(usize::try_from(at.unwrap_or_default().0).unwrap_or(usize::MAX));
        Ok(())
    }
}
