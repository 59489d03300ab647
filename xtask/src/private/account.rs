//! The account that a service runs as.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::process::output;

/// The user of this process. For root, the account of the service, because servers refuse to run as
/// root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    dropped: Option<(u32, u32)>,
}

impl Account {
    /// The account for a service whose packages create an account of this name.
    ///
    /// # Errors
    ///
    /// The user is root and there is no such account.
    pub(crate) fn of(service: &str) -> Result<Self, String> {
        let id = |arguments: &[&str]| {
            let text = output(Command::new("id").args(arguments))?;
            let number = text.parse::<u32>();
            number.map_err(|error| format!("`id` said {text:?}: {error}"))
        };
        let root = id(&["-u"])? == 0;
        let dropped = if root {
            Some((id(&["-u", service])?, id(&["-g", service])?))
        } else {
            None
        };
        Ok(Self { dropped })
    }

    /// The user of this process.
    pub(crate) fn ourselves() -> Self {
        Self { dropped: None }
    }

    /// Whether root drops to another account.
    pub(crate) fn is_dropped(self) -> bool {
        self.dropped.is_some()
    }

    /// The user and group that root drops to.
    pub(crate) fn ids(self) -> Option<(u32, u32)> {
        self.dropped
    }

    /// A command that runs as this account, in its own process group: Ctrl-C in the terminal ends
    /// only this process, which then ends the service.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.process_group(0);
        if let Some((user, group)) = self.dropped {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes the account the owner of a file or folder.
    pub(crate) fn give(self, path: &Path) -> Result<(), String> {
        let Some((user, group)) = self.dropped else {
            return Ok(());
        };
        chown(path, Some(user), Some(group))
            .map_err(|error| format!("cannot give {} to user {user}: {error}", path.display()))
    }
}
