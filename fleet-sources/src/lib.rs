//! fleet-sources
