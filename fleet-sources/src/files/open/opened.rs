//! An opened input: how to reach its bytes, its header, and its beginning as it is now.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Cursor, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::beginning::{Beginning, HeaderTooLong, beginning};
use crate::files::{
    bytes::stream::{Stream, gunzip, is_gzip, read_once},
    error::FileError,
    input::{Input, InputKind},
    options::Format,
};

/// The header of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputHeader {
    name: Arc<str>,
    bytes: Arc<[u8]>,
}

impl InputHeader {
    /// The input as it was given, for use in messages.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// The header record without its line end; empty for [`Format::Lines`] and for an empty input.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// An input that was opened and whose beginning was read.
pub(crate) struct OpenedInput {
    /// As it was given.
    pub(crate) name: Arc<str>,
    /// The last part of its path.
    pub(crate) file_name: String,
    /// The full path: it distinguishes inputs of the same name.
    pub(crate) path: Vec<u8>,
    pub(crate) body: Body,
    pub(crate) header: Option<Arc<[u8]>>,
    pub(crate) data_start: u64,
    pub(crate) beginning: Vec<u8>,
    pub(crate) settled: bool,
}

impl fmt::Debug for OpenedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenedInput").field(&self.name).finish()
    }
}

/// Where an input's bytes come from.
pub(crate) enum Body {
    Plain(PathBuf),
    Gzip(PathBuf),
    /// A pipe or a reader, which can be read only once; `None` when it was taken.
    Live(Option<Box<dyn Read + Send>>),
}

impl OpenedInput {
    pub(crate) fn new(input: Input, format: Format) -> Result<Self, FileError> {
        let name: Arc<str> = Arc::from(input.to_string());
        let own = name.to_string();
        match input.0 {
            InputKind::Path(path) => Self::from_path(&path, name, format),
            InputKind::StandardInput => Self::live("-".into(), name, Box::new(io::stdin()), format),
            InputKind::Reader(_, reader) => Self::live(own, name, reader, format),
        }
    }

    fn from_path(path: &Path, name: Arc<str>, format: Format) -> Result<Self, FileError> {
        let cannot = |cause| FileError::Open {
            name: name.to_string(),
            cause,
        };
        let kind = fs::metadata(path).map_err(cannot)?;
        if kind.is_dir() {
            return Err(FileError::Directory(name.to_string()));
        }
        let file_name = path.file_name().unwrap_or(path.as_os_str());
        let file_name = file_name.to_string_lossy().into_owned();
        let mut file = File::open(path).map_err(cannot)?;
        if !kind.is_file() {
            // A named pipe: opened a second time, it would lack the bytes read so far.
            return Self::live(file_name, name, Box::new(file), format);
        }
        let mut first = [0; 2];
        let read = read_once(&mut file, &mut first).map_err(cannot)?;
        let named_so = path
            .extension()
            .is_some_and(|ext| ext.eq_ignore_ascii_case("gz"));
        let body = if named_so || is_gzip(first.get(..read).unwrap_or_default()) {
            Body::Gzip(path.to_owned())
        } else {
            Body::Plain(path.to_owned())
        };
        let full = fs::canonicalize(path).map_err(cannot)?;
        let mut opened = Self {
            name,
            file_name,
            path: full.as_os_str().as_encoded_bytes().to_vec(),
            body,
            header: None,
            data_start: 0,
            beginning: Vec::new(),
            settled: false,
        };
        opened.refresh(format)?;
        Ok(opened)
    }

    fn live(
        file_name: String,
        name: Arc<str>,
        mut raw: Box<dyn Read + Send>,
        format: Format,
    ) -> Result<Self, FileError> {
        let mut gzip = false;
        let cannot = |gzip| {
            let name = name.to_string();
            move |cause| FileError::Beginning { name, gzip, cause }
        };
        // Two bytes identify gzip, and they may come one at a time.
        let mut first = Vec::new();
        raw.by_ref()
            .take(2)
            .read_to_end(&mut first)
            .map_err(cannot(gzip))?;
        let mut reader: Box<dyn Read + Send> = if is_gzip(&first) {
            gzip = true;
            gunzip(Cursor::new(first).chain(raw))
        } else {
            Box::new(Cursor::new(first).chain(raw))
        };
        let found = beginning(&mut reader, format).map_err(cannot(gzip))?;
        let mut found = found.map_err(|HeaderTooLong| FileError::Header {
            name: name.to_string(),
        })?;
        let read = std::mem::take(&mut found.consumed);
        let mut opened = Self {
            path: file_name.clone().into_bytes(),
            name,
            file_name,
            body: Body::Live(Some(Box::new(Cursor::new(read).chain(reader)))),
            header: None,
            data_start: 0,
            beginning: Vec::new(),
            settled: false,
        };
        opened.set_beginning(found);
        Ok(opened)
    }

