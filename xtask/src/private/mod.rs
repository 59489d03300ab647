//! What every private service needs: an account, a folder, a port, a secret, and an end.

pub(crate) mod account;
pub(crate) mod folder;
pub(crate) mod keeper;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod secret;
