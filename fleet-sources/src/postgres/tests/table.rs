//! A telemetry table on the test server, with rows to insert.

use std::sync::atomic::{AtomicU32, Ordering};

use fleet_core::{
    Error, ErrorKind, EventTime, FleetId, Result, VehicleId,
    event::{Reading, Signal, Status, Telemetry},
    units::Speed,
};
use tokio_postgres::{Client, Connection, NoTls, Socket, tls::NoTlsStream};

use crate::postgres::{HistoryOptions, HistorySource};

/// A table that is dropped from the server with this value.
pub(super) struct Table {
    pub(super) name: String,
    pub(super) url: &'static str,
    pub(super) client: Client,
}

pub(super) async fn client(url: &str) -> Result<Client> {
    opened(tokio_postgres::connect(url, NoTls).await)
}

/// A client whose connection runs in a task, as a source's `connect` returns it.
pub(super) fn opened(
    connected: Result<(Client, Connection<Socket, NoTlsStream>), tokio_postgres::Error>,
) -> Result<Client> {
    let failed = |cause| {
        Error::new(ErrorKind::Source, "cannot connect")
            .because(cause)
            .retryable()
    };
    let (client, connection) = connected.map_err(failed)?;
    tokio::spawn(connection);
    Ok(client)
}

impl Table {
    /// Creates a table, or returns `None` and reports it where there is no test server.
    pub(super) async fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let url = xtask::postgres::for_tests()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("history_{}_{number}", std::process::id());
        let client = client(url).await.unwrap();
        let signals = Signal::ALL
            .iter()
            .map(|signal| format!("{} float8", signal.name()));
        let signals = signals.collect::<Vec<_>>().join(", ");
        let make = format!(
            "DROP TABLE IF EXISTS {name};
             CREATE TABLE {name} (tenant text, time timestamptz, vehicle_id text, id bigserial, fleet_id text, status text,
                {signals}, PRIMARY KEY (tenant, time, vehicle_id, id))"
        );
        client.batch_execute(&make).await.unwrap();
        Some(Self { name, url, client })
    }

    pub(super) async fn insert(&self, events: &[Telemetry]) {
        let add = format!(
            "INSERT INTO {} (tenant, time, vehicle_id, fleet_id, status, speed_kmh, altitude_m)
             VALUES ('acme', $1, $2, $3, $4, $5, $6)",
            self.name
        );
        let add = self.client.prepare(&add).await.unwrap();
        for event in events {
            let at = std::time::SystemTime::from(event.at());
            let fleet = event.fleet().map(FleetId::as_str);
            let status = event.status();
            let status = status.as_ref().map(Status::as_word);
            let (speed, altitude) = (event.value(Signal::Speed), event.value(Signal::Altitude));
            let vehicle = event.vehicle().as_str();
            self.client
                .execute(&add, &[&at, &vehicle, &fleet, &status, &speed, &altitude])
                .await
                .unwrap();
        }
    }

    pub(super) fn options(&self) -> HistoryOptions {
        HistoryOptions {
            page_rows: 7,
            ..HistoryOptions::new(&self.name, "acme", at(0), at(1_000_000_000))
        }
    }

    pub(super) fn open(&self, options: HistoryOptions) -> HistorySource {
        let url = self.url;
        HistorySource::new(move || client(url), options).unwrap()
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        let (url, drop) = (self.url, format!("DROP TABLE {}", self.name));
        // This may run on the test's runtime, which must not block.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let client = client(url).await.unwrap();
                client.batch_execute(&drop).await.unwrap();
            });
        });
        dropped.join().unwrap();
    }
}

/// The time this many microseconds after the beginning of the history.
pub(super) fn at(micros: i64) -> EventTime {
    EventTime::from_micros(1_767_225_600_000_000 + micros)
}

/// Rows of three vehicles, many in the same microsecond, not in the order of time.
pub(super) fn events() -> Vec<Telemetry> {
    let mut events = Vec::new();
    for n in 0..60_i64 {
        let vehicle = VehicleId::new(&format!("car-{}", n % 3)).unwrap();
        let mut event = Telemetry::new(vehicle, at((n * 7 % 10) * 1_000_000 / 3))
            .with_speed(Speed::from_kmh(n as f64));
        event.set_fleet((n % 2 == 0).then(|| "f1".parse().unwrap()));
        event.set_status(Some(Status::Moving));
        event.set(Signal::Altitude, Reading::of_raw(0.1));
        events.push(event);
    }
    events
}
