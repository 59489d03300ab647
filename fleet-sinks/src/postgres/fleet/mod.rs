//! The fleet's own schema on top of any store: its tables, who sees which rows, and what dashboards ask.

pub mod migrations;
pub mod queries;
pub mod tenancy;
