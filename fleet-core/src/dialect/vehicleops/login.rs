use std::fmt;

use compact_str::CompactString;

use crate::data::FleetId;

/// The body of a request to log in (`POST /auth/login`). Its `Debug` form shows no password.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Login {
    /// Who.
    pub email: CompactString,
    /// The password, as it is typed.
    pub password: String,
}

/// The answer to it. Its `Debug` form shows no token.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LoggedIn {
    /// What every other request shows.
    pub access_token: String,
    /// `bearer`.
    pub token_type: CompactString,
    /// For how long it holds, seconds.
    pub expires_in: u64,
    /// Whose it is.
    pub operator: Operator,
}

/// A person who may see and command the vehicles of some fleets.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Operator {
    /// Its name in messages.
    pub id: CompactString,
    /// Where mail goes.
    pub email: CompactString,
    /// `OPERATOR`, or any other word.
    pub role: CompactString,
    /// Which fleets.
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
