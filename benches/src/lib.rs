//! fleet-benches
