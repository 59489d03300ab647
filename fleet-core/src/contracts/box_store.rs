//! A checkpoint store whose type is chosen at run time.

use std::{any::Any, collections::BTreeMap, fmt, marker::PhantomData};

use async_trait::async_trait;
use compact_str::CompactString;

use super::{
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
    sink::{Outcome, TransactionalSink},
};
use crate::{
    data::{Error, ErrorKind, Partition, Result},
    rows::Row,
};

/// A checkpoint store of any type, for programs that choose their store at run time.
///
/// A pipeline is compiled for each type of store. With this one it is compiled once.
///
/// # Cost
/// One allocation for each call of the store and of its sinks, none for a row.
///
/// # Examples
/// ```
/// use fleet_core::{
///     BoxStore, EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId, decode::Typed,
///     event::Telemetry, testing::Scripted,
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let memory = MemoryStore::default();
/// let table = BoxStore::sink::<MemoryStore, Telemetry>(memory.table("all"));
/// let store = BoxStore::new(memory.clone());
///
/// let car = VehicleId::new("car-1").unwrap();
/// let source = Scripted::of_events("memory", [Telemetry::new(car, EventTime::MIN)]);
/// let (graph, telemetry) = Graph::new();
/// Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
///     .store("all", telemetry, table)
///     .run()
///     .await?;
/// assert_eq!(memory.rows()["all"].len(), 1);
/// # Ok::<(), fleet_core::Error>(())
/// # }).unwrap();
/// ```
pub struct BoxStore(Box<dyn AnyStore>);

/// A transaction of a [`BoxStore`].
pub struct BoxTx(Box<dyn Any + Send>);

impl BoxStore {
    /// Boxes a store.
    pub fn new<S: CheckpointStore>(store: S) -> Self
    where
        S::Tx: 'static,
    {
        Self(Box::new(store))
    }

    /// Boxes a sink that writes in the transactions of a store of type `S`.
    ///
    /// # Errors
    /// In a pipeline over a boxed store of another type, each write fails with an error of kind
    /// `Config`, before anything is committed.
    pub fn sink<S, T>(sink: impl TransactionalSink<T, S>) -> Box<dyn TransactionalSink<T, Self>>
    where
        S: CheckpointStore,
        S::Tx: 'static,
        T: Sync + 'static,
    {
        Box::new(InBox {
            sink,
            store: PhantomData::<fn() -> S>,
        })
    }
}

impl Clone for BoxStore {
    fn clone(&self) -> Self {
        Self(self.0.boxed_clone())
    }
}

impl fmt::Debug for BoxStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BoxStore of {}", self.0.type_name())
    }
}

impl fmt::Debug for BoxTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxTx")
    }
}

#[async_trait]
impl CheckpointStore for BoxStore {
    type Tx = BoxTx;

    fn pipeline(&self) -> Option<&str> {
        self.0.pipeline()
    }
    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        self.0.claim(partition).await
    }
    async fn begin(&mut self) -> Result<BoxTx> {
        self.0.begin().await
    }
    async fn abort(&mut self, tx: BoxTx) -> Result<()> {
        self.0.abort(tx).await
    }
    async fn commit(&mut self, tx: BoxTx, epoch: &[Sealed]) -> Result<Committed> {
        self.0.commit(tx, epoch).await
    }
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        self.0.progress(partition).await
    }
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        self.0.partitions().await
    }
}

/// The methods of a store, without its types.
#[async_trait]
trait AnyStore: Send {
    fn boxed_clone(&self) -> Box<dyn AnyStore>;
    fn type_name(&self) -> &'static str;
    fn pipeline(&self) -> Option<&str>;
    async fn claim(&mut self, partition: &Partition) -> Result<Claim>;
    async fn begin(&mut self) -> Result<BoxTx>;
    async fn abort(&mut self, tx: BoxTx) -> Result<()>;
    async fn commit(&mut self, tx: BoxTx, epoch: &[Sealed]) -> Result<Committed>;
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>>;
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>>;
}

#[async_trait]
impl<S: CheckpointStore> AnyStore for S
where
    S::Tx: 'static,
{
    fn boxed_clone(&self) -> Box<dyn AnyStore> {
        Box::new(self.clone())
    }
    fn type_name(&self) -> &'static str {
        std::any::type_name::<S>()
    }
    fn pipeline(&self) -> Option<&str> {
        CheckpointStore::pipeline(self)
    }
    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        CheckpointStore::claim(self, partition).await
    }
    async fn begin(&mut self) -> Result<BoxTx> {
        let tx = CheckpointStore::begin(self).await?;
        Ok(BoxTx(Box::new(tx)))
    }
    async fn abort(&mut self, tx: BoxTx) -> Result<()> {
        let tx = tx.0.downcast().map_err(|_| foreign::<S>())?;
        CheckpointStore::abort(self, *tx).await
    }
    async fn commit(&mut self, tx: BoxTx, epoch: &[Sealed]) -> Result<Committed> {
        let tx = tx.0.downcast().map_err(|_| foreign::<S>())?;
        CheckpointStore::commit(self, *tx, epoch).await
    }
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        CheckpointStore::progress(self, partition).await
    }
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        CheckpointStore::partitions(self).await
    }
}

/// A sink of a store of type `S`, as one of a [`BoxStore`].
struct InBox<S, K> {
    sink: K,
    store: PhantomData<fn() -> S>,
}

#[async_trait]
impl<S, T, K> TransactionalSink<T, BoxStore> for InBox<S, K>
where
    S: CheckpointStore,
    S::Tx: 'static,
    T: Sync + 'static,
    K: TransactionalSink<T, S>,
{
    async fn write(&mut self, tx: &mut BoxTx, rows: &[Row<T>]) -> Result<Outcome> {
        let tx = tx.0.downcast_mut::<S::Tx>().ok_or_else(foreign::<S>)?;
        self.sink.write(tx, rows).await
    }

    fn wants_keys(&self) -> bool {
        self.sink.wants_keys()
    }

    async fn write_keyed(
        &mut self,
        tx: &mut BoxTx,
        rows: &[Row<T>],
        keys: &[CompactString],
    ) -> Result<Outcome> {
        let tx = tx.0.downcast_mut::<S::Tx>().ok_or_else(foreign::<S>)?;
        self.sink.write_keyed(tx, rows, keys).await
    }
}

fn foreign<S>() -> Error {
    let store = std::any::type_name::<S>();
    let message = format!(
        "a sink of {store} was given a transaction of another store: take the sinks from the store \
         that is boxed"
    );
    Error::new(ErrorKind::Config, message)
}
