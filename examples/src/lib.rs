//! fleet-examples
