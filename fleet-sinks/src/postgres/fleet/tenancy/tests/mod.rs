//! Tests of tenancy against a server.

mod catalogue;
mod churn;
mod logs;
mod outbox;
mod policies;
pub(in crate::postgres) mod rig;
mod rights;
mod tenant;
