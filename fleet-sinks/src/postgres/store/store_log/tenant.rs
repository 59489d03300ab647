//! Whose logs a login uses.

use std::sync::Arc;

use fleet_core::Result;
use tokio_postgres::Error;

use crate::{
    postgres::connect::{PostgresTransaction, lock},
    store_log::LogError,
};

/// A log of one tenant; of nobody, `''`, in a database without the schema `fleet` and for its
/// owner.
#[derive(Clone, Debug)]
pub(super) struct TenantLog {
    pub(super) tenant: Arc<str>,
    pub(super) log: Arc<str>,
}

impl TenantLog {
    /// The log of the login's tenant.
    ///
    /// # Errors
    /// Refuses a login of several tenants: a log with rows of all of them could be read by each.
    pub(super) async fn of(tx: &PostgresTransaction, log: &Arc<str>) -> Result<Self> {
        let (tenant, tenants) = tx.run("ask for the tenant of", of_login(tx)).await?;
        if tenants > 1 {
            return Err(LogError::Tenants {
                log: log.to_string(),
                place: tx.connection().address().to_owned(),
                tenants,
            }
            .into());
        }
        Ok(Self {
            tenant: tenant.into(),
            log: Arc::clone(log),
        })
    }

    /// The lock of its readers.
    pub(super) fn lock(&self) -> i64 {
        lock::readers(&self.tenant, &self.log)
    }

    /// The error for a log that does not exist.
    pub(super) fn missing(&self, tx: &PostgresTransaction) -> fleet_core::Error {
        let place = tx.connection().address().to_owned();
        let log = self.log.to_string();
        LogError::Missing { log, place }.into()
    }
}

/// The tenant of the login, and how many it has.
pub(super) async fn of_login(tx: &PostgresTransaction) -> Result<(String, i32), Error> {
    let asked = "SELECT to_regprocedure('fleet.only_tenant()') IS NOT NULL";
    let row = tx.client().query_one(asked, &[]).await?;
    if !row.try_get::<_, bool>(0)? {
        return Ok((String::new(), 0));
    }
    let asked = "SELECT coalesce(fleet.only_tenant(), ''),
        coalesce(cardinality(fleet.scope_tenants()), 0)";
    let row = tx.client().query_one(asked, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}
