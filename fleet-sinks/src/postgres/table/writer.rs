//! Writes the rows of one batch so that a bad row is rejected alone.
//!
//! All rows are tried at once, under a savepoint. If the server refuses them, the first bad row is
//! searched: by the line that `COPY` names, or by bisection. Rows before it are written on the way,
//! the row itself is rejected with the server's message, and the rest is tried in steps that grow.

use std::ops::Range;

use fleet_core::{Result, TableRow};
use tokio_postgres::Error;

use super::{
    batch::{Batch, Misfits},
    wire::Wire,
};
use crate::{
    check::Misfit,
    postgres::connect::{
        connection::StagingState,
        error::server_message,
        sqlstate::{Remedy, remedy},
    },
};

/// Rows tried at once after a bad one; four times as many after each success. Our choice: few
/// enough that a bad row in every hundred does not make the good ones be sent many times.
const STEP_AFTER_BAD_ROW: usize = 1024;

/// The result of writing a batch.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Refused rows, by their index in the write, with the reason.
    pub(super) refused: Vec<(usize, String)>,
    /// The number of statements that tried to write rows; one if all are good.
    pub(super) attempts: usize,
}

/// The server's refusal of some rows.
struct Refusal {
    reason: String,
    /// The index of the bad row among them, if the server names it.
    line: Option<usize>,
    /// Whether a single row with this error is rejected, rather than the write failing.
    rejects: bool,
    cause: Error,
}

/// Writes the rows of one batch in an open transaction.
pub(super) struct BatchWriter<'a, R> {
    wire: Wire<'a>,
    batch: &'a Batch<'a, R>,
    /// Rows of the current round that do not fit their columns.
    misfits: Misfits,
    written: Written,
}

impl<'a, R: TableRow> BatchWriter<'a, R> {
    pub(super) fn new(wire: Wire<'a>, batch: &'a Batch<'a, R>) -> Self {
        Self {
            wire,
            batch,
            misfits: Misfits::new(),
            written: Written::default(),
        }
    }

    /// Writes the rows at these slots of the batch. If the newest row of a key is refused, the next
    /// newest is tried instead. `state` describes the staging table, if there is one.
    pub(super) async fn write(
        mut self,
        mut slots: Vec<usize>,
        mut state: StagingState,
    ) -> Result<Written> {
        while !slots.is_empty() {
            if let Some(staging) = &self.wire.statements.staging {
                let messages = self.batch.messages(&slots, true, &mut self.misfits);
                self.wire.copy_to_staging(staging, state, messages).await?;
                state = StagingState::Used;
            }
            let mut refused = self.round(&slots).await?;
            refused.append(&mut self.misfits);
            slots.clear();
            for (slot, misfit) in refused {
                let reason = match misfit {
                    Misfit::Content(reason) => reason,
                    Misfit::Shape(error) => return Err(error),
                };
                slots.extend(self.batch.runner_up(slot));
                let index = self.batch.index(slot);
                self.written
                    .refused
                    .extend(index.map(|index| (index, reason)));
            }
        }
        Ok(self.written)
    }

    /// Writes all rows that are good, and returns the slots that were refused.
    async fn round(&mut self, slots: &[usize]) -> Result<Misfits> {
        let mut refused = Misfits::new();
        let (mut from, mut reach) = (0, slots.len());
        while from < slots.len() {
            let to = from.saturating_add(reach).min(slots.len());
            let Err(refusal) = self.attempt(slots, from..to).await? else {
                from = to;
                reach = reach.saturating_mul(4);
                continue;
            };
            let (bad, reason) = self.first_bad(slots, from..to, refusal).await?;
            if let (Some(reason), Some(slot)) = (reason, slots.get(bad)) {
                refused.insert(*slot, Misfit::Content(reason));
            }
            from = bad + 1;
            reach = STEP_AFTER_BAD_ROW;
        }
        Ok(refused)
    }

