//! The schema `fleet`: its migrations, who may see which rows, and the queries of dashboards.
//!
//! A pipeline needs none of it; a store and its tables work in any database.

pub mod migrations;
pub mod queries;
pub mod tenancy;
