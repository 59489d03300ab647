//! The network between worker and server is slow, silent, or cut in the middle of a message.

use std::time::Duration;

use fleet_core::testing::{Cut, FaultyLink};
use xtask::postgres::{Options, instance_for_tests};

use crate::worker::{Resumed, Work, random_pause};

/// The first bytes of the data of a binary `COPY`.
const COPY: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// The last bytes of a `Query` message that commits.
const COMMIT: &[u8] = b"COMMIT\0";

/// What goes wrong on the network.
#[derive(Clone, Copy, Debug)]
enum Disturbance {
    Slow,
    Silent,
    InCopy(Cut),
    InCommit(Cut),
}

/// One of each kind.
const DISTURBANCES: [Disturbance; 8] = [
    Disturbance::Slow,
    Disturbance::Silent,
    Disturbance::InCopy(Cut::Before),
    Disturbance::InCopy(Cut::Halfway),
    Disturbance::InCopy(Cut::BeforeReply),
    Disturbance::InCommit(Cut::Before),
    Disturbance::InCommit(Cut::Halfway),
    Disturbance::InCommit(Cut::BeforeReply),
];

fn contains(piece: &[u8], pattern: &[u8]) -> bool {
    piece.windows(pattern.len()).any(|part| part == pattern)
}

impl Disturbance {
    fn inject(self, link: &FaultyLink) {
        match self {
            Self::Slow => link.slow(Duration::from_millis(20)),
            Self::Silent => link.hold(),
            Self::InCopy(cut) => link.cut_when(cut, |piece| contains(piece, COPY)),
            Self::InCommit(cut) => link.cut_when(cut, |piece| contains(piece, COMMIT)),
        }
    }
}

fn faulty_network(of_each_kind: u32) {
    let Some(server) = instance_for_tests(Options::default()) else {
        return;
    };
    let link = FaultyLink::to(server.address()).unwrap();
    let direct = server.address().to_string();
    let url = server.url().replace(&direct, &link.address().to_string());
    let work = Work::new(url);
    let (mut cuts, mut resumed) = (0, Resumed::default());
    let mut worker = work.start();
    worker.wait_for_commit(&server);
    for disturbance in (0..of_each_kind).flat_map(|_| DISTURBANCES) {
        random_pause();
        disturbance.inject(&link);
        match disturbance {
            Disturbance::Slow | Disturbance::Silent => {
                std::thread::sleep(Duration::from_millis(500));
            }
            Disturbance::InCopy(_) | Disturbance::InCommit(_) => {
                cuts += 1;
                while link.cuts() < cuts {
                    assert!(
                        worker.is_running(),
                        "{disturbance:?} does not end the worker"
                    );
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        link.heal();
        resumed.add(worker.wait_for_commit(&server));
    }
    worker.stop();
    work.finish(&server);
    println!("{cuts} connections were cut in the middle of a COPY or a COMMIT");
    resumed.print("network faults");
}

#[test]
fn a_faulty_network_loses_and_duplicates_nothing() {
    faulty_network(2);
}

#[test]
#[ignore = "long"]
fn soak_postgres_network() {
    faulty_network(20);
}
