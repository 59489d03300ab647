//! Fuzz tests of the dialects and of their two readers.

mod fuzz;
