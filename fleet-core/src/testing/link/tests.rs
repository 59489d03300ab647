//! Links between a test client and an echo server.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{Cut, FaultyLink};

/// Long enough to conclude that nothing arrives.
const SILENCE: Duration = Duration::from_millis(100);

/// Starts a server that reports what it receives and echoes it, for any number of clients.
fn echo() -> (FaultyLink, mpsc::Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let link = FaultyLink::to(listener.local_addr().unwrap()).unwrap();
    let (tell, heard) = mpsc::sync_channel(1000);
    thread::spawn(move || {
        for session in listener.incoming() {
            let (mut session, tell) = (session.unwrap(), tell.clone());
            thread::spawn(move || {
                let mut piece = [0; 1024];
                while let Ok(length @ 1..) = session.read(&mut piece) {
                    tell.send(piece[..length].to_vec()).unwrap();
                    if session.write_all(&piece[..length]).is_err() {
                        break;
                    }
                }
            });
        }
    });
    (link, heard)
}

fn client(link: &FaultyLink) -> TcpStream {
    TcpStream::connect(link.address()).unwrap()
}

fn say(client: &mut TcpStream, words: &[u8]) -> Vec<u8> {
    client.write_all(words).unwrap();
    let mut answer = vec![0; words.len()];
    client.read_exact(&mut answer).unwrap();
    answer
}

/// Waits for the connection to react, and returns whether it has ended.
fn ended(client: &mut TcpStream) -> bool {
    !matches!(client.read(&mut [0]), Ok(1..))
}

#[test]
fn what_is_sent_arrives_as_it_was_also_slowly() {
    let (link, _heard) = echo();
    let mut client = client(&link);
    let long: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let (mut sender, sent) = (client.try_clone().unwrap(), long.clone());
    let sending = thread::spawn(move || sender.write_all(&sent).unwrap());
    let mut answer = vec![0; long.len()];
    client.read_exact(&mut answer).unwrap();
    assert!(answer == long);
    sending.join().unwrap();
    link.slow(Duration::from_millis(5));
    assert_eq!(say(&mut client, b"slowly"), b"slowly");
}

#[test]
fn what_is_held_arrives_when_the_link_heals() {
    let (link, heard) = echo();
    let mut client = client(&link);
    assert_eq!(say(&mut client, b"before"), b"before");
    heard.recv().unwrap();
    link.hold();
    client.write_all(b"held").unwrap();
    client.set_read_timeout(Some(SILENCE)).unwrap();
    let silence = client.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(
        silence,
        ErrorKind::WouldBlock | ErrorKind::TimedOut
    ));
    assert!(heard.try_recv().is_err());
    link.heal();
    client.set_read_timeout(None).unwrap();
    client.read_exact(&mut [0; 4]).unwrap();
    assert_eq!(heard.recv().unwrap(), b"held");
}

#[test]
fn a_held_connection_can_be_cut() {
    let (link, heard) = echo();
    let mut client = client(&link);
    say(&mut client, b"before");
    link.hold();
    client.write_all(b"lost").unwrap();
    link.cut();
    assert!(ended(&mut client));
    link.heal();
    assert_eq!(heard.iter().next().unwrap(), b"before");
    assert!(heard.recv_timeout(SILENCE).is_err());
}

#[test]
fn a_cut_ends_what_is_open_and_not_what_comes() {
    let (link, _heard) = echo();
    let mut first = client(&link);
    say(&mut first, b"first");
    link.cut();
    assert!(ended(&mut first));
    assert_eq!(say(&mut client(&link), b"second"), b"second");
}

#[test]
fn a_refusing_link_takes_nobody_until_it_heals() {
    let (link, _heard) = echo();
    link.refuse();
    assert!(ended(&mut client(&link)));
    link.heal();
    assert_eq!(say(&mut client(&link), b"again"), b"again");
}

#[test]
fn a_planned_cut_comes_once_and_lets_pass_what_it_says() {
    for (cut, wanted) in [
        (Cut::Before, &b""[..]),
        (Cut::Halfway, b"COM"),
        (Cut::BeforeReply, b"COMMIT"),
    ] {
        let (link, heard) = echo();
        let mut seen = 0;
        link.cut_when(cut, move |piece| {
            seen += usize::from(piece == b"COMMIT");
            seen == 2
        });
        let mut first = client(&link);
        assert_eq!(say(&mut first, b"COMMIT"), b"COMMIT");
        heard.recv().unwrap();
        assert_eq!(link.cuts(), 0);
        first.write_all(b"COMMIT").unwrap();
        assert!(ended(&mut first), "{cut:?}");
        assert_eq!(link.cuts(), 1);
        if wanted.is_empty() {
            assert!(heard.recv_timeout(SILENCE).is_err(), "{cut:?}");
        } else {
            assert_eq!(heard.recv().unwrap(), wanted, "{cut:?}");
        }
        assert_eq!(say(&mut client(&link), b"COMMIT"), b"COMMIT");
        assert_eq!(link.cuts(), 1);
    }
}

#[test]
fn a_dropped_link_takes_its_connections_along() {
    let (link, _heard) = echo();
    let address = link.address();
    let mut open = client(&link);
    say(&mut open, b"open");
    drop(link);
    assert!(ended(&mut open));
    let refused = (0..500).any(|_| {
        thread::sleep(Duration::from_millis(10));
        TcpStream::connect(address).is_err()
    });
    assert!(refused);
}
