//! A broker starts, answers, and comes back after it was killed.

use std::net::TcpStream;

use super::broker_for_tests;

#[test]
fn a_broker_is_there_again_after_it_was_killed() {
    let Some(mut broker) = broker_for_tests() else {
        return;
    };
    assert!(TcpStream::connect(broker.address()).is_ok());
    broker.kill().unwrap();
    assert!(TcpStream::connect(broker.address()).is_err());
    broker.up().unwrap();
    assert!(TcpStream::connect(broker.address()).is_ok());
}
