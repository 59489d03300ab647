mod model;
#[path = "../../../tests/support/plain.rs"]
mod plain;
mod source;
