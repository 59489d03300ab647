//! The roles of a scope as the server evaluates them.

use fleet_core::Result;

use super::scoped::Scoped;

/// The values that the server's policies evaluate.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SecurityRoles {
    /// The tenants of the scope.
    pub tenants: Vec<String>,
    /// The access roles held in them.
    pub roles: Vec<String>,
    /// The user of the scope.
    pub user: Option<String>,
    /// The database role of the login.
    pub database_role: String,
}

impl Scoped {
    /// Returns the scope and role as the server evaluates them, to find out why a row is visible or
    /// not.
    ///
    /// # Errors
    /// Returns errors of the server.
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
