//! A broker starts, answers, comes back after it was killed, and leaves nothing behind.

use std::fs;
use std::net::TcpStream;
use std::process::Command;

use super::lasting::Lasting;
use super::{Nodes, Options, Status, Tls, VERSION, broker_for_tests, broker_for_tests_with, tool};
use crate::private::account::Account;
use crate::private::folder::Folder;
use crate::private::process::output;

/// Which nodes of an address listen.
fn listening(address: &str) -> Vec<bool> {
    let nodes = address.split(',');
    nodes.map(|node| TcpStream::connect(node).is_ok()).collect()
}

#[test]
fn a_broker_is_there_again_after_it_was_killed() {
    let Some(mut broker) = broker_for_tests() else {
        return;
    };
    assert_eq!(listening(&broker.address()), [true]);
    broker.kill().unwrap();
    assert_eq!(listening(&broker.address()), [false]);
    broker.up().unwrap();
    assert_eq!(listening(&broker.address()), [true]);
    assert!(broker.secured().is_none());
    assert!(broker.kill_node(2).is_err());
}

#[test]
fn three_nodes_are_killed_and_come_back_one_by_one_and_all_at_once() {
    let three = Options {
        nodes: Nodes::Three,
        tls: Tls::On,
    };
    let Some(mut broker) = broker_for_tests_with(three) else {
        return;
    };
    let address = broker.address();
    assert_eq!(listening(&address), [true; 3]);
    broker.kill_node(2).unwrap();
    assert_eq!(listening(&address), [true, false, true]);
    broker.up_node(2).unwrap();
    assert_eq!(listening(&address), [true; 3]);
    broker.kill().unwrap();
    assert_eq!(listening(&address), [false; 3]);
    broker.up().unwrap();
    assert_eq!(listening(&address), [true; 3]);
    let secured = broker.secured().unwrap();
    for address in [&secured.ssl, &secured.sasl_ssl, &secured.sasl_plaintext] {
        assert_eq!(listening(address), [true; 3]);
    }
    let folder = secured.certificates.authority.parent().unwrap().to_owned();
    drop(broker);
    assert!(!folder.exists());
}

#[test]
fn a_lasting_broker_outlives_its_starter_keeps_its_data_and_leaves_nothing_behind() {
    // Whether a broker can be started is not asked twice.
    let Some(other) = broker_for_tests() else {
        return;
    };
    let folder = Folder::create("lasting", Account::ourselves(), |_| {}).unwrap();
    let place = folder.path().join("kafka");
    let lasting = || Lasting::at(place.clone());
    assert_eq!(lasting().status(), Status::Absent);
    assert_eq!(lasting().down(), Ok(false));
    let brokers = lasting().up(Nodes::One).unwrap();
    let runs = |status| matches!(status, Status::Running { nodes, .. } if nodes == [1]);
    assert!(runs(lasting().status()));
    assert_eq!(lasting().up(Nodes::One).unwrap(), brokers);
    assert!(lasting().up(Nodes::Three).unwrap_err().contains("1 nodes"));
    let topics = |arguments: &[&str]| {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        output(&mut tool("topics", &arguments, &brokers).unwrap()).unwrap()
    };
    topics(&["--create", "--topic", "kept"]);

    let pid_file = place.join("node-1/pid");
    let pid = fs::read_to_string(&pid_file).unwrap();
    output(Command::new("sh").args(["-c", "kill -KILL $0", pid.trim()])).unwrap();
    while lasting().status() != Status::Ended {
        std::thread::yield_now();
    }
    assert_eq!(lasting().up(Nodes::One).unwrap(), brokers);
    assert!(topics(&["--list"]).contains("kept"));
    // An id that became that of another process is not believed.
    let pid = fs::read_to_string(&pid_file).unwrap();
    fs::write(&pid_file, format!("{}\n", std::process::id())).unwrap();
    assert_eq!(lasting().status(), Status::Ended);
    fs::write(&pid_file, pid).unwrap();
    assert_eq!(lasting().down(), Ok(true));
    assert!(!place.exists());
    assert_eq!(listening(&brokers), [false]);
    assert_eq!(
        listening(&other.address()),
        [true],
        "it stops what it started"
    );
    fs::remove_dir_all(folder.path()).unwrap();
}

#[test]
fn a_tool_that_is_not_there_is_answered_with_those_that_are() {
    let why = tool("topiks", &[], "localhost:9092").unwrap_err();
    assert!(
        why.contains("topiks") && why.contains("consumer-groups"),
        "{why}"
    );
}

#[test]
fn the_jars_have_the_version_that_their_folder_names() {
    let pom = include_str!("../../kafka/pom.xml");
    assert_eq!(
        pom.matches(&format!("<version>{VERSION}</version>"))
            .count(),
        2
    );
}
