//! What the handles of a store share: its clients, and the way back from the changelog.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use fleet_core::{
    Offset, Partition, Result,
    checkpoint::{Claim, Progress},
    source::{Assigned, Membership},
};
use rdkafka::ClientConfig;

use super::{
    changelog::Names,
    client::Client,
    error::StoreError,
    head::Head,
    ledger::{Last, Ledger},
    listing::Listing,
    options::{Differing, KafkaStoreOptions},
    reader::{self, Reader},
    restoring::{Restored, Restoring, StateKey},
};

/// How long the group takes to tell a member that another has its name. Our choice: two heartbeats.
const NOTICE: Duration = Duration::from_secs(2);

pub(super) struct Inner {
    pub(super) brokers: String,
    pub(super) pipeline: String,
    pub(super) options: KafkaStoreOptions,
    pub(super) names: Names,
    pub(super) members: Arc<dyn Membership>,
    /// The properties of the client of transactions.
    pub(super) writes: ClientConfig,
    /// The properties of readers of the changelog.
    pub(super) reads: ClientConfig,
    /// Made by the first claim, and again after it broke.
    pub(super) client: Mutex<Option<Client>>,
    /// Whether there is a client, for claims that need not wait for the one that commits.
    pub(super) has_client: AtomicBool,
    /// Whether a client was fenced that another start could have.
    pub(super) was_fenced: AtomicBool,
    /// The largest batch that every topic takes, in bytes.
    pub(super) batch_bytes: AtomicUsize,
    /// How many partitions the changelog has, once that was looked at.
    pub(super) prepared: tokio::sync::Mutex<i32>,
    pub(super) ledger: Ledger,
    /// States of several records, by partition.
    pub(super) split: Mutex<BTreeMap<Partition, HashMap<StateKey, u16>>>,
}

impl Inner {
    pub(super) fn assigned(&self, partition: &Partition) -> Result<Assigned> {
        let assigned = self.members.assigned(partition);
        assigned.ok_or_else(|| StoreError::NotAssigned(partition.to_string()).into())
    }

    pub(super) fn reader<'a>(&'a self, given_up: &'a AtomicBool) -> Result<Reader<'a>> {
        let timeout = self.options.timeout();
        Reader::open(&self.reads, &self.names.changelog, timeout, given_up)
    }

    /// Refuses brokers of another cluster than the source's.
    pub(super) fn check_cluster(&self) -> Result<()> {
        let theirs = self.members.cluster()?;
        let ours = reader::cluster(&self.reads, self.options.timeout())?;
        if ours == theirs {
            return Ok(());
        }
        let group = self.members.group().to_owned();
        Err(StoreError::OtherCluster {
            group,
            source_cluster: theirs,
            store: ours,
        }
        .into())
    }

