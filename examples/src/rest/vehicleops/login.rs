//! Logging in (`POST /auth/login`).

use std::fmt;

use compact_str::CompactString;
use fleet_core::FleetId;

/// The body of a login. Its `Debug` form hides the password.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Login {
    /// The e-mail address, which identifies the operator.
    pub email: CompactString,
    /// The password in plain text.
    pub password: String,
}

/// The response to a [`Login`]. Its `Debug` form hides the token.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LoggedIn {
    /// The token for all other requests.
    pub access_token: String,
    /// `bearer`.
    pub token_type: CompactString,
    /// The lifetime of the token in seconds.
    pub expires_in: u64,
    /// The owner of the token.
    pub operator: Operator,
}

/// A person who may see and command the vehicles of some fleets.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Operator {
    /// The id of the operator.
    pub id: CompactString,
    /// The e-mail address.
    pub email: CompactString,
    /// `OPERATOR`, or any other word.
    pub role: CompactString,
    /// The fleets of the operator.
    pub fleet_ids: Vec<FleetId>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Login");
        debug.field("email", &self.email).finish_non_exhaustive()
    }
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("LoggedIn");
        debug
            .field("operator", &self.operator)
            .finish_non_exhaustive()
    }
}
