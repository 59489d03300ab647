//! Ports that a service keeps over its restarts.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which systems take the ports of outgoing connections (Linux: 32768, macOS and
/// IANA: 49152), so that nobody gets ours by chance while the service restarts.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// More servers than one process has at once, so that neighbours do not meet.
const STRIDE: u32 = 37;

/// How many this process asked for.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A port of loopback that nobody listens on now.
pub(crate) fn free() -> Result<u16, String> {
    // Everybody begins elsewhere, so that those who look at the same time do not take the same.
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
