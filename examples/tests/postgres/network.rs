//! The network between the worker and the server: slow, silent, cut in the middle of a message.

use std::time::Duration;

use fleet_core::testing::{Cut, FaultyLink};
use xtask::postgres::{Options, instance_for_tests};

use crate::worker::{Resumed, Work, moment};

/// The beginning of the data of a binary `COPY`, whose first part is sent with it.
const COPY: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The end of a `Query` that commits.
const COMMIT: &[u8] = b"COMMIT\0";

#[derive(Clone, Copy, Debug)]
enum Fault {
    Slow,
    Silent,
    InCopy(Cut),
    InCommit(Cut),
}

/// Each kind as often as the others.
const FAULTS: [Fault; 8] = [
    Fault::Slow,
    Fault::Silent,
    Fault::InCopy(Cut::Before),
    Fault::InCopy(Cut::Halfway),
    Fault::InCopy(Cut::BeforeReply),
    Fault::InCommit(Cut::Before),
    Fault::InCommit(Cut::Halfway),
    Fault::InCommit(Cut::BeforeReply),
];

fn holds(piece: &[u8], pattern: &[u8]) -> bool {
    piece.windows(pattern.len()).any(|part| part == pattern)
}

impl Fault {
    /// Makes it happen.
    fn strike(self, link: &FaultyLink) {
        match self {
            Self::Slow => link.slow(Duration::from_millis(20)),
            Self::Silent => link.hold(),
            Self::InCopy(cut) => link.cut_when(cut, |piece| holds(piece, COPY)),
            Self::InCommit(cut) => link.cut_when(cut, |piece| holds(piece, COMMIT)),
        }
    }
}

fn faulty_network(of_each_kind: u32) {
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let link = FaultyLink::to(server.address()).unwrap();
    let place = server.address().to_string();
    let url = server.url().replace(&place, &link.address().to_string());
    let work = Work::new(url);
    let (mut cuts, mut resumed) = (0, Resumed::default());
    let mut worker = work.start();
    worker.goes_on(&server);
    for fault in (0..of_each_kind).flat_map(|_| FAULTS) {
        moment();
        fault.strike(&link);
        match fault {
            Fault::Slow | Fault::Silent => std::thread::sleep(Duration::from_millis(500)),
            Fault::InCopy(_) | Fault::InCommit(_) => {
                cuts += 1;
                while link.cuts() < cuts {
                    assert!(worker.is_running(), "{fault:?} ends nothing");
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        link.heal();
        resumed.add(worker.goes_on(&server));
    }
    worker.stop();
    work.finish(&server);
    println!("{cuts} connections were cut in the middle of a COPY or a COMMIT");
    resumed.print("faults of the network");
}

#[test]
fn a_faulty_network_loses_and_doubles_nothing() {
    faulty_network(2);
}

#[test]
#[ignore = "long"]
fn soak_postgres_network() {
    faulty_network(20);
}
