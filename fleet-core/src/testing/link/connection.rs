//! One connection: a thread in each direction.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use super::weather::{Cut, Weather};

/// The most that passes at once.
const PIECE_BYTES: usize = 64 * 1024;

/// Connects a client to the server.
pub(super) fn open(
    client: TcpStream,
    server: SocketAddr,
    weather: &Arc<Weather>,
) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    // A proxy must not add delays of its own.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let number = weather.opened(client.try_clone()?, server.try_clone()?);
    let there = Direction {
        number,
        weather: Arc::clone(weather),
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

/// What the two threads of a connection share.
#[derive(Clone)]
struct Direction {
    number: u64,
    weather: Arc<Weather>,
    /// A cut has begun: the server's next words are not passed on, and end the connection.
    mute: Arc<AtomicBool>,
}

impl Direction {
    /// Passes pieces on until one end is gone, or the connection is cut; then it ends for both.
    fn run(
        self,
        mut from: TcpStream,
        mut to: TcpStream,
        pass: impl Fn(&Self, &[u8], &mut TcpStream) -> io::Result<()>,
    ) {
        let mut piece = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            let sent = piece.get(..length).unwrap_or_default();
            if !self.weather.pass(self.number) || pass(&self, sent, &mut to).is_err() {
                break;
            }
        }
        self.weather.ended(self.number);
    }

    /// From the client: this is where a cut is planned.
    fn forth(&self, piece: &[u8], server: &mut TcpStream) -> io::Result<()> {
        let Some(cut) = self.weather.judge(piece) else {
            return server.write_all(piece);
        };
        // First of all: the server may be quick to answer.
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

    /// From the server.
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
