//! The store of results, states and positions: PostgreSQL, or the topics themselves. The pipelines
//! do not know which: they name [`BoxStore`], and write by what [`Opened`] gives them.

mod kafka;
mod postgres;

use fleet_core::{BoxStore, TableRow, sink::TransactionalSink};
use fleet_sinks::{PostgresStore, kafka::KafkaStore, outbox::OutboxRows};
use fleet_sources::KafkaSource;

use crate::{Fallible, topics::Topics};

/// A sink in the transactions of the store.
pub(crate) type Sink<R> = Box<dyn TransactionalSink<R, BoxStore>>;

/// Where the pipelines of a run keep what they commit.
pub(crate) enum Stores {
    /// A database that is removed in the end.
    Postgres(postgres::Stores),
    /// Topics beside those of the run.
    Kafka(kafka::Stores),
}

/// The store of a pipeline.
pub(crate) enum Opened {
    Postgres(PostgresStore),
    Kafka(KafkaStore),
}

impl Stores {
    pub(crate) async fn postgres() -> Fallible<Self> {
        Ok(Self::Postgres(postgres::Stores::create().await?))
    }

    pub(crate) async fn kafka(brokers: &str, topics: &Topics) -> Fallible<Self> {
        Ok(Self::Kafka(kafka::Stores::create(brokers, topics).await?))
    }

    pub(crate) async fn remove(&self) -> Fallible<()> {
        match self {
            Self::Postgres(stores) => stores.remove().await,
            // Its topics go when the broker does, as the others.
            Self::Kafka(_) => Ok(()),
        }
    }

    /// The store of a pipeline with this source.
    pub(crate) async fn open(&self, pipeline: &str, source: &KafkaSource) -> Fallible<Opened> {
        Ok(match self {
            Self::Postgres(stores) => Opened::Postgres(stores.open(pipeline).await?),
            Self::Kafka(stores) => Opened::Kafka(stores.open(pipeline, source)?),
        })
    }

    /// Brings what a pipeline commits to its topics, until the pipeline has ended and all is there.
    pub(crate) async fn deliver(
        &self,
        brokers: &str,
        pipeline: &str,
        ended: impl Future<Output = ()>,
    ) -> Fallible<()> {
        match self {
            Self::Postgres(stores) => stores.deliver(brokers, pipeline, ended).await,
            // It is there with the commit.
            Self::Kafka(_) => {
                ended.await;
                Ok(())
            }
        }
    }

    /// The id and the status of each line of the log of commands.
    pub(crate) async fn log_lines(&self) -> Fallible<Vec<(String, String)>> {
        match self {
            Self::Postgres(stores) => stores.log_lines().await,
            Self::Kafka(stores) => stores.log_lines().await,
        }
    }
}

impl Opened {
    pub(crate) fn store(&self) -> BoxStore {
        match self {
            Self::Postgres(store) => BoxStore::new(store.clone()),
            Self::Kafka(store) => BoxStore::new(store.clone()),
        }
    }

    /// Rows of a stream as messages of a topic, committed with the position.
    pub(crate) fn to_topic<R: Send + Sync + 'static>(&self, rows: OutboxRows<R>) -> Sink<R> {
        match self {
            Self::Postgres(store) => BoxStore::sink::<PostgresStore, R>(store.outbox(rows)),
            Self::Kafka(store) => BoxStore::sink::<KafkaStore, R>(store.topic_of(rows)),
        }
    }
}

impl Stores {
    /// The log of commands: a table, or a topic.
    pub(crate) async fn log<R: TableRow + Send + Sync + 'static>(
        &self,
        opened: &Opened,
    ) -> Fallible<Sink<R>> {
        Ok(match (self, opened) {
            (Self::Kafka(stores), Opened::Kafka(store)) => {
                BoxStore::sink::<KafkaStore, R>(store.topic::<R>(&stores.log)?)
            }
            (_, Opened::Postgres(store)) => {
                let table = store.table::<R>(postgres::LOG).await?;
                BoxStore::sink::<PostgresStore, R>(table)
            }
            (Self::Postgres(_), Opened::Kafka(_)) => return Err("a store of another run".into()),
        })
    }
}
