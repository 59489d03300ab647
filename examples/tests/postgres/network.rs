//! The network between the worker and the server: slow, silent, cut in the middle of a message.

use std::time::Duration;

use fleet_core::testing::{Cut, FaultyLink};
use xtask::postgres::{Options, instance_for_tests};

use crate::worker::{Resumed, Work, random_part};

/// Lines for each fault: more than a worker writes while one is being looked for.
const LINES_PER_FAULT: u64 = 6_000;

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
    let faults: Vec<Fault> = (0..of_each_kind).flat_map(|_| FAULTS).collect();
    let (work, fates) = Work::new(LINES_PER_FAULT * faults.len() as u64, url);
    let (mut cuts, mut hits, mut resumed) = (0, 0, Resumed::default());
    let mut worker = work.start();
    for (number, fault) in faults.iter().enumerate() {
        let part = (number as f64 + random_part() * 0.5) / faults.len() as f64;
        if !worker.reaches(part, &server) {
            break;
        }
        fault.strike(&link);
        match fault {
            Fault::Slow | Fault::Silent => std::thread::sleep(Duration::from_millis(500)),
            Fault::InCopy(_) | Fault::InCommit(_) => {
                cuts += 1;
                while link.cuts() < cuts && worker.is_running() {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        link.heal();
        hits += u32::from(worker.is_running());
        let from = work.position(&server).unwrap_or(part);
        resumed.add(worker.resumes(from, &server));
    }
    worker.finish();
    work.finish(&server, &fates);
    println!(
        "{hits} of {} faults hit a running worker, {} of them cuts",
        faults.len(),
        link.cuts()
    );
    resumed.print("faults of the network");
    assert!(
        hits as usize >= faults.len() / 2,
        "too few faults hit a running worker"
    );
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
