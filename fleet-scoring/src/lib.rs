//! fleet-scoring
