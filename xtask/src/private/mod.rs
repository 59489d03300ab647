//! The parts of every private service: its account, folder, port, password, certificates, and
//! cleaning up.

pub(crate) mod account;
pub(crate) mod certificates;
pub(crate) mod folder;
pub(crate) mod keeper;
pub(crate) mod port;
pub(crate) mod process;
pub(crate) mod secret;
