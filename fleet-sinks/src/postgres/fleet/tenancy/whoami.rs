//! The roles of a scope as the server evaluates them.

use fleet_core::Result;

use super::Scoped;

/// What the server goes by when it decides who sees what.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SecurityRoles {
    /// The tenants of the scope.
    pub tenants: Vec<String>,
    /// The access roles held in them.
    pub roles: Vec<String>,
    /// Who asks.
    pub user: Option<String>,
    /// The login's role in the database.
    pub database_role: String,
}

impl Scoped {
    /// Which roles am I, as the server sees it: for finding out why somebody sees a row or does not.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn current_security_roles(&self) -> Result<SecurityRoles> {
        let sql = "SELECT COALESCE(tenants, '{}'), COALESCE(roles, '{}'), scope_user, database_role
            FROM fleet.current_security_roles()";
        let found = self.row("ask for the roles in", sql, &[], |row| {
            Ok(SecurityRoles {
                tenants: row.try_get(0)?,
                roles: row.try_get(1)?,
                user: row.try_get(2)?,
                database_role: row.try_get(3)?,
            })
        });
        Ok(found.await?.unwrap_or_else(|| SecurityRoles {
            tenants: Vec::new(),
            roles: Vec::new(),
            user: None,
            database_role: String::new(),
        }))
    }
}
