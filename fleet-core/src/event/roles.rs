//! Access roles of a record, as Ford's demo writes them.

use std::collections::BTreeSet;

use compact_str::CompactString;

/// The roles that may see a record, in the form of Ford's demo: role names between commas.
///
/// # Shape
/// `,territory_west_1,region_west,admin_all,`: a comma before and after each name, so that a search
/// never matches part of a longer name.
///
/// # Guarantees
/// Names are compared as a whole and in lower case. An empty set allows nobody.
///
/// # Examples
/// ```
/// use fleet_core::event::AccessRoles;
/// let roles = AccessRoles::parse(",TERRITORY_WEST_10,admin_all,");
/// assert!(roles.allow("admin_all") && roles.allow("territory_west_10"));
/// assert!(!roles.allow("territory_west_1"));
/// assert!(!AccessRoles::parse(",").allow(""));
/// assert_eq!(roles.to_string(), ",admin_all,territory_west_10,");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessRoles(BTreeSet<CompactString>);

impl AccessRoles {
    /// Parses the text, with or without the outer commas.
    pub fn parse(text: &str) -> Self {
        text.split(',').map(str::trim).collect()
    }
    /// Whether a holder of this role may see the record.
    pub fn allow(&self, role: &str) -> bool {
        self.0.contains(role.to_lowercase().as_str())
    }
    /// The names in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(CompactString::as_str)
    }
}

impl<'a> FromIterator<&'a str> for AccessRoles {
    fn from_iter<I: IntoIterator<Item = &'a str>>(roles: I) -> Self {
        let roles = roles.into_iter().filter(|role| !role.is_empty());
        Self(roles.map(|role| role.to_lowercase().into()).collect())
    }
}

impl std::fmt::Display for AccessRoles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(",")?;
        self.iter().try_for_each(|role| write!(f, "{role},"))
    }
}
