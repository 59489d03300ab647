//! What this process holds of each partition: its token, its last commit, its assignment.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use fleet_core::{
    Offset, Partition,
    checkpoint::{Mark, Progress, Sealed},
    source::{Assigned, Membership},
};

use super::head::Head;

/// A partition that was claimed here.
#[derive(Clone, Debug)]
struct Held {
    token: u64,
    /// What its last commit left; `None` while that is not known.
    last: Option<Last>,
    /// The number of the assignment under which it was claimed.
    assignment: u64,
}

/// What the last commit of a partition left.
#[derive(Clone, Debug, Default)]
pub(super) struct Last {
    pub(super) seq: u64,
    pub(super) next: Option<Offset>,
    pub(super) mark: Option<Mark>,
    pub(super) ended: bool,
}

impl Last {
    pub(super) fn of(head: &Head, mark: Option<Mark>) -> Self {
        Self {
            seq: head.seq,
            next: Some(head.next()),
            mark,
            ended: head.ended,
        }
    }

    /// The progress under this token.
    pub(super) fn progress(self, token: u64) -> Progress {
        Progress {
            token,
            seq: self.seq,
            next: self.next,
            mark: self.mark,
            ended: self.ended,
        }
    }
}

/// One partition's share of a commit, without its state.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) partition: Partition,
    pub(super) token: u64,
    pub(super) last: Last,
}

impl Share {
    pub(super) fn of(sealed: &Sealed) -> Self {
        Self {
            partition: sealed.partition.clone(),
            token: sealed.token,
            last: Last {
                seq: sealed.seq,
                next: Some(sealed.next),
                mark: sealed.mark.clone(),
                ended: sealed.ended,
            },
        }
    }
}

/// Fences within the process, where the group cannot: a partition that was claimed again has
/// another token.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    state: Mutex<State>,
    free: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: BTreeMap<Partition, Held>,
    /// Partitions of the commit under way.
    committing: BTreeSet<Partition>,
}

/// Partitions of a commit under way, which cannot be claimed until it is dropped.
pub(super) struct Committing<'l>(&'l Ledger);

/// Whether a commit may be sent.
pub(super) enum Check {
    /// Each partition, with its assignment.
    Ours(Vec<Assigned>),
    /// The last commit of this partition may have succeeded.
    Unknown(Partition),
    /// These are not ours any more.
    Fenced(Vec<Partition>),
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Raises the token of a partition, once no commit of it is under way. Blocks.
    pub(super) fn raise(&self, partition: &Partition, assigned: &Assigned) -> u64 {
        let under_way = |state: &mut State| state.committing.contains(partition);
        let waited = self.free.wait_while(self.lock(), under_way);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        let before = state.held.get(partition).map_or(0, |held| held.token);
        let token = before + 1;
        let held = Held {
            token,
            last: None,
            assignment: assigned.number,
        };
        state.held.insert(partition.clone(), held);
        token
    }

    /// Completes a claim with the token and the last commit that the changelog held. Returns the
    /// token, or `None` if it was claimed again meanwhile.
    pub(super) fn claimed(
        &self,
        partition: &Partition,
        raised: u64,
        (token, last): (u64, Last),
    ) -> Option<u64> {
        let mut state = self.lock();
        let held = state.held.get_mut(partition)?;
        if held.token != raised {
            return None;
        }
        held.token = raised.max(token + 1);
        held.last = Some(last);
        Some(held.token)
    }

    /// The progress of a partition, if this process has it, and knows the outcome of its last
    /// commit: nobody else can have committed it.
    pub(super) fn progress(
        &self,
        partition: &Partition,
        members: &dyn Membership,
    ) -> Option<Progress> {
        let state = self.lock();
        let held = state.held.get(partition)?;
        let assigned = members.assigned(partition)?;
        let last = held.last.clone();
        let is_here = assigned.number == held.assignment;
        Some(last.filter(|_| is_here)?.progress(held.token))
    }

    /// The token under which a partition was claimed here last, and whether it is still here: if it
    /// is not, another process may have the next token, which is the same for all.
    pub(super) fn token(
        &self,
        partition: &Partition,
        members: &dyn Membership,
    ) -> Option<(u64, bool)> {
        let state = self.lock();
        let held = state.held.get(partition)?;
        let assigned = members.assigned(partition);
        let is_here = assigned.is_some_and(|now| now.number == held.assignment);
        Some((held.token, is_here))
    }

    /// All partitions that were claimed here, with their tokens.
    pub(super) fn tokens(&self) -> BTreeMap<Partition, u64> {
        let state = self.lock();
        let held = state.held.iter();
        held.map(|(name, held)| (name.clone(), held.token))
            .collect()
    }

    /// Checks a commit, and keeps its partitions from being claimed until the guard is dropped.
    pub(super) fn begin(
        &self,
        epoch: &[Share],
        members: &dyn Membership,
    ) -> (Committing<'_>, Check) {
        let mut state = self.lock();
        let check = state.check(epoch, members);
        state.committing = epoch.iter().map(|share| share.partition.clone()).collect();
        drop(state);
        (Committing(self), check)
    }

