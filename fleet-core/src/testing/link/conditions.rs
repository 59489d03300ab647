//! The conditions of a link: delays, cuts, and its open connections.

use std::{
    fmt,
    net::{Shutdown, TcpStream},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How much of the matching piece passes before the connection is cut. The client receives nothing
/// more in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing: the server never sees the piece.
    Before,
    /// Its first half: the server sees a torn message.
    Halfway,
    /// All of it, but not the reply: the request took effect, and the client cannot know.
    BeforeReply,
}

/// Recognizes the piece at which to cut.
pub(super) type Matches = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// The current conditions of all connections.
#[derive(Default)]
pub(super) struct Now {
    pub(super) delay: Duration,
    pub(super) held: bool,
    pub(super) refusing: bool,
    closed: bool,
    plan: Option<(Cut, Matches)>,
    cuts: u64,
    /// Both ends of each connection, by its number.
    open: Vec<(u64, TcpStream, TcpStream)>,
    next: u64,
}

/// The conditions, shared between a link and the threads of its connections.
#[derive(Default)]
pub(super) struct Conditions {
    now: Mutex<Now>,
    changed: Condvar,
}

impl Conditions {
    /// Ignores poisoning: a panic of a test's predicate fails the test anyway.
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change(&self, how: impl FnOnce(&mut Now)) {
        how(&mut self.now());
        self.changed.notify_all();
    }

    pub(super) fn plan(&self, cut: Cut, matches: Matches) {
        self.now().plan = Some((cut, matches));
    }

    pub(super) fn cuts(&self) -> u64 {
        self.now().cuts
    }

    pub(super) fn is_closed(&self) -> bool {
        self.now().closed
    }

    pub(super) fn is_refusing(&self) -> bool {
        self.now().refusing
    }

    pub(super) fn close(&self) {
        self.change(|now| now.closed = true);
        self.cut_all();
    }

    /// Cuts every open connection, including held ones.
    pub(super) fn cut_all(&self) {
        self.change(|now| {
            for (_, client, server) in now.open.drain(..) {
                end(&client, &server);
            }
        });
    }

    /// Adds a connection and returns its number.
    pub(super) fn opened(&self, client: TcpStream, server: TcpStream) -> u64 {
        let mut now = self.now();
        let number = now.next;
        now.next += 1;
        // The connection may have been accepted just before.
        if now.closed || now.refusing {
            end(&client, &server);
        } else {
            now.open.push((number, client, server));
        }
        number
    }

    /// Cuts one connection, if it is still open.
    pub(super) fn ended(&self, number: u64) {
        self.change(|now| {
            let place = now.open.iter().position(|(open, ..)| *open == number);
            if let Some(place) = place {
                let (_, client, server) = now.open.swap_remove(place);
                end(&client, &server);
            }
        });
    }

    /// Takes the planned cut, if this piece of a client matches.
    pub(super) fn take_cut(&self, piece: &[u8]) -> Option<Cut> {
        let mut now = self.now();
        let (cut, matches) = now.plan.as_mut()?;
        if !matches(piece) {
            return None;
        }
        let cut = *cut;
        now.plan = None;
        now.cuts += 1;
        Some(cut)
    }

    /// Waits as long as a piece is delayed or held. Returns whether its connection is still open.
    pub(super) fn pass(&self, number: u64) -> bool {
        let delay = self.now().delay;
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        let is_open = |now: &Now| now.open.iter().any(|(open, ..)| *open == number);
        let waits = |now: &mut Now| now.held && is_open(now);
        let now = self.changed.wait_while(self.now(), waits);
        is_open(&now.unwrap_or_else(PoisonError::into_inner))
    }
}

/// Closes both streams for every thread that uses them. A stream that is closed already fails
/// harmlessly.
fn end(client: &TcpStream, server: &TcpStream) {
    for stream in [client, server] {
        drop(stream.shutdown(Shutdown::Both));
    }
}

impl fmt::Debug for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.now();
        f.debug_struct("Conditions")
            .field("delay", &now.delay)
            .field("held", &now.held)
            .field("refusing", &now.refusing)
            .field("planned", &now.plan.as_ref().map(|(cut, _)| cut))
            .field("cuts", &now.cuts)
            .field("open", &now.open.len())
            .finish_non_exhaustive()
    }
}
