//! Tests of the history source over tables of a real server.

mod contract;
mod faults;
mod history;
mod table;
