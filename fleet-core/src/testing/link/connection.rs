//! One connection through a link, with one thread per direction.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::conditions::{Conditions, Cut};

/// The largest piece that is passed on at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Connects a client to the server.
pub(super) fn open(
    client: TcpStream,
    server: SocketAddr,
    conditions: &Arc<Conditions>,
) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    // The proxy must not add delays.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let number = conditions.opened(client.try_clone()?, server.try_clone()?);
    let there = Direction {
        number,
        conditions: Arc::clone(conditions),
        mute: Arc::new(AtomicBool::new(false)),
    };
    let back = there.clone();
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    spawn(move || there.run(from, to, Direction::forth))?;
    spawn(move || back.run(server, client, Direction::back))
}

fn spawn(run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let name = "faulty-link".to_owned();
    thread::Builder::new().name(name).spawn(run).map(drop)
}

/// The state that the two threads of a connection share.
#[derive(Clone)]
struct Direction {
    number: u64,
    conditions: Arc<Conditions>,
    /// A cut has begun: the server's next bytes are dropped, and end the connection.
    mute: Arc<AtomicBool>,
}

impl Direction {
    /// Passes pieces on until either end closes or the connection is cut, and then closes both
    /// ends.
    fn run(
        self,
        mut from: TcpStream,
        mut to: TcpStream,
        pass: impl Fn(&Self, &[u8], &mut TcpStream) -> io::Result<()>,
    ) {
        let mut piece = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            let sent = piece.get(..length).unwrap_or_default();
            if !self.conditions.pass(self.number) || pass(&self, sent, &mut to).is_err() {
                break;
            }
        }
        self.conditions.ended(self.number);
    }

    /// Passes on a piece from the client, unless it triggers a cut.
    fn forth(&self, piece: &[u8], server: &mut TcpStream) -> io::Result<()> {
        let Some(cut) = self.conditions.take_cut(piece) else {
            return server.write_all(piece);
        };
        // Set first, because the server may answer quickly.
        self.mute.store(true, Ordering::SeqCst);
        let passes = match cut {
            Cut::Before => 0,
            Cut::Halfway => piece.len() / 2,
            Cut::BeforeReply => piece.len(),
        };
        server.write_all(piece.get(..passes).unwrap_or_default())?;
        match cut {
            // The reply ends the connection.
            Cut::BeforeReply => Ok(()),
            Cut::Before | Cut::Halfway => Err(by_plan()),
        }
    }

    /// Passes on a piece from the server, unless a cut has begun.
    fn back(&self, piece: &[u8], client: &mut TcpStream) -> io::Result<()> {
        if self.mute.load(Ordering::SeqCst) {
            return Err(by_plan());
        }
        client.write_all(piece)
    }
}

fn by_plan() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "cut by plan")
}
