//! Whose rows a transaction may see.

use std::collections::BTreeSet;

use fleet_core::event::AccessRoles;

/// Whose rows a transaction is about: tenants, the access roles held in them, and who asks.
///
/// It comes from what was verified, a token or a certificate, never from a request's own fields.
///
/// # Guarantees
/// A row is seen if it is of one of the tenants and names one of the roles, whole and in lower case. Without a role
/// nothing is seen.
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::tenancy::Scope;
/// let scope = Scope::of("customer_a").with_roles(["Region_West"]).as_user("regional_manager_1");
/// assert_eq!(scope.roles().collect::<Vec<_>>(), ["region_west"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    tenants: BTreeSet<String>,
    roles: AccessRoles,
    user: Option<String>,
}

impl Scope {
    /// One tenant, no role yet.
    pub fn of(tenant: impl Into<String>) -> Self {
        Self {
            tenants: BTreeSet::from([tenant.into()]),
            roles: AccessRoles::default(),
            user: None,
        }
    }

    /// Another tenant, in which the same roles are held: for those who look after several customers.
    #[must_use]
    pub fn and_of(mut self, tenant: impl Into<String>) -> Self {
        self.tenants.insert(tenant.into());
        self
    }

    /// The access roles that are held, in place of those before.
    #[must_use]
    pub fn with_roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.roles = roles.into_iter().map(str::trim).collect();
        self
    }

    /// Who asks: what an acknowledgement is signed with.
    #[must_use]
    pub fn as_user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The tenants.
    pub fn tenants(&self) -> impl Iterator<Item = &str> {
        self.tenants.iter().map(String::as_str)
    }

    /// The roles, in lower case.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter()
    }

    /// Who asks.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}
