//! Finds ports that a service keeps across restarts.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// The ports lie below those of outgoing connections (Linux: from 32768, macOS and IANA: from
/// 49152), so that no connection takes the port of a service while it restarts.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// More than the servers of one process, so that processes with neighbouring ids do not collide.
const STRIDE: u32 = 37;

/// The number of ports that this process has asked for.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port on loopback that is free now.
pub(crate) fn free() -> Result<u16, String> {
    // Each process starts elsewhere, so that processes that search at once find different ports.
    let process = std::process::id().wrapping_mul(STRIDE);
    let start = process.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
    (0..u32::from(COUNT))
        .filter_map(|step| u16::try_from(start.wrapping_add(step) % u32::from(COUNT)).ok())
        .map(|place| FIRST + place)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .ok_or_else(|| format!("every port from {FIRST} on is taken"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_somebody_listens_on_is_not_free() {
        let port = free().unwrap();
        let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert_ne!(free().unwrap(), port);
    }
}
