use std::{
    fmt,
    io::Read,
    path::{Path, PathBuf},
};

/// Something to read: a file, standard input, or any reader.
///
/// gzip is recognised by a name that ends in `.gz`, and by its first two bytes, which no text begins with.
///
/// # Examples
/// ```
/// use fleet_sources::Input;
/// assert_eq!(Input::from("rides/monday.ndjson.gz").to_string(), "rides/monday.ndjson.gz");
/// assert_eq!(Input::from("-").to_string(), "standard input");
/// ```
pub struct Input(pub(crate) Kind);

pub(crate) enum Kind {
    Path(PathBuf),
    StandardInput,
    Reader(String, Box<dyn Read + Send>),
}

impl Input {
    /// A file; also a pipe or a device with a path.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Path(path.into()))
    }

    /// Standard input.
    pub fn standard_input() -> Self {
        Self(Kind::StandardInput)
    }

    /// Any reader, under a name that stays the same from run to run. It is read on a thread of its own,
    /// so it may block.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Self {
        Self(Kind::Reader(name.into(), Box::new(reader)))
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
            Kind::Path(path) => path.display().fmt(f),
            Kind::StandardInput => f.write_str("standard input"),
            Kind::Reader(name, _) => f.write_str(name),
        }
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Input").field(&self.to_string()).finish()
    }
}