    /// Checks a commit again, while it is under way.
    pub(super) fn check(&self, epoch: &[Share], members: &dyn Membership) -> Check {
        self.lock().check(epoch, members)
    }

    /// Notes the outcome of a commit.
    pub(super) fn ended(&self, epoch: &[Share], is_known: bool) {
        let mut state = self.lock();
        for share in epoch {
            if let Some(held) = state.held.get_mut(&share.partition) {
                held.last = is_known.then(|| share.last.clone());
            }
        }
    }

    /// Notes the last commit of a partition, as the changelog has it.
    pub(super) fn learned(&self, partition: &Partition, token: u64, last: Last) {
        if let Some(held) = self.lock().held.get_mut(partition)
            && held.last.is_none()
            && held.token >= token
        {
            held.last = Some(last);
        }
    }
}

impl State {
    fn check(&self, epoch: &[Share], members: &dyn Membership) -> Check {
        let (mut ours, mut fenced) = (Vec::new(), Vec::new());
        for share in epoch {
            let held = self.held.get(&share.partition);
            let held = held.filter(|held| held.token == share.token);
            let Some(held) = held else {
                fenced.push(share.partition.clone());
                continue;
            };
            let assigned = members.assigned(&share.partition);
            let Some(assigned) = assigned.filter(|now| now.number == held.assignment) else {
                fenced.push(share.partition.clone());
                continue;
            };
            match &held.last {
                None => return Check::Unknown(share.partition.clone()),
                Some(last) if last.seq + 1 == share.last.seq => ours.push(assigned),
                Some(_) => fenced.push(share.partition.clone()),
            }
        }
        if fenced.is_empty() {
            Check::Ours(ours)
        } else {
            Check::Fenced(fenced)
        }
    }
}

impl Drop for Committing<'_> {
    fn drop(&mut self) {
        self.0.lock().committing.clear();
        self.0.free.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU64, Ordering},
        time::Duration,
    };

    use fleet_core::{Result, testing::conformance::sealed};

    use super::*;

    /// Partitions under an assignment of this number; 0 has none.
    #[derive(Debug)]
    struct Members(AtomicU64);

    impl Membership for Members {
        fn group(&self) -> &'static str {
            "group"
        }
        fn instance(&self) -> Option<&str> {
            None
        }
        fn session_timeout(&self) -> Duration {
            Duration::ZERO
        }
        fn cluster(&self) -> Result<String> {
            Ok(String::new())
        }
        fn assigned(&self, _: &Partition) -> Option<Assigned> {
            let number = self.0.load(Ordering::SeqCst);
            (number > 0).then(|| Assigned {
                number,
                topic: "topic".into(),
                partition: 0,
                note: String::new(),
                fence: std::sync::Arc::new(()),
            })
        }
        fn position(&self, _: &Partition) -> Result<Option<Offset>> {
            Ok(None)
        }
    }

    /// A ledger with claims of two partitions, and the shares of their first commit.
    fn claimed(members: &Members) -> (Ledger, [Share; 2]) {
        let ledger = Ledger::default();
        let shares = ["p/0", "p/1"].map(|name| {
            let partition = Partition::from(name);
            let raised = ledger.raise(&partition, &members.assigned(&partition).unwrap());
            let token = ledger.claimed(&partition, raised, (0, Last::default()));
            let claim = fleet_core::checkpoint::Claim {
                token: token.unwrap(),
                ..Default::default()
            };
            Share::of(&sealed(&partition, &claim, 1))
        });
        (ledger, shares)
    }

    #[test]
    fn after_a_commit_without_an_answer_each_partition_has_to_be_learned() {
        let members = Members(AtomicU64::new(1));
        let (ledger, shares) = claimed(&members);
        assert!(matches!(ledger.check(&shares, &members), Check::Ours(_)));
        ledger.ended(&shares, false);
        for share in &shares {
            let Check::Unknown(partition) = ledger.check(&shares, &members) else {
                panic!("nobody knows")
            };
            assert_eq!(partition, share.partition);
            assert!(ledger.progress(&partition, &members).is_none());
            ledger.learned(&partition, 0, Last::default());
        }
        assert!(matches!(ledger.check(&shares, &members), Check::Ours(_)));
    }

    #[test]
    fn what_is_not_here_any_more_or_came_again_is_fenced() {
        let members = Members(AtomicU64::new(1));
        let (ledger, shares) = claimed(&members);
        for number in [0, 2] {
            members.0.store(number, Ordering::SeqCst);
            let Check::Fenced(partitions) = ledger.check(&shares, &members) else {
                panic!("it is another assignment")
            };
            assert_eq!(partitions.len(), 2);
            // Also where the outcome of a commit is open: nothing of it can be learned here.
            ledger.ended(&shares, false);
            assert!(matches!(ledger.check(&shares, &members), Check::Fenced(_)));
            let token = ledger.token(&shares[0].partition, &members);
            assert_eq!(token, Some((shares[0].token, false)));
        }
    }
}
