//! What the connections of one link suffer, and which there are.

use std::{
    fmt,
    net::{Shutdown, TcpStream},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What passes of the piece that was waited for. The client hears nothing more in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing of it: the server never sees it.
    Before,
    /// Its first half: the server sees a torn message.
    Halfway,
    /// All of it, and nothing of what the server says next: it happened, and the client cannot know.
    BeforeReply,
}

/// Tells the piece that is waited for.
pub(super) type Matches = Box<dyn FnMut(&[u8]) -> bool + Send>;

/// What happens to all connections now.
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

/// The state that a link shares with the threads of its connections.
#[derive(Default)]
pub(super) struct Weather {
    now: Mutex<Now>,
    changed: Condvar,
}

impl Weather {
    /// A panic of a test's predicate says enough by itself.
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

    /// Cuts what is open, also what is being held.
    pub(super) fn cut_all(&self) {
        self.change(|now| {
            for (_, client, server) in now.open.drain(..) {
                end(&client, &server);
            }
        });
    }

    /// Notes a connection, and gives it its number.
    pub(super) fn opened(&self, client: TcpStream, server: TcpStream) -> u64 {
        let mut now = self.now();
        let number = now.next;
        now.next += 1;
        // It may have been accepted just before.
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

    /// The cut that this piece of a client asks for, once.
    pub(super) fn judge(&self, piece: &[u8]) -> Option<Cut> {
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

    /// Waits as long as the weather asks a piece to; whether its connection is still open then.
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

/// Ends both streams for every thread that uses them; one that has ended by itself needs no more.
fn end(client: &TcpStream, server: &TcpStream) {
    for stream in [client, server] {
        drop(stream.shutdown(Shutdown::Both));
    }
}

impl fmt::Debug for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = self.now();
        f.debug_struct("Weather")
            .field("delay", &now.delay)
            .field("held", &now.held)
            .field("refusing", &now.refusing)
            .field("planned", &now.plan.as_ref().map(|(cut, _)| cut))
            .field("cuts", &now.cuts)
            .field("open", &now.open.len())
            .finish_non_exhaustive()
    }
}
