use std::{collections::VecDeque, fmt, future::Future, pin::Pin, sync::Arc};

use async_trait::async_trait;
use fleet_core::{
    Error, ErrorKind, Offset, Partition, Result, Source,
    source::{Batch, Replayable, SourceEvent},
};
use tokio_postgres::Client;

use super::{
    HistoryOptions,
    error::{Refused, failed, overdue, too_many_ties},
    page::{From, Pages},
    place::{MAX_SPAN, MAX_TIES, Place},
    stored::{Key, Stored},
};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Connect = dyn Fn() -> Boxed<Result<Client>> + Send + Sync;
/// A client that is well, and what it read.
type Page = (Client, Vec<(Key, Stored)>);

/// The telemetry that a database kept over a span of time, oldest first.
///
/// # Shape
/// **One** partition, named after table, tenant and the first moment. An offset is the microsecond since that moment
/// and the place among the rows of that microsecond, so what ages out before it does not move it.
///
/// # Guarantees
/// Bounded and replayable: from every committed offset the same rows come again, as long as nobody changes rows of that
/// span. Pages are found by their keys, in a transaction each, so rows that come in while it reads move no other.
/// Memory holds one page. Dropping [`next`](Source::next) loses nothing: a page that is on its way is kept.
///
/// What a table does not have is missing in the events: texts of customers, trouble codes, and whether a signal was null.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Error, ErrorKind, EventTime, Graph, MemoryStore, Order, Pipeline};
/// use fleet_sources::{HistoryOptions, HistorySource, StoredTelemetry};
/// use tokio_postgres::NoTls;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let connect = || async {
///     let failed = |cause| Error::new(ErrorKind::Source, "cannot connect").because(cause).retryable();
///     let (client, connection) = tokio_postgres::connect("postgres://127.0.0.1/fleet", NoTls).await.map_err(failed)?;
///     tokio::spawn(connection);
///     Ok(client)
/// };
/// let [from, to] = ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"].map(EventTime::parse);
/// let options = HistoryOptions::new("fleet.v_telemetry", "acme", from?, to?)
///     .with("fleet.tenants", "{acme}")
///     .with("fleet.roles", "{admin_all}");
/// let source = HistorySource::new(connect, options)?;
///
/// let (graph, telemetry) = Graph::new();
/// let store = MemoryStore::default();
/// Pipeline::exactly_once(source, StoredTelemetry, Order::default(), graph, store.clone())
///     .store("again", telemetry, store.table("again"))
///     .run()
///     .await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// Retryable ones where the server cannot be reached, is busy or takes too long; then it connects anew.
pub struct HistorySource {
    connect: Arc<Connect>,
    pages: Arc<Pages>,
    options: HistoryOptions,
    partition: Partition,
    state: State,
    paused: bool,
    /// Where the next page begins, and the place before its first row.
    from: From,
    last: Option<Place>,
    client: Option<Client>,
    /// A page on its way. It holds the client, so a page that fails leaves none behind.
    reading: Option<Boxed<Result<Page>>>,
    /// What a page leads to: its rows, and after the last one the end.
    events: VecDeque<SourceEvent<Vec<(Offset, Stored)>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Assigned,
    Reading,
    Ended,
}

impl HistorySource {
    /// Reads what the options say, on a client that `connect` gives: once, and again after an error. It spawns what drives
    /// the client's connection itself.
    ///
    /// # Errors
    /// Refuses a table's name that would need quotes, a span that ends before it begins or has more than 814 days, and
    /// pages of no row.
    pub fn new<F>(
        connect: impl Fn() -> F + Send + Sync + 'static,
        options: HistoryOptions,
    ) -> Result<Self>
    where
        F: Future<Output = Result<Client>> + Send + 'static,
    {
        let (from, to) = (options.from, options.to);
        if !(from.is_in_range() && to.is_in_range() && from <= to) {
            let (from, to) = (from.as_micros(), to.as_micros());
            return Err(Refused::Times { from, to }.into());
        }
        let span = to.as_micros().abs_diff(from.as_micros());
        if span > MAX_SPAN {
            return Err(Refused::Span(span).into());
        }
        if options.page_rows == 0 {
            return Err(Refused::NoPage.into());
        }
        let name = format!("history:{}:{}@{from}", options.table, options.tenant);
        Ok(Self {
            connect: Arc::new(move || Box::pin(connect())),
            pages: Arc::new(Pages::new(&options)?),
            partition: Partition::new(name),
            state: State::New,
            paused: false,
            from: From::Place(Place { at: from, tie: 0 }),
            last: None,
            client: None,
            reading: None,
            events: VecDeque::new(),
            options,
        })
    }

