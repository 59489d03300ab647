//! The schema of a message: its keys, and what each of them sets in the event.

use std::fmt::Display;

use super::key::QuotedKey;
use crate::event::Origin;

/// The keys of one kind of message, in the order in which its system writes them.
#[derive(Debug)]
pub(crate) struct Schema<T: 'static> {
    /// The name of a record in error messages.
    pub(crate) name: &'static str,
    /// The dialect of the messages.
    pub(crate) origin: Origin,
    /// At most 64 fields.
    pub(crate) fields: &'static [Field<T>],
}

/// One key, and the [target](super::Target) that it sets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<T> {
    pub(crate) key: &'static str,
    pub(crate) quoted: QuotedKey,
    pub(crate) target: T,
}

/// Builds the fields of a schema. The keys must need no escape in JSON.
macro_rules! fields {
    ($($key:literal => $target:expr,)*) => {
        &[$($crate::dialect::object::Field {
            key: $key,
            quoted: $crate::dialect::object::QuotedKey::new(concat!("\"", $key, "\":")),
            target: $target,
        },)*]
    };
}
pub(crate) use fields;

/// Why a value does not fit its field.
pub(crate) type Misfit = String;

/// Formats the reason with the key of the field.
#[cold]
pub(crate) fn misfit<T>(field: &Field<T>, why: &dyn Display) -> Misfit {
    format!("{}: {why}", field.key)
}