    pub(super) fn client(&self) -> Result<MutexGuard<'_, Option<Client>>> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.batch_bytes.load(Ordering::SeqCst);
        if client.as_ref().is_none_or(|open| open.batch_bytes > most) {
            // Its successor would wait for it.
            *client = None;
            *client = Some(Client::open(&self.writes, most, self.options.timeout())?);
            self.has_client.store(true, Ordering::SeqCst);
        }
        Ok(client)
    }

    pub(super) fn split(&self) -> MutexGuard<'_, BTreeMap<Partition, HashMap<StateKey, u16>>> {
        self.split.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a topic takes in a batch: it would refuse one that is larger as a whole.
    pub(super) fn takes(&self, batch_bytes: usize) {
        self.batch_bytes.fetch_min(batch_bytes, Ordering::SeqCst);
    }

    /// A member with a name of its own was fenced: by a new start under that name, or because its
    /// transaction took too long. A new client would fence that start in turn, so the group is
    /// given time to say which it was.
    pub(super) fn let_a_successor_be_noticed(&self) {
        if self.was_fenced.swap(false, Ordering::SeqCst) {
            std::thread::sleep(NOTICE);
        }
    }

    /// Makes a client if there is none: it ends the transaction of the one before.
    fn end_old_transactions(&self) -> Result<()> {
        if !self.has_client.load(Ordering::SeqCst) {
            drop(self.client()?);
        }
        Ok(())
    }

    pub(super) fn claim(
        &self,
        partition: &Partition,
        assigned: &Assigned,
        given_up: &AtomicBool,
    ) -> Result<Claim> {
        let raised = self.ledger.raise(partition, assigned);
        self.end_old_transactions()?;
        let reader = self.reader(given_up)?;
        let mut restored = self.restore(&reader, partition, assigned.partition)?;
        if let Err(first) = self.compare(partition, &restored) {
            // It may have gone to another member meanwhile, which has committed since.
            let now = self.assigned(partition)?;
            if now.number != assigned.number || first.is_retryable() {
                return Err(StoreError::NotAssigned(partition.to_string()).into());
            }
            restored = self.restore(&reader, partition, assigned.partition)?;
            self.compare(partition, &restored)?;
        }
        let head = restored.head.as_ref();
        let stored = (head.map_or(0, |head| head.token), restored.last());
        let not_ours = || StoreError::NotAssigned(partition.to_string());
        let claimed = self.ledger.claimed(partition, raised, stored);
        let token = claimed.ok_or_else(not_ours)?;
        self.split()
            .insert(partition.clone(), std::mem::take(&mut restored.split));
        Ok(restored.claim(token))
    }

    fn restore(&self, reader: &Reader<'_>, partition: &Partition, number: i32) -> Result<Restored> {
        let mut restoring = Restoring::new(partition, &self.names.changelog, number);
        reader.read(number, |found| restoring.take(&found))?;
        restoring.finish()
    }

    /// Refuses a partition whose position in the group is not that of the changelog.
    fn compare(&self, partition: &Partition, restored: &Restored) -> Result<()> {
        if self.options.differing == Differing::TakeChangelog {
            return Ok(());
        }
        let ours = restored.head.as_ref().map(Head::next);
        let theirs = self.members.position(partition)?;
        if ours == theirs {
            return Ok(());
        }
        let shown = |offset: Option<Offset>| match offset {
            Some(offset) => format!("offset {offset}"),
            None => "no offset".to_owned(),
        };
        let (partition, topic) = (partition.to_string(), self.names.changelog.to_string());
        let group = self.members.group().to_owned();
        Err(match ours {
            Some(_) => StoreError::Differs {
                partition,
                topic,
                group,
                ours: shown(ours),
                theirs: shown(theirs),
            },
            None => StoreError::NoChangelog {
                partition,
                topic,
                group,
                theirs: shown(theirs),
            },
        }
        .into())
    }

    pub(super) fn progress(
        &self,
        partition: &Partition,
        given_up: &AtomicBool,
    ) -> Result<Option<Progress>> {
        if let Some(known) = self.ledger.progress(partition, &*self.members) {
            return Ok(Some(known));
        }
        self.let_a_successor_be_noticed();
        self.end_old_transactions()?;
        let ours = self.ledger.token(partition, &*self.members);
        let found = self.learn(partition, given_up)?;
        let (stored, last) =
            found.map_or((None, Last::default()), |(token, last)| (Some(token), last));
        let token = match ours {
            Some((token, true)) => Some(token).max(stored),
            // Whoever has it now may have our token: each takes the one after the last commit.
            Some((token, false)) => Some(token).max(stored).map(|token| token + 1),
            None => stored,
        };
        Ok(token.map(|token| last.progress(token)))
    }

    /// Reads the last commit of a partition, with its token, from the changelog.
    pub(super) fn learn(
        &self,
        partition: &Partition,
        given_up: &AtomicBool,
    ) -> Result<Option<(u64, Last)>> {
        let number = self.members.assigned(partition).map(|now| now.partition);
        let reader = self.reader(given_up)?;
        let there = reader.partitions()?;
        let numbers = number.map_or(0..there, |number| number..number + 1);
        let mut listing = Listing::new(&self.names.changelog);
        for number in numbers.filter(|number| *number < there) {
            reader.read(number, |found| listing.take(number, &found))?;
        }
        let found = listing.last(partition);
        let (token, last) = found.clone().unwrap_or_default();
        self.ledger.learned(partition, token, last);
        Ok(found)
    }

    pub(super) fn partitions(
        &self,
        given_up: &AtomicBool,
    ) -> Result<BTreeMap<Partition, Progress>> {
        let reader = self.reader(given_up)?;
        let mut listing = Listing::new(&self.names.changelog);
        for number in 0..reader.partitions()? {
            reader.read(number, |found| listing.take(number, &found))?;
        }
        Ok(listing.finish(&self.ledger.tokens()))
    }
}
