//! A broker starts, answers, comes back after it was killed, and leaves nothing behind.

use std::net::TcpStream;

use super::{Nodes, Options, Tls, broker_for_tests, broker_for_tests_with};

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