    /// Reads the beginning of a file again, as it is now; a pipe has none that could change.
    pub(crate) fn refresh(&mut self, format: Format) -> Result<(), FileError> {
        let name = || self.name.to_string();
        let gzip = matches!(self.body, Body::Gzip(_));
        let (Body::Plain(path) | Body::Gzip(path)) = &self.body else {
            return Ok(());
        };
        let file = File::open(path).map_err(|cause| FileError::Open {
            name: name(),
            cause,
        })?;
        let mut reader: Box<dyn Read> = if gzip { gunzip(file) } else { Box::new(file) };
        let found = beginning(&mut reader, format).map_err(|cause| FileError::Beginning {
            name: name(),
            gzip,
            cause,
        })?;
        let found = found.map_err(|HeaderTooLong| FileError::Header { name: name() })?;
        self.set_beginning(found);
        Ok(())
    }

    fn set_beginning(&mut self, found: Beginning) {
        self.header = found.header;
        self.data_start = found.data_start;
        self.beginning = found.identity;
        self.settled = found.settled;
    }

    pub(crate) fn header(&self) -> InputHeader {
        InputHeader {
            name: Arc::clone(&self.name),
            bytes: self.header.clone().unwrap_or_else(|| Arc::from([])),
        }
    }

    /// The current size of a plain file; `None` for everything else.
    pub(crate) fn size(&self) -> io::Result<Option<u64>> {
        match &self.body {
            Body::Plain(path) => fs::metadata(path).map(|kind| Some(kind.len())),
            Body::Gzip(_) | Body::Live(_) => Ok(None),
        }
    }

    /// Whether the path still names the open file. Systems without inodes always answer yes.
    pub(crate) fn is_same_file(&self, stream: &Stream) -> io::Result<bool> {
        #[cfg(unix)]
        if let (Body::Plain(path), Stream::Plain(file)) = (&self.body, stream) {
            use std::os::unix::fs::MetadataExt;
            let open = file.metadata()?;
            return match fs::metadata(path) {
                Ok(now) => Ok((now.dev(), now.ino()) == (open.dev(), open.ino())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            };
        }
        let _ = stream;
        Ok(true)
    }

    pub(crate) fn is_gzip(&self) -> bool {
        matches!(self.body, Body::Gzip(_))
    }

    /// A copy of this input for a reader. An input that can be read only once moves into the copy.
    pub(crate) fn for_reader(&mut self) -> Result<Self, FileError> {
        let body = match &mut self.body {
            Body::Plain(path) => Body::Plain(path.clone()),
            Body::Gzip(path) => Body::Gzip(path.clone()),
            Body::Live(reader) => match reader.take() {
                Some(reader) => Body::Live(Some(reader)),
                None => {
                    return Err(FileError::OnlyOnce {
                        name: self.name.to_string(),
                    });
                }
            },
        };
        Ok(Self {
            name: Arc::clone(&self.name),
            file_name: self.file_name.clone(),
            path: self.path.clone(),
            body,
            header: self.header.clone(),
            data_start: self.data_start,
            beginning: self.beginning.clone(),
            settled: self.settled,
        })
    }

    /// Opens the input for reading, at its first byte.
    pub(crate) fn stream(&mut self) -> io::Result<Stream> {
        Ok(match &mut self.body {
            Body::Plain(path) => Stream::Plain(File::open(path)?),
            Body::Gzip(path) => Stream::Gzip(gunzip(File::open(path)?)),
            Body::Live(reader) => {
                Stream::Live(reader.take().unwrap_or_else(|| Box::new(io::empty())))
            }
        })
    }
}
