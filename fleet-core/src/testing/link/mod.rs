//! A network link that fails on demand, between a client and a real server.

mod conditions;
mod connection;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

use conditions::Conditions;
pub use conditions::Cut;

/// A TCP proxy on the loopback interface that delays, holds or cuts connections on demand.
///
/// The proxy does not interpret the bytes. To cut in the middle of a message, a test passes a
/// predicate that recognizes the message. Dropping the link cuts every connection and closes the
/// listener.
///
/// # Guarantees
/// Bytes pass unchanged and in order. A cut closes both sides at once: each peer sees the end of
/// the stream or a reset, depending on its system.
///
/// # Cost
/// Two threads per connection.
///
/// # Examples
/// The client never receives the reply to `COMMIT`:
/// ```
/// use std::{io::{Read, Write}, net::{TcpListener, TcpStream}};
/// use fleet_core::testing::{Cut, FaultyLink};
///
/// # fn main() -> std::io::Result<()> {
/// let server = TcpListener::bind("127.0.0.1:0")?;
/// let link = FaultyLink::to(server.local_addr()?)?;
/// link.cut_when(Cut::BeforeReply, |sent| sent.starts_with(b"COMMIT"));
///
/// let mut client = TcpStream::connect(link.address())?;
/// let (mut session, _) = server.accept()?;
/// let mut heard = [0; 6];
///
/// client.write_all(b"INSERT")?;
/// session.read_exact(&mut heard)?;
/// session.write_all(b"DONE 1")?;
/// client.read_exact(&mut heard)?;
/// assert_eq!(&heard, b"DONE 1");
///
/// client.write_all(b"COMMIT")?;
/// session.read_exact(&mut heard)?;
/// assert_eq!(&heard, b"COMMIT"); // it arrived
/// session.write_all(b"DONE 2")?;
/// assert!(!matches!(client.read(&mut heard), Ok(1..))); // the reply is lost
/// assert_eq!(link.cuts(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FaultyLink {
    address: SocketAddr,
    conditions: Arc<Conditions>,
}

impl FaultyLink {
    /// Returns a link to this server, on a free port of the loopback interface.
    ///
    /// # Errors
    /// Fails if no port is free or no thread can be started.
    pub fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let conditions = Arc::new(Conditions::default());
        let shared = Arc::clone(&conditions);
        thread::Builder::new()
            .name("faulty-link".into())
            .spawn(move || accept(&listener, server, &shared))?;
        Ok(Self {
            address,
            conditions,
        })
    }

    /// Returns the address that the client connects to instead of the server's.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Delays each piece of a stream by this much, in both directions, until [`heal`](Self::heal).
    pub fn slow(&self, by: Duration) {
        self.conditions.change(|now| now.delay = by);
    }

    /// Holds all bytes back until [`heal`](Self::heal), like a network that is down for a while.
    /// Connections stay open, and new ones are accepted.
    pub fn hold(&self) {
        self.conditions.change(|now| now.held = true);
    }

    /// Cuts every connection, and each new one immediately, until [`heal`](Self::heal).
    pub fn refuse(&self) {
        self.conditions.change(|now| now.refusing = true);
        self.cut();
    }

    /// Ends delays, holding and refusing. A planned [`cut_when`](Self::cut_when) stays planned.
    pub fn heal(&self) {
        self.conditions.change(|now| {
            now.delay = Duration::ZERO;
            now.held = false;
            now.refusing = false;
        });
    }

    /// Cuts every connection that is open now, but not later ones.
    pub fn cut(&self) {
        self.conditions.cut_all();
    }

    /// Plans one cut: of the first connection whose client sends a piece that `matches`. Replaces a
    /// cut that was planned before.
    ///
    /// A piece is the result of one read of the stream, up to 64 KiB. It can hold several messages,
    /// or part of one. `matches` sees each piece of every client once and in order, and may keep
    /// state.
    pub fn cut_when(&self, cut: Cut, matches: impl FnMut(&[u8]) -> bool + Send + 'static) {
        self.conditions.plan(cut, Box::new(matches));
    }

    /// Returns how many cuts planned by [`cut_when`](Self::cut_when) have happened.
    pub fn cuts(&self) -> u64 {
        self.conditions.cuts()
    }
}

impl Drop for FaultyLink {
    fn drop(&mut self) {
        self.conditions.close();
        // Wakes the accepting thread. If that fails, the listener is closed already.
        drop(TcpStream::connect(self.address));
    }
}

/// Accepts connections until the link is dropped.
fn accept(listener: &TcpListener, server: SocketAddr, conditions: &Arc<Conditions>) {
    for client in listener.incoming() {
        if conditions.is_closed() {
            return;
        }
        // An error means that the client or the server is gone already.
        if let Ok(client) = client
            && !conditions.is_refusing()
        {
            drop(connection::open(client, server, conditions));
        }
    }
}

#[cfg(test)]
mod tests;
