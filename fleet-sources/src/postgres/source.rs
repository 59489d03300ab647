//! [`HistorySource`], which reads a table page by page in the order of time.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use async_trait::async_trait;
use fleet_core::{
    Offset, Partition, Result, Source,
    source::{OnePartition, Position, Replayable, SourceEvent},
};
use tokio_postgres::Client;

use super::{
    decode::{HistoryRow, Key},
    error::{OptionsError, failed, overdue, too_many_ties},
    options::HistoryOptions,
    page::{PageStart, Pages},
    row_offset::{MAX_SPAN, MAX_TIES, RowOffset},
};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;
type Connect = dyn Fn() -> Boxed<Result<Client>> + Send + Sync;
/// A healthy client, and the rows it read.
type Page = (Client, Vec<(Key, HistoryRow)>);

/// A source of the telemetry that a database stored in a span of time, oldest first.
///
/// # Shape
/// **One** partition, named after the table, the tenant and the start of the span. An offset
/// encodes the microseconds since that start and the row's index among the rows of its microsecond.
/// Rows that expire before it therefore do not shift it.
///
/// # Guarantees
/// - Bounded: the source ends at the end of the span.
/// - Replayable: the same rows come again from every committed offset, as long as no program
///   changes rows within the span.
/// - Each page is one transaction and begins after the key of the last row, so rows inserted while
///   it reads shift no others.
/// - Memory holds one page.
/// - Dropping the future of [`next`](Source::next) loses nothing: the next call awaits the same
///   page.
///
/// Events lack what the table has no column for: customers' texts, trouble codes, and the
/// difference between a null and a missing signal.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Error, ErrorKind, EventTime, Graph, MemoryStore, Order, Pipeline};
/// use fleet_sources::{HistoryOptions, HistorySource, HistoryDecoder};
/// use tokio_postgres::NoTls;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let connect = || async {
///     let url = "postgres://127.0.0.1/fleet";
///     let failed =
///         |cause| Error::new(ErrorKind::Source, "cannot connect").because(cause).retryable();
///     let (client, connection) =
///         tokio_postgres::connect(url, NoTls).await.map_err(failed)?;
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
/// Pipeline::exactly_once(source, HistoryDecoder, Order::default(), graph, store.clone())
///     .store("again", telemetry, store.table("again"))
///     .run()
///     .await?;
/// # Ok(()) }
/// ```
///
/// # Errors
/// Retryable where the server cannot be reached, is busy, or takes too long; the source then
/// connects again.
pub struct HistorySource {
    connect: Arc<Connect>,
    pages: Arc<Pages>,
    options: HistoryOptions,
    one: OnePartition,
    start: PageStart,
    /// The offset of the last row emitted.
    last: Option<RowOffset>,
    client: Option<Client>,
    /// The page that is being read. It owns the client, so a failed page drops its connection.
    reading: Option<Boxed<Result<Page>>>,
    /// Whether the last page was read.
    is_over: bool,
}

impl HistorySource {
    /// Reads the rows that `options` select, on a client that `connect` returns.
    ///
    /// `connect` is called before the first page and again after every error. It must spawn the
    /// task that drives the client's connection.
    ///
    /// # Errors
    /// Refuses a table name that would need quotes, a span that ends before it begins, a span of
    /// more than 814 days, and a page size of 0.
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
            return Err(OptionsError::Times { from, to }.into());
        }
        let span = to.as_micros().abs_diff(from.as_micros());
        if span > MAX_SPAN {
            return Err(OptionsError::Span(span).into());
        }
        if options.page_rows == 0 {
            return Err(OptionsError::NoPage.into());
        }
        let name = format!("history:{}:{}@{from}", options.table, options.tenant);
        Ok(Self {
            connect: Arc::new(move || Box::pin(connect())),
            pages: Arc::new(Pages::new(&options)?),
            one: OnePartition::new(name.as_str()),
            start: PageStart::At(RowOffset { at: from, tie: 0 }),
            last: None,
            client: None,
            reading: None,
            is_over: false,
            options,
        })
    }

    /// The partition, under whose name progress is stored.
    pub fn partition(&self) -> &Partition {
        self.one.partition()
    }

    /// Returns a future for the next page. It owns all it needs, so it can be polled again after an
    /// interruption.
    fn page(&mut self) -> Boxed<Result<Page>> {
        let (connect, pages) = (Arc::clone(&self.connect), Arc::clone(&self.pages));
        let (client, start) = (self.client.take(), self.start.clone());
        let (table, page_timeout) = (self.options.table.clone(), self.options.page_timeout);
        Box::pin(async move {
            let read = async {
                let mut client = match client {
                    Some(client) if !client.is_closed() => client,
                    _ => connect().await?,
                };
                let rows = pages.read(&mut client, &start).await;
                let rows = rows.map_err(|cause| failed(&table, cause))?;
                Ok((client, rows))
            };
            let page = tokio::time::timeout(page_timeout, read).await;
            page.unwrap_or_else(|_| Err(overdue(&table, page_timeout.as_secs())))
        })
    }

    /// Gives the rows of a page their offsets.
    fn numbered(&mut self, rows: Vec<(Key, HistoryRow)>) -> Result<Vec<(Offset, HistoryRow)>> {
        let mut payload = Vec::with_capacity(rows.len());
        for (key, stored) in rows {
            let at = key.at.into();
            let row = match self.last {
                Some(before) => before.next(at),
                None => match &self.start {
                    PageStart::At(row) if row.at == at => *row,
                    _ => RowOffset { at, tie: 0 },
                },
            };
            if row.tie >= MAX_TIES {
                return Err(too_many_ties(&self.options.table));
            }
            payload.push((row.encode(self.options.from), stored));
            self.last = Some(row);
            self.start = PageStart::After(key);
        }
        Ok(payload)
    }
}

impl Replayable for HistorySource {}

#[async_trait]
impl Source for HistorySource {
    type Payload = Vec<(Offset, HistoryRow)>;

    async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
        if let Some(assigned) = self.one.ready().await {
            return Ok(assigned);
        }
        while !self.is_over {
            let page = match self.reading.take() {
                Some(page) => page,
                None => self.page(),
            };
            // Borrowed, not moved: if this future is dropped, the next call continues with the
            // page.
            let page = self.reading.insert(page).as_mut().await;
            self.reading = None;
            let (client, rows) = page?;
            self.client = Some(client);
            let is_last = self.pages.is_last(rows.len());
            let payload = self.numbered(rows)?;
            self.is_over = is_last;
            if let Some((at, _)) = payload.last() {
                return Ok(self.one.batch(Offset(at.0 + 1), payload));
            }
        }
        Ok(self.one.end())
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        self.one.start(partition, at)?;
        let row = RowOffset::decode(self.one.at(), self.options.from);
        self.start = PageStart::At(row);
        self.last = None;
        self.reading = None;
        self.is_over = false;
        Ok(())
    }

    fn follows(&self) -> bool {
        false
    }

    fn pause(&mut self, _: &Partition) {
        self.one.pause();
    }

    fn resume(&mut self, _: &Partition) {
        self.one.resume();
    }
}

impl fmt::Debug for HistorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HistorySource")
            .field("partition", &self.one)
            .field("start", &self.start)
            .finish_non_exhaustive()
    }
}
