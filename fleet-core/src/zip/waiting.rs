//! What is waited for, for how long, and what is idle.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    bundle::Phase,
    input::{Input, Waits},
    payload::{ZipPayload, Zipped},
    source::Zip,
};
use crate::{
    contracts::{Source, source::SourceEvent},
    data::{Error, ErrorKind, Partition, Result},
};

/// How often in its idle time an input that is waited for is asked for its end. Our choice.
const LOOKS: u32 = 4;
/// The shortest time between two such questions. Our choice.
const SHORTEST: Duration = Duration::from_millis(10);

impl<S: Source<Payload: ZipPayload>> Zip<S> {
    /// The inner source has nothing to read: every input whose end is unknown is caught up.
    pub(super) fn all_quiet(&mut self) {
        let now = Instant::now();
        for bundle in self.bundles.values_mut() {
            for (quiet, knows) in bundle.quiet.iter_mut().zip(&bundle.knows_end) {
                if !knows {
                    quiet.get_or_insert(now);
                }
            }
        }
    }

    /// Looks which inputs are caught up, and for how long, and which have been silent for too long,
    /// if it is time for that.
    pub(super) fn look(&mut self) {
        let now = Instant::now();
        let Some(idle) = self.idle else { return };
        if self.idle_look().is_none_or(|due| due > now) {
            return;
        }
        self.looked = Some(now);
        for bundle in self.bundles.values_mut() {
            let Phase::Reading(merge) = &mut bundle.phase else {
                continue;
            };
            let each = merge.inputs.iter_mut().zip(&bundle.members);
            let known = bundle.quiet.iter_mut().zip(&mut bundle.knows_end);
            for ((input, member), (quiet, knows_end)) in each.zip(known) {
                let Some(member) = member.as_ref().filter(|_| input.is_empty()) else {
                    continue;
                };
                let end = self.source.end(member);
                *knows_end |= end.is_some();
                let reached = input.reached(self.source.position(member));
                input.wake_for(end, reached);
                if input.waits != Waits::Yes {
                    continue;
                }
                match end {
                    Some(end) if end <= reached => _ = quiet.get_or_insert(now),
                    // More is to come, or the brokers cannot be reached.
                    _ if *knows_end => *quiet = None,
                    _ => {}
                }
                if quiet.is_some_and(|since| now.duration_since(since) >= idle) {
                    tracing::debug!(partition = %member, bundle = %bundle.name, "idle");
                    input.rest();
                }
            }
        }
    }

    /// Waits for the inputs of a bundle that were idle when it was committed, and have a backlog.
    pub(super) fn wake_backlogs(&mut self, bundle: &Partition) {
        let Some(bundle) = self.bundles.get_mut(bundle) else {
            return;
        };
        let members = bundle.members.clone();
        let Some(merge) = bundle.merge() else { return };
        for (input, member) in merge.inputs.iter_mut().zip(members.iter().flatten()) {
            let reached = input.reached(self.source.position(member));
            input.wake_for(self.source.end(member), reached);
        }
    }

    /// When to look at inputs again, if any is waited for.
    fn idle_look(&self) -> Option<Instant> {
        let after = self.idle?;
        let each = self.bundles.values().flat_map(|bundle| {
            let Phase::Reading(merge) = &bundle.phase else {
                return [].iter().zip(&bundle.quiet);
            };
            merge.inputs.iter().zip(&bundle.quiet)
        });
        // What closes is waited for, and never idle.
        let may_rest = |input: &Input<_>| input.is_empty() && input.waits == Waits::Yes;
        let mut waited = each.filter(|(input, _)| may_rest(input)).peekable();
        waited.peek()?;
        // Whether an input is caught up can change without an event.
        let again = (self.looked).map(|at| at + (after / LOOKS).max(SHORTEST));
        let silent = waited.filter_map(|(_, quiet)| quiet.map(|at| at + after));
        Some(silent.chain(again).min().unwrap_or_else(Instant::now))
    }

    /// When something may have to be decided without an event of the inner source.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let idle = self.idle_look();
        let complete = self.complete.as_ref().and_then(|(within, _)| {
            let each = self.bundles.values();
            let since = each.filter_map(|bundle| match bundle.phase {
                Phase::Incomplete { since, told: false } => Some(since + *within),
                _ => None,
            });
            since.min()
        });
        idle.into_iter().chain(complete).min()
    }

    /// Fails if a bundle is incomplete for too long.
    pub(super) fn check_complete(&mut self) -> Result<()> {
        let Some((within, hint)) = &self.complete else {
            return Ok(());
        };
        for bundle in self.bundles.values_mut() {
            let missing: Vec<_> = bundle.missing().collect();
            let here: Vec<_> = { bundle.members.iter().flatten() }
                .map(Partition::as_str)
                .collect();
            let Phase::Incomplete { since, told } = &mut bundle.phase else {
                continue;
            };
            if since.elapsed() >= *within && !std::mem::replace(told, true) {
                let name = &bundle.name;
                let message = format!(
                    "bundle {name} has been incomplete for {within:?}: {here:?} are here, input \
                     {missing:?} is missing, so nothing of it is read. {hint}"
                );
                return Err(Error::new(ErrorKind::Source, message));
            }
        }
        Ok(())
    }

    /// Reports once that nothing is there to read: all that came was handed over, and every input
    /// is caught up or needs no waiting for.
    pub(super) fn take_idle(&mut self) -> Option<SourceEvent<Zipped<S::Payload>>> {
        let mut any = false;
        for bundle in self.bundles.values() {
            let Phase::Reading(merge) = &bundle.phase else {
                continue;
            };
            any = true;
            let mut inputs = merge.inputs.iter().zip(&bundle.quiet);
            let rests = |(input, quiet): (&Input<_>, &Option<Instant>)| {
                input.is_empty() && (input.waits != Waits::Yes || quiet.is_some())
            };
            if !inputs.all(rests) {
                return None;
            }
        }
        (any && !std::mem::replace(&mut self.told_idle, true)).then_some(SourceEvent::Idle)
    }
}
