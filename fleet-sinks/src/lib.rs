//! fleet-sinks
