//! Relays over real brokers and stores.

mod dead_letters;
mod faults;
mod order;
mod owners;
mod poison;
mod rig;
