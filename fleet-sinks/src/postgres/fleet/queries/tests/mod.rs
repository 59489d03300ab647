//! Tests of the queries against a server.

mod drive;
mod people;
mod plans;
mod vehicles;
