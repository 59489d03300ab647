//! The relay, and one step of it: read a page, produce it, mark it.

use std::fmt;

use fleet_core::{Error, Result};
use tokio::{sync::watch, time::Instant};

use super::{
    super::{error::KafkaError, options::KafkaSinkOptions},
    client::Client,
    delivery::{Delivery, Fate, deliver},
    options::RelayOptions,
    stalled::Stalled,
    status::{RelayStatus, Step, TopicCounts},
};
use crate::outbox::{Backlog, Page, Settled, Waiting};

/// Produces what a store holds for topics, and marks it there: the messages of an outbox, or dead
/// letters.
///
/// A record has the key, value, headers and time of its message, and its id in the header
/// [`content-id`](crate::outbox::CONTENT_ID).
///
/// # Guarantees
/// - At least once: a message is marked when all replicas in sync have it. What was produced but
///   not marked before a crash is produced again, with the same id.
/// - In order: messages of a key reach their partition in the order in which they were committed.
///   So does the first copy of each if some are produced again.
/// - One message blocks no others: if its topic does not take it (it is too large, or its time is
///   refused), it is marked as refused with the reason, counted by topic, and kept. See
///   [`Backlog::refused`] and [`Backlog::retry_refused`].
/// - One topic blocks no others: if it is missing or closed to this user, its messages wait on, and
///   those for others go on. It is tried again after 1 s, then after twice as long each time, up to
///   a minute; a try holds others up for at most 2 s if the topic is missing.
/// - Of several relays of one backlog one works, and the others stand by.
///
/// # Examples
/// ```no_run
/// use fleet_sinks::{SqliteStore, kafka::{KafkaSinkOptions, Relay, RelayOptions}};
///
/// # async fn example(stop: impl Future<Output = ()>) -> fleet_core::Result<()> {
/// let store = SqliteStore::open("fleet.db", "alerts")?;
/// let (kafka, options) = (KafkaSinkOptions::default(), RelayOptions::default());
/// let backlog = store.outbox_backlog()?;
/// let mut relay = Relay::open("localhost:9092", backlog, &kafka, options)?;
/// let status = relay.watch();
/// // Until Ctrl-C, for example. `status` may be read meanwhile, by another task.
/// relay.run(stop).await?;
/// println!("{} are relayed, {:?}", status.borrow().relayed(), status.borrow().backlog);
/// # Ok(()) }
/// ```
pub struct Relay<B> {
    client: Client,
    pub(super) backlog: B,
    pub(super) options: RelayOptions,
    stalled: Stalled,
    pub(super) status: watch::Sender<RelayStatus>,
}

/// Why a step failed.
#[derive(Debug)]
pub(super) enum StepError {
    /// Some topics cannot be sent to now.
    Topics(Error),
    /// The backlog, or the settings of the client.
    Other(Error),
}

impl From<Error> for StepError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl<B> fmt::Debug for Relay<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Relay");
        f.field("options", &self.options).finish_non_exhaustive()
    }
}

impl<B: Backlog> Relay<B> {
    /// Opens a relay. Brokers and store are first asked by a step.
    ///
    /// `acks`, idempotence, the number of requests under way and the time after which records
    /// expire are set by the relay, whatever the properties say.
    ///
    /// # Errors
    /// Refuses what [`KafkaSink::open`](crate::KafkaSink::open) does, and a timeout that is not
    /// shorter than the [lease](Backlog::lease) of the backlog.
    pub fn open(
        brokers: &str,
        backlog: B,
        kafka: &KafkaSinkOptions,
        options: RelayOptions,
    ) -> Result<Self> {
        if let Some(lease) = backlog.lease()
            && kafka.timeout >= lease
        {
            let (timeout, lease) = (kafka.timeout.as_secs_f64(), lease.as_secs_f64());
            return Err(KafkaError::Config(format!(
                "KafkaSinkOptions::timeout of a relay is {timeout} s, and the lease of its backlog \
                 {lease} s: another relay would take over while this one waits for a broker. Set a \
                 timeout below the lease, best half of it"
            ))
            .into());
        }
        Ok(Self {
            client: Client::open(brokers, kafka)?,
            backlog,
            options,
            stalled: Stalled::default(),
            status: watch::Sender::default(),
        })
    }

    /// What it does and has done, for others to read while it runs.
    pub fn watch(&self) -> watch::Receiver<RelayStatus> {
        self.status.subscribe()
    }

