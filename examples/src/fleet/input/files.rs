//! Opening the files of the command line as one source.

use std::path::PathBuf;

use fleet_core::Result;
use fleet_sources::{FileOptions, FileSource, Input};

/// Opens the inputs in the order given; `-` is standard input.
///
/// # Errors
/// Returns an error if an input cannot be opened.
pub(crate) fn open(inputs: &[PathBuf], options: FileOptions) -> Result<FileSource> {
    let inputs = inputs.iter().map(|path| Input::from(path.as_path()));
    FileSource::open(inputs, options)
}
