//! Landing the rows of one write, so that a bad row costs only itself.
//!
//! All rows are tried at once, under a savepoint. Where the server refuses, the first bad row is searched: by the
//! line that `COPY` names, or by halving what is left. Rows before it land meanwhile, it is rejected with what the
//! server said, and the rest goes on in steps that grow.

use std::{ops::Range, pin::pin};

use fleet_core::{Record, Result};
use futures_util::SinkExt;

use super::{batch::Batch, sql::Statements};
use crate::postgres::{
    PostgresTransaction,
    error::{failed, said},
    sqlstate::{Remedy, remedy},
};

/// Rows tried at once after a bad one; four times as many after each time that all were good. Our choice: few
/// enough that bad rows at every hundredth place do not make the good ones be sent over and over.
const CAREFUL: usize = 1024;

const SAVEPOINT: &str = "SAVEPOINT fleet_rows";
const RELEASE: &str = "RELEASE SAVEPOINT fleet_rows";
const UNDO: &str = "ROLLBACK TO SAVEPOINT fleet_rows; RELEASE SAVEPOINT fleet_rows";

/// What became of a batch.
#[derive(Debug, Default)]
pub(super) struct Landed {
    /// Rows that were refused, by their index in the write, each with the reason.
    pub(super) refused: Vec<(usize, String)>,
    /// How many statements tried to write rows. One, if all are good.
    pub(super) attempts: usize,
}

/// Why some rows were refused.
struct Refusal {
    reason: String,
    /// Which of them, counted from the first, if the server says so.
    line: Option<usize>,
    /// Whether a row alone is to be rejected for it.
    rejects: bool,
    cause: tokio_postgres::Error,
}

/// Lands rows of one table in an open transaction.
pub(super) struct Landing<'a, R> {
    pub(super) tx: &'a PostgresTransaction,
    pub(super) table: &'a str,
    pub(super) statements: &'a Statements,
    pub(super) batch: &'a Batch<'a, R>,
}