    /// The backlog, to look at what was refused.
    pub fn backlog(&mut self) -> &mut B {
        &mut self.backlog
    }

    /// Produces one page of what waits, and marks it.
    ///
    /// If the future is dropped, what it produced may be produced again.
    ///
    /// # Errors
    /// Returns the first error of a topic; what other topics have taken is marked. Otherwise
    /// returns errors of the store.
    pub async fn step(&mut self) -> Result<Step> {
        self.advance().await.map_err(|failed| match failed {
            StepError::Topics(error) | StepError::Other(error) => error,
        })
    }

    /// Takes steps until nothing waits or another relay is the owner.
    ///
    /// # Errors
    /// Returns the first error of a step.
    pub async fn drain(&mut self) -> Result<RelayStatus> {
        while let Step::Settled { .. } = self.step().await? {}
        self.measure().await?;
        Ok(self.status.borrow().clone())
    }

    pub(super) async fn advance(&mut self) -> Result<Step, StepError> {
        let owner = self.backlog.own().await?;
        self.status.send_if_modified(|status| {
            let changed = status.owner != owner;
            status.owner = owner;
            changed
        });
        if !owner {
            return Ok(Step::Standby);
        }
        let without = self.stalled.waiting(Instant::now());
        let page = Page {
            messages: self.options.messages,
            bytes: self.options.bytes,
            without: &without,
        };
        let page = self.backlog.page(&page).await?;
        if page.is_empty() {
            if without.is_empty() {
                self.status
                    .send_if_modified(|status| status.trouble.take().is_some());
                self.stalled.clear();
            }
            return Ok(Step::Idle);
        }
        let Delivery { fates, stall } = deliver(&mut self.client, &page).await?;
        let settled: Vec<_> = page.iter().zip(&fates).filter_map(settled).collect();
        if !settled.is_empty() && !self.backlog.settle(&settled).await? {
            return Ok(Step::Standby);
        }
        let step = self.count(&page, &fates);
        let failed = stall.as_ref().map(|stall| &stall.topics);
        for (one, _) in page.iter().zip(&fates).filter(|(_, fate)| is_settled(fate)) {
            let topic = &one.message.topic;
            if failed.is_none_or(|failed| !failed.contains(topic)) {
                self.stalled.pass(topic);
            }
        }
        if let Some(stall) = stall {
            let all_silent = stall.silent && settled.is_empty();
            let now = Instant::now();
            self.stalled.fail(stall.topics, all_silent, now);
            return Err(StepError::Topics(stall.error));
        }
        Ok(step)
    }

    /// Counts what was settled.
    fn count(&self, page: &[Waiting], fates: &[Fate]) -> Step {
        let (mut all_relayed, mut all_refused) = (0, 0);
        self.status.send_modify(|status| {
            for (Waiting { message, .. }, fate) in page.iter().zip(fates) {
                if *fate == Fate::Open {
                    continue;
                }
                if !status.topics.contains_key(&message.topic) {
                    let counts = TopicCounts::default();
                    status.topics.insert(message.topic.clone(), counts);
                }
                let Some(counts) = status.topics.get_mut(&message.topic) else {
                    continue;
                };
                if let Fate::Refused(reason) = fate {
                    let (topic, id) = (&message.topic, message.id);
                    tracing::warn!(topic, %id, "a message is refused and kept: {reason}");
                    counts.refused += 1;
                    all_refused += 1;
                } else {
                    counts.relayed += 1;
                    all_relayed += 1;
                }
            }
        });
        Step::Settled {
            relayed: all_relayed,
            refused: all_refused,
        }
    }

    /// Counts what waits.
    pub(super) async fn measure(&mut self) -> Result<()> {
        let size = self.backlog.measure().await?;
        self.status.send_if_modified(|status| {
            let changed = status.backlog != size;
            status.backlog = size;
            changed
        });
        Ok(())
    }
}

fn is_settled(fate: &Fate) -> bool {
    *fate != Fate::Open
}

/// What the backlog is told of a message; nothing while its fate is open.
fn settled((waiting, fate): (&Waiting, &Fate)) -> Option<Settled> {
    let refusal = match fate {
        Fate::Open => return None,
        Fate::Taken => None,
        Fate::Refused(reason) => Some(reason.clone()),
    };
    let place = waiting.place;
    Some(Settled { place, refusal })
}