    /// The partition, under whose name progress is stored.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// A page that owns all it needs, so that it goes on wherever it was left.
    fn page(&mut self) -> Boxed<Result<Page>> {
        let (connect, pages) = (Arc::clone(&self.connect), Arc::clone(&self.pages));
        let (client, from) = (self.client.take(), self.from.clone());
        let (table, patience) = (self.options.table.clone(), self.options.patience);
        Box::pin(async move {
            let read = async {
                let mut client = match client {
                    Some(client) if !client.is_closed() => client,
                    _ => connect().await?,
                };
                let rows = pages.read(&mut client, &from).await;
                let rows = rows.map_err(|cause| failed(&table, cause))?;
                Ok((client, rows))
            };
            let page = tokio::time::timeout(patience, read).await;
            page.unwrap_or_else(|_| Err(overdue(&table, patience.as_secs())))
        })
    }

    /// Puts a page among the events, with its offsets.
    fn take(&mut self, rows: Vec<(Key, Stored)>) -> Result<()> {
        let last = self.pages.is_last(rows.len());
        let mut payload = Vec::with_capacity(rows.len());
        for (key, stored) in rows {
            let at = key.at.into();
            let place = match self.last {
                Some(before) => before.next(at),
                None => match &self.from {
                    From::Place(place) if place.at == at => *place,
                    _ => Place { at, tie: 0 },
                },
            };
            if place.tie >= MAX_TIES {
                return Err(too_many_ties(&self.options.table));
            }
            payload.push((place.offset(self.options.from), stored));
            self.last = Some(place);
            self.from = From::After(key);
        }
        if let Some((at, _)) = payload.last() {
            self.events.push_back(SourceEvent::Batch(Batch {
                partition: self.partition.clone(),
                next: Offset(at.0 + 1),
                time: None,
                payload,
            }));
        }
        if last {
            self.events
                .push_back(SourceEvent::End(self.partition.clone()));
        }
        Ok(())
    }
}

impl Replayable for HistorySource {}

#[async_trait]
impl Source for HistorySource {
    type Payload = Vec<(Offset, Stored)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        match self.state {
            State::New => {
                self.state = State::Assigned;
                return Ok(SourceEvent::Assigned(vec![self.partition.clone()]));
            }
            State::Reading if !self.paused => {}
            State::Assigned | State::Reading | State::Ended => return std::future::pending().await,
        }
        loop {
            if let Some(event) = self.events.pop_front() {
                if matches!(event, SourceEvent::End(_)) {
                    self.state = State::Ended;
                }
                return Ok(event);
            }
            let page = match self.reading.take() {
                Some(page) => page,
                None => self.page(),
            };
            // Only borrowed: when this future is dropped, the page goes on where it was left.
            let page = self.reading.insert(page).as_mut().await;
            self.reading = None;
            let (client, rows) = page?;
            self.client = Some(client);
            self.take(rows)?;
        }
    }

    async fn start(&mut self, partition: &Partition, at: Option<Offset>) -> Result<()> {
        if *partition != self.partition {
            let message = format!(
                "cannot start {partition}: this history is {}",
                self.partition
            );
            return Err(Error::new(ErrorKind::Source, message));
        }
        let place = Place::of(at.unwrap_or_default(), self.options.from);
        self.from = From::Place(place);
        self.last = None;
        self.reading = None;
        self.events.clear();
        self.state = State::Reading;
        Ok(())
    }

    fn follows(&self) -> bool {
        false
    }

    fn pause(&mut self, _: &Partition) {
        self.paused = true;
    }

    fn resume(&mut self, _: &Partition) {
        self.paused = false;
    }
}

impl fmt::Debug for HistorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistorySource")
            .field("partition", &self.partition)
            .field("state", &self.state)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}