    /// Finds the first bad row of a refused range and writes those before it. The row is finally
    /// tried alone, so that the reason is certainly about it; no reason means that it was written.
    async fn first_bad(
        &mut self,
        slots: &[usize],
        range: Range<usize>,
        refusal: Refusal,
    ) -> Result<(usize, Option<String>)> {
        let Range {
            start: mut low,
            end: mut high,
        } = range;
        if high - low == 1 {
            return self.alone(low, Err(refusal));
        }
        // Only a hint, which is verified by trying.
        let is_sent = |at: &usize| {
            slots
                .get(*at)
                .is_some_and(|slot| !self.misfits.contains_key(slot))
        };
        let hint = refusal
            .line
            .and_then(|line| (low..high).filter(is_sent).nth(line));
        if let Some(at) = hint {
            if self.attempt(slots, low..at).await?.is_ok() {
                let tried = self.attempt(slots, at..at + 1).await?;
                return self.alone(at, tried);
            }
            high = at;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.attempt(slots, low..middle).await? {
                Ok(()) => low = middle,
                Err(_) => high = middle,
            }
        }
        let tried = self.attempt(slots, low..high).await?;
        self.alone(low, tried)
    }

    /// The outcome for a row that was tried alone.
    fn alone(&self, at: usize, tried: Result<(), Refusal>) -> Result<(usize, Option<String>)> {
        match tried {
            Ok(()) => Ok((at, None)),
            Err(refusal) if refusal.rejects => Ok((at, Some(refusal.reason))),
            Err(refusal) => Err(self.wire.failed(refusal.cause)),
        }
    }

    /// Tries to write some of the rows, all or none. Only errors that a row may cause, or that
    /// fewer rows may avoid, count as a refusal; others fail the write.
    async fn attempt(
        &mut self,
        slots: &[usize],
        range: Range<usize>,
    ) -> Result<Result<(), Refusal>> {
        let Some(rows) = slots.get(range.clone()).filter(|rows| !rows.is_empty()) else {
            return Ok(Ok(()));
        };
        self.written.attempts += 1;
        let tried = if let Some(staging) = &self.wire.statements.staging {
            self.wire.insert(staging, range).await?
        } else {
            let messages = self.batch.messages(rows, false, &mut self.misfits);
            self.wire.copy(messages).await?
        };
        let Err(cause) = tried else {
            return Ok(Ok(()));
        };
        let refusal = refusal(cause).map_err(|cause| self.wire.failed(cause))?;
        self.wire.undo().await?;
        Ok(Err(refusal))
    }
}

/// Classifies a server error as a refusal of rows; returns it as an error if no row is at fault and
/// fewer rows would not help.
fn refusal(cause: Error) -> Result<Refusal, Error> {
    let Some(error) = cause.as_db_error() else {
        return Err(cause);
    };
    let remedy = remedy(error);
    if !matches!(remedy, Remedy::DeadLetter | Remedy::Split) {
        return Err(cause);
    }
    Ok(Refusal {
        reason: server_message(error),
        line: error.where_().and_then(line),
        // A row that exceeds a fixed limit will always do so; limits of time and memory may pass.
        rejects: remedy == Remedy::DeadLetter || error.code().code().starts_with("54"),
        cause,
    })
}

/// The row that an error in `COPY` is about, counted from 0: `COPY cars, line 12, column km`, which
/// the server may translate.
fn line(context: &str) -> Option<usize> {
    let (_, after) = context.strip_prefix("COPY ")?.split_once(", ")?;
    let digits = |c: char| c.is_ascii_digit();
    let number = after.trim_start_matches(|c| !digits(c));
    let end = number.find(|c| !digits(c)).unwrap_or(number.len());
    number.get(..end)?.parse::<usize>().ok()?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_of_a_copy_is_read_in_any_language() {
        assert_eq!(line("COPY cars, line 12, column km"), Some(11));
        assert_eq!(line("COPY cars, Zeile 12"), Some(11));
        assert_eq!(line("COPY cars, line 0"), None);
        assert_eq!(line("COPY cars"), None);
        assert_eq!(line("SQL statement \"SELECT 1\""), None);
    }
}
