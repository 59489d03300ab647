#![doc = include_str!("../../README.md")]
//!
#![doc = include_str!("../../ARCHITECTURE.md")]
