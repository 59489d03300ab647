//! The message and the exit code of a command that failed.

use std::{error::Error as _, process::ExitCode};

use fleet_core::{Error, ErrorKind};

/// Creates the error of a wrong argument, which [`print()`] maps to exit code 2.
pub(crate) fn usage_error(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}

/// Prints an error, its causes and what to do about it.
///
/// The exit code is 2 if another command line would fix it, and 1 otherwise.
pub(crate) fn print(error: &Error) -> ExitCode {
    eprintln!("fleet: {error}");
    let mut cause = error.source();
    let mut printed = error.to_string();
    while let Some(because) = cause {
        let reason = because.to_string();
        // Some messages already include their cause.
        if !printed.contains(&reason) {
            eprintln!("  because {reason}");
            printed += &reason;
        }
        cause = because.source();
    }
    let hint = match error.kind() {
        ErrorKind::Grown => Some(
            "--fresh empties the sink and reads the whole input again; an input that is still \
             being written needs --follow from the first run on",
        ),
        ErrorKind::Structure => Some("empty the sink with --fresh, or choose another --sink"),
        _ => None,
    };
    if let Some(hint) = hint {
        eprintln!("  {hint}");
    }
    ExitCode::from(if error.kind() == ErrorKind::Config {
        2
    } else {
        1
    })
}
