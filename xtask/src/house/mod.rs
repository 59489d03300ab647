//! Checks of the source files: layers, circles of imports, the shape of files, and wording.
//!
//! They read text and run nothing, so all of them together take a second.

mod blocks;
mod checks;
mod circles;
mod files;
mod imports;
mod layers;
mod lexer;
mod modules;
mod resolve;
mod scope;
mod skips;
mod source;
mod words;
mod workspace;

pub(crate) use checks::check;