impl<R: Record> Landing<'_, R> {
    /// Lands the rows at these places of the batch. Where one that stands for several of its key is refused, the
    /// next newest takes its place.
    pub(super) async fn land(&self, places: Vec<usize>) -> Result<Landed> {
        let mut landed = Landed::default();
        let mut places = places;
        while !places.is_empty() {
            let refused = self.round(&places, &mut landed.attempts).await?;
            places.clear();
            for (place, reason) in refused {
                places.extend(self.batch.runner_up(place));
                landed
                    .refused
                    .extend(self.batch.index(place).map(|index| (index, reason)));
            }
        }
        Ok(landed)
    }

    /// Lands what it can; the places that were refused come back in their order.
    async fn round(&self, places: &[usize], attempts: &mut usize) -> Result<Vec<(usize, String)>> {
        self.stage(places).await?;
        let mut refused = Vec::new();
        let (mut from, mut reach) = (0, places.len());
        while from < places.len() {
            let to = from.saturating_add(reach).min(places.len());
            let Err(refusal) = self.attempt(places, from..to, attempts).await? else {
                from = to;
                reach = reach.saturating_mul(4);
                continue;
            };
            let (bad, reason) = self.first_bad(places, from..to, refusal, attempts).await?;
            if let (Some(reason), Some(place)) = (reason, places.get(bad)) {
                refused.push((*place, reason));
            }
            from = bad + 1;
            reach = CAREFUL;
        }
        Ok(refused)
    }

    /// Finds the first bad row of a range that was refused, and lands those before it. The row is tried alone, so
    /// that the reason is its own; no reason means that it landed.
    async fn first_bad(
        &self,
        places: &[usize],
        range: Range<usize>,
        refusal: Refusal,
        attempts: &mut usize,
    ) -> Result<(usize, Option<String>)> {
        let Range {
            start: mut low,
            end: mut high,
        } = range;
        if high - low == 1 {
            return self.alone(low, Err(refusal));
        }
        // A hint, not a proof: what it says is tried.
        let hint = refusal.line.map(|line| low + line);
        if let Some(at) = hint.filter(|at| (low..high).contains(at)) {
            if self.attempt(places, low..at, attempts).await?.is_ok() {
                let tried = self.attempt(places, at..at + 1, attempts).await?;
                return self.alone(at, tried);
            }
            high = at;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.attempt(places, low..middle, attempts).await? {
                Ok(()) => low = middle,
                Err(_) => high = middle,
            }
        }
        let tried = self.attempt(places, low..high, attempts).await?;
        self.alone(low, tried)
    }

    /// What became of a row that was tried by itself.
    fn alone(&self, at: usize, tried: Result<(), Refusal>) -> Result<(usize, Option<String>)> {
        match tried {
            Ok(()) => Ok((at, None)),
            Err(refusal) if refusal.rejects => Ok((at, Some(refusal.reason))),
            Err(refusal) => Err(self.failed(refusal.cause)),
        }
    }

    /// Puts the rows where they are landed from, if they are staged.
    async fn stage(&self, places: &[usize]) -> Result<()> {
        let Some(staging) = &self.statements.staging else {
            return Ok(());
        };
        let emptied = self.tx.client().batch_execute(&staging.empty);
        self.tx.run(&self.doing(), emptied).await?;
        let messages = self.batch.messages(places, true);
        self.tx.run(&self.doing(), self.copy(messages)).await?;
        Ok(())
    }

    /// Tries to write some of the rows: all of them land, or none does. Only what rows can be at fault for, or what
    /// fewer of them may cure, is a refusal.
    async fn attempt(
        &self,
        places: &[usize],
        range: Range<usize>,
        attempts: &mut usize,
    ) -> Result<Result<(), Refusal>> {
        let Some(rows) = places.get(range.clone()).filter(|rows| !rows.is_empty()) else {
            return Ok(Ok(()));
        };
        *attempts += 1;
        let (tx, client, doing) = (self.tx, self.tx.client(), self.doing());
        tx.run(&doing, client.batch_execute(SAVEPOINT)).await?;
        let tried = match &self.statements.staging {
            None => {
                tx.connection()
                    .attempt(&doing, self.copy(self.batch.messages(rows, false)))
                    .await?
            }
            Some(staging) => {
                let ordinal = |place: usize| i32::try_from(place).unwrap_or(i32::MAX);
                let (from, to) = (ordinal(range.start), ordinal(range.end));
                let insert = async {
                    let land = tx.prepare(&staging.land).await?;
                    client.execute(&land, &[&from, &to]).await
                };
                tx.connection().attempt(&doing, insert).await?
            }
        };
        let Err(cause) = tried else {
            tx.run(&doing, client.batch_execute(RELEASE)).await?;
            return Ok(Ok(()));
        };
        let refusal = refusal(cause).map_err(|cause| self.failed(cause))?;
        tx.run(&doing, client.batch_execute(UNDO)).await?;
        Ok(Err(refusal))
    }

    async fn copy(
        &self,
        messages: impl Iterator<Item = bytes::Bytes>,
    ) -> Result<u64, tokio_postgres::Error> {
        let copy = self.tx.prepare(&self.statements.copy).await?;
        let begun = self.tx.client().copy_in(&copy).await;
        if begun.is_err() {
            // Refused before the first row, for a lock or a right: the client (0.7.18) sends one `Sync` too many
            // then, and loses count of the answers.
            self.tx.connection().abandon();
        }
        let mut sink = pin!(begun?);
        for message in messages {
            sink.feed(message).await?;
        }
        sink.finish().await
    }

    fn doing(&self) -> String {
        format!("write to table {} of", self.table)
    }

    fn failed(&self, cause: tokio_postgres::Error) -> fleet_core::Error {
        failed(&self.doing(), self.tx.connection().address(), cause)
    }
}

/// What the server says of rows; its error back where no row is at fault and fewer of them would not help.
fn refusal(cause: tokio_postgres::Error) -> Result<Refusal, tokio_postgres::Error> {
    let Some(error) = cause.as_db_error() else {
        return Err(cause);
    };
    let remedy = remedy(error);
    if !matches!(remedy, Remedy::DeadLetter | Remedy::Split) {
        return Err(cause);
    }
    Ok(Refusal {
        reason: said(error),
        line: error.where_().and_then(line),
        // A limit of the program that one row exceeds, it will always exceed; time and memory are another thing.
        rejects: remedy == Remedy::DeadLetter || error.code().code().starts_with("54"),
        cause,
    })
}

/// The row that an error in `COPY` is about, from 0: `COPY cars, line 12, column km` in the server's language.
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
