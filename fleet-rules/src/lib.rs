//! fleet-rules
