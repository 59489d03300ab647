//! The inputs that a caller gives: files, standard input, readers.

use std::{
    fmt,
    io::Read,
    path::{Path, PathBuf},
};

/// Something to read: a file, standard input, or any reader.
///
/// A file counts as gzip if its name ends in `.gz` or if it begins with gzip's two magic bytes,
/// with which no text begins.
///
/// # Examples
/// ```
/// use fleet_sources::Input;
/// assert_eq!(Input::from("rides/monday.ndjson.gz").to_string(), "rides/monday.ndjson.gz");
/// assert_eq!(Input::from("-").to_string(), "standard input");
/// ```
pub struct Input(pub(crate) InputKind);

pub(crate) enum InputKind {
    Path(PathBuf),
    StandardInput,
    Reader(String, Box<dyn Read + Send>),
}

impl Input {
    /// The file at a path, which may also be a named pipe or a device.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(InputKind::Path(path.into()))
    }

    /// The standard input of the process.
    pub fn standard_input() -> Self {
        Self(InputKind::StandardInput)
    }

    /// Any reader, under a name that must be the same in every run. A dedicated thread reads it, so
    /// it may block.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self(InputKind::Reader(name.into(), Box::new(reader)))
    }
}

impl From<&Path> for Input {
    /// `-` is standard input, as on a command line.
    fn from(path: &Path) -> Self {
        if path.as_os_str() == "-" {
            Self::standard_input()
        } else {
            Self::path(path)
        }
    }
}

macro_rules! from_path {
    ($($text:ty)*) => {$(
        impl From<$text> for Input {
            fn from(path: $text) -> Self {
                Self::from(Path::new(&path))
            }
        }
    )*};
}
from_path! { &str String &String PathBuf &PathBuf }

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            InputKind::Path(path) => path.display().fmt(f),
            InputKind::StandardInput => f.write_str("standard input"),
            InputKind::Reader(name, _) => f.write_str(name),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Input").field(&self.to_string()).finish()
    }
}
