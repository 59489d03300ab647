//! The scope of a transaction: tenants, access roles and user.

use std::collections::BTreeSet;

use fleet_core::event::AccessRoles;

/// The rows that a transaction may see: those of its tenants and access roles. It also names the
/// user.
///
/// Build it from a verified token or certificate, never from fields of a request.
///
/// # Guarantees
/// A row is visible if it belongs to one of the tenants and names one of the roles, compared as a
/// whole and in lower case. Without a role nothing is visible.
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
    /// A scope of one tenant, without roles.
    pub fn of(tenant: impl Into<String>) -> Self {
        Self {
            tenants: BTreeSet::from([tenant.into()]),
            roles: AccessRoles::default(),
            user: None,
        }
    }

    /// Adds another tenant in which the same roles are held, for those who look after several
    /// customers.
    #[must_use]
    pub fn and_of(mut self, tenant: impl Into<String>) -> Self {
        self.tenants.insert(tenant.into());
        self
    }

    /// Sets the access roles, replacing earlier ones.
    #[must_use]
    pub fn with_roles<'a>(mut self, roles: impl IntoIterator<Item = &'a str>) -> Self {
        self.roles = roles.into_iter().map(str::trim).collect();
        self
    }

    /// Sets the user, who signs acknowledgements.
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

    /// The user, if one was set.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}
