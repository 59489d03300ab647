//! Starts the service as a process of its own, loads it, stops and kills it, and counts what it has
//! stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fleet_sinks::sqlite::rusqlite::{Connection, OpenFlags};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::Fallible;

/// The number of clients that send at the same time.
const CLIENTS: u64 = 4;

/// How long the service is under load in one round.
const LOAD: Duration = Duration::from_millis(150);

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a round ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Graceful,
    Kill,
}

impl End {
    fn signal(self) -> &'static str {
        match self {
            Self::Graceful => "-TERM",
            Self::Kill => "-KILL",
        }
    }
}

/// The events that got their 202, by vehicle and second, in all rounds.
#[derive(Clone, Default)]
struct Accepted {
    events: Arc<Mutex<BTreeSet<(u64, u64)>>>,
    /// The second of the next event.
    second: Arc<AtomicU64>,
}

/// Stops the service gracefully and kills it, `rounds` times each.
pub(super) async fn run(rounds: usize) -> Fallible<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("service.db");
    let (accepted, mut lost) = (Accepted::default(), BTreeSet::new());
    for round in 0..2 * rounds {
        let end = if round % 2 == 0 {
            End::Graceful
        } else {
            End::Kill
        };
        let before = accepted.len();
        one_round(&file, end, &accepted).await?;
        let stored = stored(&file)?;
        let twice = stored.iter().find(|(_, times)| **times > 1);
        assert_eq!(twice, None, "round {round}: stored twice");
        let missing = accepted.missing(&stored);
        let new: BTreeSet<_> = missing.difference(&lost).copied().collect();
        assert!(accepted.len() > before, "round {round}: it takes events");
        if end == End::Graceful {
            assert!(new.is_empty(), "round {round}: lost {new:?}");
        }
        // A kill may lose what was accepted after the last commit: a 202 does not wait for it.
        lost.extend(new);
    }
    let all = accepted.len();
    println!(
        "service: ok ({rounds} graceful stops, {rounds} kills, {all} events accepted, {} lost by kills, none twice)",
        lost.len()
    );
    Ok(())
}

/// Starts the service, checks its answers, and ends it under load.
async fn one_round(file: &Path, end: End, accepted: &Accepted) -> Fallible<()> {
    let mut service = Command::new(std::env::current_exe()?)
        .arg("serve")
        .arg(file)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let at = address(&mut service).await?;
    timeout(PATIENCE, ready(at)).await??;
    is_alert_found(at, accepted).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for car in 1..=CLIENTS {
        clients.spawn(send(at, car, accepted.clone(), Arc::clone(&stop)));
    }
    sleep(LOAD).await;
    let id = service.id().ok_or("the service is gone")?.to_string();
    let sent = Command::new("kill").args([end.signal(), &id]).status();
    assert!(sent.await?.success(), "{end:?}: no signal was sent");
    let ended = timeout(PATIENCE, service.wait()).await??;
    stop.store(true, Ordering::Relaxed);
    while clients.join_next().await.is_some() {}
    assert_eq!(ended.success(), end == End::Graceful, "{end:?}: {ended}");
    Ok(())
}

/// Reads the address that the service prints first.
async fn address(service: &mut Child) -> Fallible<SocketAddr> {
    let output = service.stdout.take().ok_or("no output")?;
    let mut lines = BufReader::new(output).lines();
    let line = timeout(PATIENCE, lines.next_line()).await??;
    // The rest is read too, so that the service can print.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let line = line.ok_or("the service ended at once")?;
    let at = line.strip_prefix("listening on ").ok_or("no address")?;
    Ok(at.parse()?)
}

/// Waits until the service takes events.
async fn ready(at: SocketAddr) -> Fallible<()> {
    loop {
        if request(at, "GET", "/health", "").await?.0 == 200 {
            return Ok(());
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Sends an event that breaks a rule, and waits for its alert.
async fn is_alert_found(at: SocketAddr, accepted: &Accepted) -> Fallible<()> {
    let second = accepted.next_second();
    assert_eq!(
        request(at, "POST", "/events", &event(9, second, 40))
            .await?
            .0,
        202
    );
    let speeding = accepted.next_second();
    assert_eq!(
        request(at, "POST", "/events", &event(9, speeding, 130))
            .await?
            .0,
        202
    );
    let found = async {
        loop {
            let (_, body) = request(at, "GET", "/alerts", "").await?;
            if body.contains("OVERSPEED") {
                return Ok::<_, Box<dyn std::error::Error + Send + Sync>>(());
            }
        }
    };
    timeout(PATIENCE, found).await??;
    // An alert is published before its commit, so a kill may still lose these two.
    accepted.add(9, second);
    accepted.add(9, speeding);
    Ok(())
}

/// Sends events until the service is gone.
async fn send(at: SocketAddr, car: u64, accepted: Accepted, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let second = accepted.next_second();
        match request(at, "POST", "/events", &event(car, second, 40)).await {
            Ok((202, _)) => accepted.add(car, second),
            Ok(_) => {}
            // Refused, or cut off: the event may be stored or not.
            Err(_) => return,
        }
    }
}

fn event(car: u64, second: u64, speed: u32) -> String {
    let (hour, minute) = (second / 3600 % 24, second / 60 % 60);
    let (day, second) = (1 + second / 86_400, second % 60);
    format!(
        r#"{{"vehicle_id":"VH-{car}","speed_kmh":{speed},"timestamp":"2024-02-{day:02}T{hour:02}:{minute:02}:{second:02}Z"}}"#
    )
}

impl Accepted {
    fn next_second(&self) -> u64 {
        self.second.fetch_add(1, Ordering::Relaxed)
    }

    fn add(&self, car: u64, second: u64) {
        self.events
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .insert((car, second));
    }

    fn len(&self) -> usize {
        self.events
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .len()
    }

    /// Returns the events that are not stored.
    fn missing(&self, stored: &BTreeMap<(u64, u64), u64>) -> BTreeSet<(u64, u64)> {
        let events = self
            .events
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let missing = events.iter().filter(|event| !stored.contains_key(event));
        missing.copied().collect()
    }
}

/// Returns how often each event is stored.
fn stored(file: &Path) -> Fallible<BTreeMap<(u64, u64), u64>> {
    let db = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut rows = db.prepare(
        "SELECT CAST(substr(vehicle_id, 4) AS INTEGER), unixepoch(time) - unixepoch('2024-02-01'), count(*)
         FROM telemetry GROUP BY 1, 2",
    )?;
    let rows = rows.query_map([], |row| {
        let number = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
        Ok(((number(0)?, number(1)?), number(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Sends a request and returns status and body.
async fn request(at: SocketAddr, method: &str, path: &str, body: &str) -> Fallible<(u16, String)> {
    let mut stream = TcpStream::connect(at).await?;
    let length = body.len();
    let head_and_body = format!(
        "{method} {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(head_and_body.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    let status = response.split(' ').nth(1).ok_or("no status")?.parse()?;
    let (_, body) = response.split_once("\r\n\r\n").ok_or("no body")?;
    Ok((status, body.to_owned()))
}
