//! A network that fails on request, between a client and a real server.

mod connection;
mod weather;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

pub use weather::Cut;
use weather::Weather;

/// A TCP proxy on loopback whose connections suffer what a test says.
///
/// It knows nothing of what passes: a test that wants to cut in the middle of a message says what that message
/// looks like. Dropped, it cuts every connection and listens no more.
///
/// # Guarantees
/// Bytes that pass are those that came, in their order. What is cut is cut on both sides at once: a peer sees the
/// end of the stream or a reset, whichever its system makes of it.
///
/// # Cost
/// Two threads for each connection.
///
/// # Examples
/// A server answers, and the answer to `COMMIT` never comes:
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
/// assert_eq!(&heard, b"COMMIT"); // it landed
/// session.write_all(b"DONE 2")?;
/// assert!(!matches!(client.read(&mut heard), Ok(1..))); // and nobody heard
/// assert_eq!(link.cuts(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FaultyLink {
    address: SocketAddr,
    weather: Arc<Weather>,
}

impl FaultyLink {
    /// A link to this server, on a free port of loopback.
    ///
    /// # Errors
    /// When there is no port to listen on, or no thread to be had.
    pub fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let weather = Arc::new(Weather::default());
        let shared = Arc::clone(&weather);
        thread::Builder::new()
            .name("faulty-link".into())
            .spawn(move || accept(&listener, server, &shared))?;
        Ok(Self { address, weather })
    }

    /// Where the client connects instead.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Passes each piece of a stream on so much later, one after the other, in both directions, until
    /// [`heal`](Self::heal).
    pub fn slow(&self, by: Duration) {
        self.weather.change(|now| now.delay = by);
    }

    /// Lets nothing pass, and tells nobody: connections stay open, and new ones open to silence. What was sent
    /// waits for [`heal`](Self::heal), as it would for a network that comes back.
    pub fn hold(&self) {
        self.weather.change(|now| now.held = true);
    }

    /// Cuts every connection, and each new one at once, until [`heal`](Self::heal).
    pub fn refuse(&self) {
        self.weather.change(|now| now.refusing = true);
        self.cut();
    }

    /// Everything passes at once again, and new connections are taken. A [`cut_when`](Self::cut_when) that has
    /// not come to pass stays.
    pub fn heal(&self) {
        self.weather.change(|now| {
            now.delay = Duration::ZERO;
            now.held = false;
            now.refusing = false;
        });
    }

    /// Cuts every connection that is open now; the next ones are not touched.
    pub fn cut(&self) {
        self.weather.cut_all();
    }

    /// Cuts one connection, the first whose client sends a piece that `matches`, and then never again; it
    /// replaces the one that was asked for before.
    ///
    /// A piece is what one read of the stream gave, up to 64 KiB: it can hold several messages, or part of one.
    /// `matches` sees each piece of every client once, in order, and may count or keep what it saw.
    pub fn cut_when(&self, cut: Cut, matches: impl FnMut(&[u8]) -> bool + Send + 'static) {
        self.weather.plan(cut, Box::new(matches));
    }

    /// How often a [`cut_when`](Self::cut_when) came to pass.
    pub fn cuts(&self) -> u64 {
        self.weather.cuts()
    }
}

impl Drop for FaultyLink {
    fn drop(&mut self) {
        self.weather.close();
        // Wakes the thread that accepts; if that fails, the listener is gone already.
        drop(TcpStream::connect(self.address));
    }
}

/// Takes connections until the link is dropped.
fn accept(listener: &TcpListener, server: SocketAddr, weather: &Arc<Weather>) {
    for client in listener.incoming() {
        if weather.is_closed() {
            return;
        }
        // A client or server that is gone already has nothing to tell.
        if let Ok(client) = client
            && !weather.is_refusing()
        {
            drop(connection::open(client, server, weather));
        }
    }
}

#[cfg(test)]
mod tests;
