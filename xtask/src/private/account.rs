//! Whom a service runs as.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::process::output;

/// Ourselves, or the service's own account where we are root: servers refuse to run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    dropped: Option<(u32, u32)>,
}

impl Account {
    /// The account to use for a service that brought an account of this name.
    ///
    /// # Errors
    ///
    /// We are root and there is no such account.
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

    /// Whoever runs the test.
    #[cfg(test)]
    pub(crate) fn ourselves() -> Self {
        Self { dropped: None }
    }

    /// Whether we are root and drop to somebody else.
    pub(crate) fn is_dropped(self) -> bool {
        self.dropped.is_some()
    }

    /// User and group, where we drop to them.
    pub(crate) fn ids(self) -> Option<(u32, u32)> {
        self.dropped
    }

    /// A program as that account, in a process group of its own: Ctrl-C in the terminal ends us, and
    /// our end ends the service in its own order.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.process_group(0);
        if let Some((user, group)) = self.dropped {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives it a file or folder of ours.
    pub(crate) fn give(self, path: &Path) -> Result<(), String> {
        let Some((user, group)) = self.dropped else {
            return Ok(());
        };
        chown(path, Some(user), Some(group))
            .map_err(|error| format!("cannot give {} to user {user}: {error}", path.display()))
    }
}
